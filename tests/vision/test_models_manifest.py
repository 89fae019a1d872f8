"""The manifest: what we ship is pinned and complete; what a site writes is told with its key."""

from __future__ import annotations

import re

import pytest

from tests.vision.model_specs import own_manifest
from vision.models.errors import ManifestError
from vision.models.manifest import Kind, fill, parse
from vision.models.nets import NETS
from vision.models.store import shipped

PINNED = """
[addresses]
raw = "https://raw.example.org/{repository}/{commit}/{path}"

[models.one]
file = "one.onnx"
source = "https://example.org/owner/repo"
commit = "0123456789012345678901234567890123456789"
path = "weights/one file.pt"
sha256 = "abababababababababababababababababababababababababababababababab"
size_bytes = 10
licence = "MIT"
contract = { kind = "face-detector" }
"""


def test_what_we_ship_is_pinned_and_licensed() -> None:
    names = {"yunet-n", "yunet-s", "mobilefacenet-foamliu", "minifasnet-v2", "minifasnet-v1se", "fastestdet"}
    assert names <= set(shipped())
    for spec in shipped().values():
        assert spec.licence in {"Apache-2.0", "BSD-3-Clause", "MIT"}
        assert spec.copyright
        assert re.fullmatch(r"[0-9a-f]{40}", spec.commit)
        assert spec.commit in spec.url
        assert spec.url.startswith("https://")
        assert spec.convert is None or spec.convert.net in NETS


def test_the_embedder_says_how_it_wants_its_faces() -> None:
    """Figures of its README: RGB, /255, ImageNet mean and deviation, 128 numbers."""
    contract = shipped()["mobilefacenet-foamliu"].contract
    assert (contract.kind, contract.width, contract.height) == (Kind.FACE_EMBEDDER, 112, 112)
    assert (contract.order, contract.dim) == ("RGB", 128)
    assert contract.mean == pytest.approx((0.485 * 255, 0.456 * 255, 0.406 * 255))
    assert contract.std == pytest.approx((0.229 * 255, 0.224 * 255, 0.225 * 255))


def test_the_address_is_filled_in() -> None:
    (spec,) = parse(PINNED, "m.toml").values()
    assert spec.url == f"https://raw.example.org/owner/repo/{spec.commit}/weights/one%20file.pt"


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ("https://m.example/{url}", "https://m.example/https://raw.example.org/owner/repo/{c}/weights/one%20file.pt"),
        ("https://m.example/{owner}+{repo}/{filename}", "https://m.example/owner+repo/one%20file.pt"),
        ("https://m.example/{sha256}", "https://m.example/" + "ab" * 32),
        ("https://m.example/{unknown}/{0}/{}", "https://m.example/{unknown}/{0}/{}"),
        ("https://m.example/{url.__class__}", "https://m.example/{url.__class__}"),
    ],
)
def test_mirrors_are_templates_of_plain_words(template: str, filled: str) -> None:
    (spec,) = parse(PINNED, "m.toml").values()
    assert fill(template, spec) == filled.replace("{c}", spec.commit)


def test_a_model_of_ones_own_needs_no_address() -> None:
    spec = parse(own_manifest(b"abc"), "own.toml")["mine"]
    assert (spec.source, spec.url, spec.contract.dim) == ("", "", 512)
    assert [form.size_bytes for form in spec.ready] == [3]


@pytest.mark.parametrize(
    ("old", "new", "place", "says"),
    [
        ("[addresses]", "[adresses]", "m.toml", "unknown key adresses"),
        ("[models.one]", "[models.One]", "models.One", "a-z"),
        ("[models.one]", "[models]\none = 5\n[models.two]", "models.one", "must be a table"),
        ('licence = "MIT"', "", "models.one", "licence is missing"),
        ('licence = "MIT"', 'license = "MIT"', "models.one", "unknown key license"),
        ('licence = "MIT"', "licence = 1", "models.one.licence", "must be str"),
        ("size_bytes = 10", 'size_bytes = "10"', "models.one.size_bytes", "must be int"),
        ("size_bytes = 10", "size_bytes = true", "models.one.size_bytes", "must be int"),
        ("size_bytes = 10", "size_bytes = 0", "models.one.size_bytes", "must be 1 to"),
        ("size_bytes = 10", "size_bytes = 99999999999", "models.one.size_bytes", "must be 1 to"),
        ("abab", "ABAB", "models.one.sha256", "64 hex"),
        ('"one.onnx"', '"../one.onnx"', "models.one.file", "*.onnx"),
        ('"one.onnx"', '".one.onnx"', "models.one.file", "*.onnx"),
        ('"one.onnx"', '"one.pt"', "models.one.file", "*.onnx"),
        ("https://example.org", "http://example.org", "models.one.source", "https://"),
        ("https://example.org", "file:///etc", "models.one.source", "https://"),
        ("0123456789012345678901234567890123456789", "main", "models.one.commit", "40 hex"),
        ("weights/one", "../one", "models.one.path", "relative path"),
        ("weights/one", "/one", "models.one.path", "relative path"),
        ("raw =", "other =", "models.one.address", "has no 'raw'"),
        ('kind = "face-detector"', 'kind = "nose"', "contract.kind", "face-embedder"),
        ('kind = "face-detector"', 'kind = "face-embedder"', "contract.dim", "length"),
        ('kind = "face-detector"', 'kind = "face-detector", order = "GBR"', "contract.order", "RGB or BGR"),
        ('kind = "face-detector"', 'kind = "face-detector", order = []', "contract.order", "RGB or BGR"),
        ('kind = "face-detector"', 'kind = "face-detector", width = -112', "contract", "negative"),
        ("contract = {", "address = []\ncontract = {", "models.one.address", "has no []"),
        ('kind = "face-detector"', 'kind = "face-detector", std = [1, 1, 0]', "contract.std", "greater than 0"),
        ('kind = "face-detector"', 'kind = "face-detector", mean = [1, 1]', "contract.mean", "three numbers"),
        ('kind = "face-detector"', 'kind = "face-detector", crop = "x"', "contract.crop", "must be float"),
        ('kind = "face-detector"', 'kind = "face-detector", widht = 3', "contract", "unknown key widht"),
        ("contract = {", "convert = 3\ncontract = {", "models.one.convert", "must be a table"),
        ("contract = {", 'figures = { "LFW" = 99 }\ncontract = {', "models.one.figures", "must be texts"),
        ("size_bytes = 10", "size_bytes = ", "m.toml", "is not TOML"),
    ],
)
def test_mistakes_are_told_with_their_key(old: str, new: str, place: str, says: str) -> None:
    assert old in PINNED
    with pytest.raises(ManifestError) as caught:
        parse(PINNED.replace(old, new), "m.toml")
    assert place in caught.value.en
    assert says in caught.value.en
    assert place in caught.value.zh


def test_two_models_do_not_share_a_file() -> None:
    with pytest.raises(ManifestError, match="share a file name"):
        parse(own_manifest(b"a", "one") + own_manifest(b"b", "two"), "m.toml")
