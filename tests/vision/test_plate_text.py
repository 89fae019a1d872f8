"""The grammar of Chinese number plates, as tables and as properties."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.plate_text import (
    ALPHABET,
    KINDS,
    PROVINCES,
    PlateKind,
    edit_distance,
    find,
    join_rows,
    kind_of,
    normalise,
    split_rows,
)

PLATES = [
    ("京A12345", "ordinary"),
    ("粤O1234A", "ordinary"),
    ("皖AZZZZZ", "ordinary"),
    ("津IAB123", "ordinary"),
    ("沪A123K挂", "trailer"),
    ("沪A1234K挂", None),
    ("沪AB12K挂", "trailer"),
    ("苏B1234试", "test"),
    ("京A1234学", "coach"),
    ("京AB123学", None),
    ("粤BD12345", "new_energy_small"),
    ("粤BDF1234", "new_energy_small"),
    ("粤BK01234", "new_energy_small"),
    ("粤BI12345", None),
    ("粤BL12345", None),
    ("粤BDFF234", None),
    ("粤B12345D", "new_energy_large"),
    ("粤B12345L", None),
    ("京A0123警", "police"),
    ("京AB123警", "police"),
    ("京AE123警", None),
    ("粤ZA123港", "hk_macau"),
    ("粤Z1123澳", "hk_macau"),
    ("粤AA123港", None),
    ("123456使", "embassy"),
    ("使123456", "embassy_old"),
    ("沪A1234领", "consulate"),
    ("WJ京12345", "armed_police"),
    ("WJ京1234T", "armed_police"),
    ("WJ1234J", "armed_police"),
    ("WJ1234A", None),
    ("WJ12345", "armed_police"),
    ("WJ0112345", "armed_police_old"),
    ("VA12345", "military"),
    ("OO12345", "military"),
    ("民航A1234", "civil_aviation"),
    ("民航O1234", None),
    ("皖1234567", "farm"),
    ("皖123456", None),
]

NO_PLATES = [
    *("", "AUDI", "OOOO", "C00D", "BMW", "TOYOTA", "HYUNDAI", "北京现代", "东风日产", "比亚迪"),
    *("2024-05-01 12:00:00", "20240501120000", "12:00:00", "2024年05月01日"),
    *("13812345678", "138 1234 5678", "010-12345678", "TEL 400-800-1234", "京东物流", "京ICP备12345号"),
    *("京AO1234", "京A1234O", "京A1234I", "京I23456789", "台A12345", "京112345", "京A1234", "京A123456"),
    *("晋A00ABCD1", "川菜馆", "粤A12345B6", "AB1234", "ABC1234567"),
]


@pytest.mark.parametrize(("text", "name"), PLATES)
def test_kind(text: str, name: str | None) -> None:
    kind = kind_of(text)
    assert (kind.name if kind else None) == name


@pytest.mark.parametrize("text", NO_PLATES)
def test_badges_time_stamps_telephone_numbers_and_signs_are_not_plates(text: str) -> None:
    assert kind_of(text) is None
    assert kind_of(normalise(text)) is None
    assert find(text) == []


def test_every_province_counts_and_there_are_31() -> None:
    assert len(set(PROVINCES)) == 31
    assert all(kind_of(f"{p}A12345") for p in PROVINCES)


@pytest.mark.parametrize("position", range(2, 7))
@pytest.mark.parametrize("letter", "OI")
def test_letters_that_look_like_digits_stand_only_second(position: int, letter: str) -> None:
    text = list("京A12345")
    text[position] = letter
    assert kind_of("".join(text)) is None


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("京A·12345", "京A12345"),
        ("京A.12345", "京A12345"),
        ("京A-12345", "京A12345"),
        ("京 a 12345", "京A12345"),
        ("京Ａ１２３４５", "京A12345"),
        ("粤Ｏ　０Ｏ8B1", "粤O0O8B1"),
        ("京A•12345", "京A12345"),
    ],
)
def test_normalising_drops_separators_and_repairs_nothing(raw: str, clean: str) -> None:
    assert normalise(raw) == clean


@pytest.mark.parametrize(
    ("line", "plates"),
    [
        ("2024-05-01 12:00:00 京A12345", ["京A12345"]),
        ("车牌:京A·12345，放行", ["京A12345"]),
        ("京A 12345", ["京A12345"]),
        ("京 A 12345", ["京A12345"]),
        ("京A12345 沪B54321", ["京A12345", "沪B54321"]),
        ("京A123456789", []),
        ("京A12345678", []),
        ("电话京A12345", []),
        ("京A:12345", []),
        ("（粤BD12345）", ["粤BD12345"]),
    ],
)
def test_a_line_is_cut_only_at_its_breaks(line: str, plates: list[str]) -> None:
    assert find(line) == plates


@pytest.mark.parametrize(
    ("upper", "lower", "plate"),
    [
        ("粤A", "B2893", "粤A B2893"),
        ("粤 A", "B·2893", "粤AB2893"),
        ("鲁B", "1234挂", "鲁B1234挂"),
        ("皖12", "34567", "皖1234567"),
        ("VA", "12345", "VA12345"),
        ("粤AB", "2893", None),
        ("粤B", "D12345", None),
        ("AUDI", "Q5L", None),
    ],
)
def test_two_rows_join_where_the_kind_has_two_rows(upper: str, lower: str, plate: str | None) -> None:
    assert join_rows(upper, lower) == (normalise(plate) if plate else None)


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: f"{k.name}-{k.upper_chars}")
def test_every_kind_states_colours_and_rows(kind: PlateKind) -> None:
    assert kind in KINDS
    assert kind.colors and kind.rows and set(kind.rows) <= {1, 2}


def test_colour_decides_where_no_hanzi_marks_a_plate() -> None:
    military, ordinary = kind_of("VA12345"), kind_of("京A12345")
    assert military is not None and ordinary is not None
    assert [military.allows_color(c) for c in ("white", "unknown", "blue")] == [True, False, False]
    assert [ordinary.allows_color(c) for c in ("blue", "unknown", "green")] == [True, True, False]


@given(st.sampled_from(KINDS).flatmap(lambda k: st.tuples(*map(st.sampled_from, k.slots)).map("".join)))
def test_whatever_a_pattern_allows_is_a_plate_of_known_characters(text: str) -> None:
    assert kind_of(text) is not None
    assert set(text) <= set(ALPHABET)
    assert find(text) == [text]
    rows = split_rows(text)
    assert rows is None or join_rows(*rows) == text


@given(st.text(max_size=60))
def test_any_text_is_survived_and_what_is_found_is_a_plate(text: str) -> None:
    assert all(kind_of(plate) for plate in find(text))
    assert normalise(normalise(text)) == normalise(text)


@given(st.text("0123456789 -:./", max_size=40))
def test_digits_alone_are_never_a_plate(text: str) -> None:
    assert find(text) == []


@given(st.text("AB京1", max_size=6), st.text("AB京1", max_size=6))
def test_edit_distance_is_a_metric(a: str, b: str) -> None:
    distance = edit_distance(a, b)
    assert distance == edit_distance(b, a)
    assert (distance == 0) == (a == b)
    assert abs(len(a) - len(b)) <= distance <= max(len(a), len(b))
