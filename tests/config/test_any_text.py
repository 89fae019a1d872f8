"""Whatever stands in a site file or a variable: a site, or a ConfigError that can be read."""

import re
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

import config
from config.check import check
from config.errors import ConfigError
from config.keys import templates
from config.load import load_sources
from config.origins import Source
from config.show import render

EXAMPLES = [
    path.read_text(encoding="utf-8") for path in sorted((Path(config.__file__).parent / "examples").glob("*.toml"))
]
LIBRARY_WORDS = re.compile(r"pydantic|Input should|Field required|Extra inputs|validation error|Traceback")

KEYS = st.sampled_from(sorted({str(part) for path in templates() for part in path}))
VALUES = st.sampled_from(
    ["1", "0", "-1", "70000", "1.5", "nan", "-inf", "true", '""', '"x"', '"in"', '"0.0.0.0"', "[]", "[1, 2, 3, 4]",
     "{}", "{ board = 'a', channel = 99 }", "1979-05-27", "07:32:00", "1979-05-27T07:32:00Z", '"\\u0000"',
     "99999999999999999999", '["owners", 3]', '"Asia/Nowhere"', "[[], {}]", "'''\nx'''"]
)  # fmt: skip


def outcome(*texts: str, environ: dict[str, str] | None = None, overrides: dict[str, str] | None = None) -> str:
    """What a user sees: the effective site with its findings, or the errors."""
    sources = [Source(f"file-{number}.toml", text) for number, text in enumerate(texts)]
    try:
        loaded = load_sources(sources, Path("/site/site.toml"), environ=environ or {}, overrides=overrides)
    except ConfigError as error:
        assert error.problems
        for problem in error.problems:
            assert problem.message_zh
            assert problem.message_en
            assert problem.file
        return str(error)
    return render(loaded) + "".join(problem.render() for problem in check(loaded.site, loaded.origins))


def assert_readable(shown: str) -> None:
    assert not LIBRARY_WORDS.search(shown)
    shown.encode("utf-8")


@given(st.text(max_size=200))
@settings(max_examples=300)
def test_any_text(text: str) -> None:
    assert_readable(outcome(text))


def overwritten(line: str, cut: int, character: str) -> str:
    return line[:cut] + character + line[cut + 1 :]


@st.composite
def mutated_examples(draw: st.DrawFn) -> str:
    """An example with pieces of lines deleted, doubled, swapped or overwritten."""
    lines = draw(st.sampled_from(EXAMPLES)).split("\n")
    for _ in range(draw(st.integers(1, 4))):
        index = draw(st.integers(0, len(lines) - 1))
        line = lines[index]
        lines[index] = draw(
            st.sampled_from(["", line + "\n" + line, line[::-1], line.replace("=", ""), line.replace('"', "")])
            | st.tuples(st.just(line.split("=")[0]), VALUES).map(" = ".join)
            | st.tuples(KEYS, VALUES).map(" = ".join)
            | KEYS.map(lambda key: f"[{key}]")
            | st.builds(overwritten, st.just(line), st.integers(0, 60), st.characters())
        )
    return "\n".join(lines)


@given(mutated_examples())
@settings(max_examples=300)
def test_any_damage_to_an_example(text: str) -> None:
    assert_readable(outcome(text.encode("utf-8", "replace").decode("utf-8")))


@st.composite
def well_formed(draw: st.DrawFn) -> str:
    """TOML of the format's own keys with values of all kinds, most of them wrong."""
    text = ""
    for _ in range(draw(st.integers(0, 8))):
        path = draw(st.lists(KEYS, min_size=1, max_size=4))
        text += f"{'.'.join(path)} = {draw(VALUES)}\n"
    return text


@given(well_formed(), well_formed())
@settings(max_examples=300)
def test_any_setting_with_any_value_in_two_files(first: str, second: str) -> None:
    assert_readable(outcome(first, second))


@given(
    st.dictionaries(
        st.lists(KEYS | st.text(max_size=4), max_size=4).map(lambda parts: "MENWEI__" + "__".join(parts).upper()),
        st.text(max_size=10) | VALUES,
        max_size=4,
    ),
    st.dictionaries(
        st.lists(KEYS | st.text(max_size=4), max_size=4).map(".".join), st.text(max_size=10) | VALUES, max_size=4
    ),
)
@settings(max_examples=300)
def test_any_variable_and_any_option(environ: dict[str, str], overrides: dict[str, str]) -> None:
    assert_readable(outcome(EXAMPLES[0], environ=environ, overrides=overrides))
