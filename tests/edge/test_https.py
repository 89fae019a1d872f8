"""HTTPS of the site: the authority signs for this box alone; browsers' own rules (OpenSSL, curl's) are the judge."""

from __future__ import annotations

import plistlib
import shutil
import ssl
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from hypothesis import given
from hypothesis import strategies as st

from edge.cli.main import cli
from edge.https.certificates import days_left, fingerprint, names_of, new_authority, new_server
from edge.https.folder import HttpsFolder
from edge.https.names import NameRefused, box_names

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
NAMES = box_names(("192.168.1.10", "menwei.local"))


def openssl(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The system's OpenSSL as a judge that is not ours."""
    found = shutil.which("openssl")
    if found is None:
        pytest.skip("no openssl on this machine")
    return subprocess.run([found, *arguments], capture_output=True, text=True, timeout=60, check=False)


def verified(folder: Path, authority: bytes, server: bytes, *how: str) -> bool:
    """Whether OpenSSL takes the certificate under this authority."""
    (folder / "a.pem").write_bytes(authority)
    (folder / "s.pem").write_bytes(server)
    at = str(int(NOW.timestamp()))
    done = openssl(
        "verify", "-attime", at, "-x509_strict", "-CAfile", str(folder / "a.pem"), *how, str(folder / "s.pem")
    )
    return done.returncode == 0


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        (("-verify_ip", "192.168.1.10"), True),
        (("-verify_hostname", "menwei.local"), True),
        (("-verify_hostname", "localhost"), True),
        (("-verify_ip", "192.168.1.11"), False),
        (("-verify_hostname", "bank.example"), False),
    ],
)
def test_openssl_takes_the_box_under_its_own_names_and_no_others(
    tmp_path: Path, how: tuple[str, ...], expected: bool
) -> None:
    authority = new_authority("翠湖花园", NAMES, NOW)
    server = new_server(authority, NAMES, NOW)
    assert verified(tmp_path, authority.certificate, server.certificate, "-purpose", "sslserver", *how) is expected


def test_a_stolen_authority_cannot_play_a_bank(tmp_path: Path) -> None:
    """Signed with the library past our own check: OpenSSL refuses it for the name constraints alone."""
    authority = new_authority("x", NAMES, NOW)
    bank = box_names(("bank.example", "8.8.8.8"))
    free = new_authority("x", bank, NOW)
    forged = x509.load_pem_x509_certificate(new_server(free, bank, NOW).certificate)
    key = serialization.load_pem_private_key(authority.key, None)
    issuer = x509.load_pem_x509_certificate(authority.certificate)
    builder = x509.CertificateBuilder(
        issuer.subject, forged.subject, forged.public_key(), 77, NOW, NOW + timedelta(days=30)
    )
    for extension in forged.extensions:
        if not isinstance(extension.value, x509.AuthorityKeyIdentifier):
            builder = builder.add_extension(extension.value, extension.critical)
    signed = builder.sign(key, forged.signature_hash_algorithm)  # type: ignore[arg-type]
    pem = signed.public_bytes(serialization.Encoding.PEM)
    assert not verified(tmp_path, authority.certificate, pem)
    with pytest.raises(ValueError, match=r"may not sign bank\.example"):
        new_server(authority, bank, NOW)


def test_a_box_that_moves_within_its_network_needs_no_new_authority(tmp_path: Path) -> None:
    authority = new_authority("x", NAMES, NOW)
    moved = box_names(("192.168.7.7",))
    server = new_server(authority, moved, NOW)
    assert verified(tmp_path, authority.certificate, server.certificate, "-verify_ip", "192.168.7.7")
    assert names_of(server.certificate) == moved


def test_it_lives_as_long_as_browsers_allow_and_no_longer_than_its_authority() -> None:
    authority = new_authority("x", NAMES, NOW)
    assert 396 < days_left(new_server(authority, NAMES, NOW).certificate, NOW) <= 397
    late = NOW + timedelta(days=3600)
    assert 49 <= days_left(new_server(authority, NAMES, late).certificate, late) <= 50


@pytest.mark.parametrize(
    "text", ["", "a b", "-x.local", "x..y", "192.168.1", "999.1.1.1", "http://gate", "é.local", "*.local"]
)
def test_what_is_neither_name_nor_address_is_refused(text: str) -> None:
    with pytest.raises(NameRefused):
        box_names((text,))


@given(st.ip_addresses(v=4))
def test_any_address_is_covered_by_what_the_authority_may_sign(address: object) -> None:
    names = box_names((str(address),))
    assert all(any(one in net for net in names.networks if net.version == one.version) for one in names.addresses)


def site(folder: Path) -> Path:
    file = folder / "site.toml"
    file.write_text('version = 1\n[site]\nid = "t"\nname = "翠湖花园"\ndata_dir = "data"\n', encoding="utf-8")
    return file


def menwei(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli, list(arguments), catch_exceptions=False)
    return done.exit_code, done.output


def test_init_renew_show_export(tmp_path: Path) -> None:
    file = site(tmp_path)
    folder = HttpsFolder(tmp_path / "data")
    status, said = menwei("https", "renew", "--site", str(file))
    assert (status, "menwei https init" in said) == (1, True)
    status, said = menwei("https", "init", "192.168.1.10", "menwei.local", "--site", str(file))
    assert status == 0, said
    assert f'tls_cert = "{folder.server}"' in said
    assert fingerprint(folder.authority.read_bytes()) in said
    for key in (folder.authority_key, folder.server_key):
        assert key.stat().st_mode & 0o777 == 0o600
    before = folder.server.read_bytes()
    assert menwei("https", "init", "10.0.0.1", "--site", str(file))[0] == 1, "an authority is not replaced unasked"
    assert menwei("https", "renew", "--site", str(file))[0] == 0
    assert folder.server.read_bytes() != before
    assert names_of(folder.server.read_bytes()) == NAMES
    status, said = menwei("https", "renew", "10.9.9.9", "--site", str(file))
    assert (status, "10.9.9.9" in said) == (1, True)
    assert "397 天" in menwei("https", "show", "--site", str(file))[1]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder.server, folder.server_key)


def test_what_is_exported_is_the_authority_and_never_a_key(tmp_path: Path) -> None:
    file = site(tmp_path)
    menwei("https", "init", "192.168.1.10", "--site", str(file))
    pem = HttpsFolder(tmp_path / "data").authority.read_bytes()
    der = x509.load_pem_x509_certificate(pem).public_bytes(serialization.Encoding.DER)
    for kind in ("android", "windows", "linux", "ipad"):
        out = tmp_path / kind
        status, said = menwei("https", "export", "--for", kind, "--out", str(out), "--site", str(file))
        assert (status, fingerprint(pem) in said) == (0, True)
        assert b"PRIVATE" not in out.read_bytes()
    assert (tmp_path / "android").read_bytes() == (tmp_path / "windows").read_bytes() == der
    assert (tmp_path / "linux").read_bytes() == pem
    profile = plistlib.loads((tmp_path / "ipad").read_bytes())
    assert profile["PayloadContent"][0]["PayloadContent"] == der


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    file = site(tmp_path)
    menwei("https", "init", "192.168.1.10", "--site", str(file))
    HttpsFolder(tmp_path / "data").authority_key.chmod(0o644)
    status, said = menwei("https", "renew", "--site", str(file))
    assert (status, "chmod 600" in said) == (1, True)
