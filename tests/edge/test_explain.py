"""The explanation never tells another story than the decision; and the command says it with its exit status."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from config.load import load
from config.model import Site
from edge.access.credentials import Credential, CredentialKind
from edge.access.explain import CONDITIONS, REASON_WORDS, explain_card, explain_person, explain_plate, reader_of
from edge.access.explain_visitor import explain_visitor
from edge.access.people import AccessMemory, decide_person
from edge.access.pepper import load_pepper
from edge.access.plates import Reason, decide
from edge.access.visitor_codes import Issued, Wish, issue
from edge.access.visitors import Secrets, VisitorCase
from edge.cli.main import cli
from sync.event import EventDraft
from sync.records import Booking, Person, Policy, PutCode, PutKey, PutPerson, PutVehicle, Vehicle
from sync.store import Store
from tests.edge.people import CARD, CHEF, GONE, LI, MONDAY_NOON_S, RAW, TIMED, WANG, at, card, policy, site

LOCALES = Path(__file__).resolve().parents[2] / "edge/web/page/src/locales"


@given(
    uid=st.sampled_from([*CARD.values(), "04FFFFFF", "04B10C4D"]),
    gate=st.sampled_from(["lobby", "vault", "walk-in"]),
    hours=st.integers(0, 200),
    mode=st.sampled_from(["none", "enforce"]),
)
def test_the_same_story_for_people(uid: str, gate: str, hours: int, mode: str) -> None:
    settings = site(anti_passback=mode, two_person=["vault"])
    reader = reader_of(settings, gate)
    now = at(hours * 3600.0)
    decision = decide_person(policy(), settings, card(uid, gate, reader), gate, now, AccessMemory())
    told = explain_card(policy(), settings, uid, gate, now)
    assert told.granted is (decision.granted or decision.reason in CONDITIONS)
    if not told.granted:
        assert told.reason is decision.reason
    verdicts = [step.verdict for step in told.steps]
    assert ("objection" in verdicts) is not told.granted


VEHICLE = st.builds(
    Vehicle,
    plate=st.just("粤B1"),
    owner=st.just("王"),
    lanes=st.sampled_from([(), ("east",), ("west",)]),
    valid_from_s=st.sampled_from([None, 50.0, 150.0]),
    valid_until_s=st.sampled_from([None, 80.0, 300.0]),
    blocked=st.sampled_from(["", "欠费"]),
)
BOOKING = st.builds(
    Booking,
    id=st.sampled_from(["b1", "b2"]),
    plate=st.just("粤B1"),
    visitor=st.just("李"),
    host=st.just("h"),
    not_before_s=st.sampled_from([0.0, 150.0]),
    not_after_s=st.sampled_from([90.0, 400.0]),
    entries_used=st.integers(0, 1),
    cancelled=st.booleans(),
)


@given(
    vehicle=st.none() | VEHICLE,
    bookings=st.lists(BOOKING, max_size=3),
    admit=st.sets(st.sampled_from(["owners", "bookings", "anyone"])),
)
def test_the_same_story_for_plates(vehicle: Vehicle | None, bookings: list[Booking], admit: set[str]) -> None:
    lane = {"barrier": {"board": "box", "open_relay": 1}, "admit": sorted(admit)}
    settings = Site.model_validate({**RAW, "lanes": {"east": lane}, "readers": {}})
    lists = Policy(
        vehicles={"粤B1": vehicle} if vehicle else {}, bookings={"粤B1": tuple(bookings)} if bookings else {}
    )
    decision = decide(lists, "粤B1", "east", settings.lanes["east"], 100.0)
    told = explain_plate(lists, settings, "粤B1", "east", 100.0)
    assert (told.granted, told.reason) == (decision.granted, decision.reason)
    assert decision.reason.value in [step.reason for step in told.steps]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_words_are_the_pages_words(language: str) -> None:
    page = json.loads((LOCALES / f"{language}.json").read_text("utf-8"))
    index = 0 if language == "zh" else 1
    assert {f"reason.{r.value}": words[index] for r, words in REASON_WORDS.items()}.items() <= page.items()


def test_what_only_the_moment_can_tell_is_a_condition() -> None:
    told = explain_person(policy(), site(first_person_in=["vault"], two_person=["vault"]), LI, "vault", at())
    assert told.granted
    conditions = [step.reason for step in told.steps if step.verdict == "condition"]
    assert conditions == ["awaiting_pin", "first_person_needed", "awaiting_second_person"]


@pytest.fixture
def site_file(tmp_path: Path) -> Iterator[Path]:
    file = tmp_path / "site.toml"
    file.write_text(
        """
[buses.rs485]
port = "/dev/null"
[boards.box]
bus = "rs485"
[lanes.east]
barrier = { board = "box", open_relay = 1 }
[doors.lobby]
lock = { board = "box", relay = 3 }
[readers.lobby]
kind = "osdp"
door = "lobby"
port = "/dev/ttyS9"
[schedules.office]
windows = [{ days = ["mon"], begin = "08:00", end = "18:00" }]
""",
        encoding="utf-8",
    )
    lists = policy()
    changes = [PutPerson(person) for person in lists.people.values()]
    keys = [PutKey(key) for key in lists.keys.values() if key.kind == "card"]
    (tmp_path / "data").mkdir()
    now_s = time.time()
    wish = Wish(host="王", visitor="李", gates=("lobby",), not_before_s=now_s - 60, not_after_s=now_s + 3600)
    pepper = load_pepper(load(file, environ={}).site)
    issued = issue(lists, pepper, wish, now_s, new_id="c1", randbelow=lambda n: n // 7, per_host=5)
    assert isinstance(issued, Issued)
    (tmp_path / "digits").write_text(issued.digits)
    rows = (*changes, *keys, PutVehicle(Vehicle(plate="粤B12345", owner="王先生")), PutCode(issued.code))
    draft = EventDraft(kind="lists.changed", source="operator:test", body={}, wall_us=1, mono_ns=1)
    with Store.open(tmp_path / "data/menwei.db", gateway_id="gate-1", ballast_bytes=4096) as store:
        store.append([draft], rows).result(timeout=30)
        yield file


@pytest.mark.parametrize(
    ("words", "status", "reason"),
    [
        (["--gate", "east", "--plate", "粤B·12345"], 0, "owner"),
        (["--gate", "east", "--plate", "京A99999"], 1, "unknown_plate"),
        (["--gate", "lobby", "--card", CARD[WANG].lower()], 0, "person"),
        (["--gate", "lobby", "--card", "0400"], 1, "unknown_card"),
        (["--gate", "lobby", "--person", GONE], 1, "person_blocked"),
        (["--gate", "lobby", "--person", CHEF, "--at", "2026-06-01T12:00:00+08:00"], 0, "person"),
        (["--gate", "lobby", "--person", CHEF, "--at", "2026-06-01T19:00:00+08:00"], 1, "outside_schedule"),
        (["--gate", "lobby", "--person", TIMED, "--at", "2027-01-01T00:00:00+08:00"], 1, "expired"),
    ],
)
def test_the_command_answers_beside_a_running_gateway(
    site_file: Path, words: list[str], status: int, reason: str
) -> None:
    args = ["access", "explain", "--site", str(site_file), *words]
    done = CliRunner().invoke(cli, [*args, "--json"])
    assert done.exit_code == status, done.output
    answer = json.loads(done.output)
    assert (answer["granted"], answer["reason"]) == (status == 0, reason)
    assert all(step["zh"] and step["en"] for step in answer["steps"])
    spoken = CliRunner().invoke(cli, args)
    assert spoken.exit_code == status
    assert ("放行" if status == 0 else "拒绝") in spoken.output


@pytest.mark.parametrize(
    ("gate", "typed", "status", "reason"),
    [
        ("lobby", "right", 0, "code"),
        ("lobby", "00000000", 1, "code_unknown"),
        ("lobby", "12", 1, "code_malformed"),
        ("east", "right", 1, "code_wrong_gate"),
    ],
)
def test_a_visitors_code_is_explained_and_not_repeated(
    site_file: Path, gate: str, typed: str, status: int, reason: str
) -> None:
    digits = (site_file.parent / "digits").read_text() if typed == "right" else typed
    args = ["access", "explain", "--site", str(site_file), "--gate", gate]
    said = CliRunner().invoke(cli, [*args, "--code", "-", "--json"], input=f"{digits}\n")
    assert said.exit_code == status, said.output
    answer = json.loads(said.output)
    assert (answer["granted"], answer["reason"]) == (status == 0, reason)
    assert digits not in said.output or typed == "12"
    spoken = CliRunner().invoke(cli, [*args, "--code", digits])
    assert ("放行" if status == 0 else "拒绝") in spoken.output


def test_a_pass_is_explained_as_it_is_decided(site_file: Path) -> None:
    args = ["access", "explain", "--site", str(site_file), "--gate", "lobby", "--pass", "MW1:NONSENSE"]
    said = CliRunner().invoke(cli, [*args, "--json"])
    assert said.exit_code == 1
    assert json.loads(said.output)["reason"] == "pass_malformed"


def test_a_first_person_who_has_to_come_is_a_condition_for_visitors_too() -> None:
    settings = site(first_person_in=["lobby"])
    credential = Credential(kind=CredentialKind.CODE, value="12345678", gate="lobby", reader="r-lobby")
    case = VisitorCase(
        policy=policy(), settings=settings, secrets=Secrets(pepper=b"p" * 32), credential=credential, plate="",
        now=at(), memory=AccessMemory(),
    )  # fmt: skip
    told = explain_visitor(case)
    assert [step.verdict for step in told.steps] == ["condition", "objection"]
    assert told.reason.value == "code_unknown"
    shut = explain_visitor(replace(case, settings=site(two_person=["lobby"])))
    assert [step.reason for step in shut.steps] == ["visitors_not_here"]
    assert all(step.zh and step.en != step.reason for step in shut.steps)


@pytest.mark.parametrize(
    "words", [["--gate", "moon", "--card", "04"], ["--gate", "lobby"], ["--gate", "lobby", "--plate", "粤B12345"]]
)
def test_wrong_usage_is_told_apart_from_a_refusal(site_file: Path, words: list[str]) -> None:
    assert CliRunner().invoke(cli, ["access", "explain", "--site", str(site_file), *words]).exit_code == 2


def test_a_person_without_keys_can_be_explained() -> None:
    lists = replace(policy(), keys={}, people={"p": Person(id="p", name="x")})
    assert explain_person(lists, site(), "p", "lobby", at()).reason is Reason.PERSON
    assert not explain_person(lists, site(), "nobody", "lobby", at(MONDAY_NOON_S)).granted
