"""``menwei people``: who is known by face, while the gateway is stopped. Shell.

While it runs, the page and the API enrol people; the store then refuses a second writer with a sentence. Pictures are
decoded and looked at in child processes, which a hostile one cannot leave.
"""

from __future__ import annotations

import json
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import click

from config.model import Site
from edge.cli.lists import moment
from edge.cli.people_words import consent_line, row, say_filing, say_refused, say_summary, write_report
from edge.cli.tools import EXIT_FAILED, database_of, models_of, open_store, site_option, site_or_exit
from edge.events import draft
from edge.faces.bulk import Enrolment, asker
from edge.faces.importing import Judged, Refused, judged_unlike
from edge.faces.intake import IntakeError, id_of, read_source
from edge.faces.looking import Ask, looked_at
from edge.faces.model import Entry
from edge.faces.rules import SELF, ConsentWish, Refusal, filing, may_enrol
from edge.faces.seal import SealError
from edge.observations import Now
from edge.react.lists import change_body
from edge.users.secret_files import SecretFileError
from sync.errors import SyncError
from sync.faces import faces_of
from sync.queries import policy_of
from sync.records import Policy, PutFace, RemoveFaces, RemovePerson
from sync.store import Store
from vision.errors import VisionError

APPEND_WAIT_S = 30.0
PROOF_WAIT_S = 10.0
STEPS = (1, 10, 100, 1_000, 10_000, 100_000)

_purpose = click.option("--purpose", default="", help="使用目的，如 小区门禁 / purpose, e.g. entrance of the estate")
_given_by = click.option(
    "--given-by", default=SELF, show_default=True, help="谁同意：self 或监护人姓名 / self, or the guardian's name"
)
_until = click.option("--until", default=None, metavar="ISO", help="同意到期时间 / when the consent ends")
_twins = click.option(
    "--twins", is_flag=True, help="已核实：相像者确为不同的人 / checked: people who look alike are different people"
)


@click.group()
def people() -> None:
    """Who is known by face / 人脸人员."""


@people.command("add")
@click.argument("person")
@click.argument("pictures", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--name", default="", help="姓名 / name")
@click.option("--place", default="", help="楼栋房号 / flat")
@click.option("--born", default=None, metavar="YYYY-MM-DD", help="出生日期，不保存 / date of birth, not kept")
@click.option("--under-14", is_flag=True, help="未满十四周岁 / under fourteen")
@click.option("--unlike", is_flag=True, help="图片是“非本人”的相像者 / the picture shows a look-alike, not the person")
@_purpose
@_given_by
@_until
@_twins
@site_option
def people_add(person: str, pictures: tuple[Path, ...], site_file: Path, **given: Any) -> None:
    """Enrol one person by pictures, or a look-alike of theirs / 登记一人.

    \b
    menwei people add wang wang-1.jpg wang-2.jpg --name 王强 --purpose 小区门禁
    menwei people add wang brother.jpg --unlike
    """
    site, wish = site_or_exit(site_file), _wish(given)
    with _told(), open_store(site) as store:
        before = len(store.policy().faces)
        if given["unlike"]:
            sys.exit(_add_unlike(site, store, id_of(person), pictures))
        known = store.policy().people.get(person)
        name = given["name"] or (known.name if known else person)
        entry = Entry(person=id_of(person), name=name, place=given["place"], pictures=pictures, consent=wish)
        work = Enrolment(site, store, source="picture", twins=given["twins"], expected=len(pictures))
        [one] = work.enrol([entry], _asker(site)(pictures))
        say_refused(one.refused)
        click.echo(f"{entry.person}: {one.templates} 个模板 / templates")
        say_filing(work.warn(before))
    sys.exit(0 if one.templates else EXIT_FAILED)


@people.command("import")
@click.argument("source", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--agreed",
    is_flag=True,
    help="确认每个人（儿童由监护人）都已单独同意 / everybody, for children a guardian, has given separate consent",
)
@click.option("--report", type=click.Path(path_type=Path), help="把未采用的写成 CSV / write what was refused as CSV")
@click.option("--jobs", type=click.IntRange(1, 16), default=2, show_default=True, help="同时几个进程 / processes")
@_purpose
@_given_by
@_until
@_twins
@site_option
def people_import(source: Path, site_file: Path, **given: Any) -> None:
    """Enrol a folder (NAME.jpg, ID/NAME_1.jpg) or a CSV; call it again to go on / 批量登记.

    \b
    menwei people import photos --purpose 小区门禁 --agreed --report refused.csv
    menwei people import people.csv --agreed
    """
    if not given["agreed"]:
        raise click.UsageError(
            "请先取得每个人的单独同意，再加 --agreed / get everybody's consent first, then add --agreed"
        )
    site = site_or_exit(site_file)
    started_s = time.monotonic()
    with _told(), open_store(site) as store:
        entries = read_source(source, _wish(given))
        before = len(store.policy().faces)
        pictures = sum(len(entry.pictures) for entry in entries)
        work = Enrolment(site, store, source="import", twins=given["twins"], expected=pictures)
        todo = [entry for entry in entries if entry.person not in work.templates]
        done = _import(work, todo, looked_at([p for e in todo for p in e.pictures], given["jobs"], _asker(site)))
        refused = [line for one in done for line in one.refused]
        say_refused(refused)
        if given["report"]:
            write_report(given["report"], refused)
        took_s = time.monotonic() - started_s
        say_summary(entries, todo, done, took_s)
        say_filing(work.warn(before))
    sys.exit(EXIT_FAILED if refused else 0)


@people.command("list")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON 行 / JSON lines")
@site_option
def people_list(as_json: bool, site_file: Path) -> None:
    """People with their consent and number of templates, also while the gateway runs / 列出人员."""
    site = site_or_exit(site_file)
    policy = policy_of(database_of(site))
    for person in sorted(policy.people.values(), key=lambda row: (row.name, row.id)):
        consent = policy.consents.get(person.id)
        line = {
            "id": person.id,
            "name": person.name,
            "place": person.place,
            "templates": policy.faces.get(person.id, 0),
            "consent": consent_line(consent),
        }
        click.echo(json.dumps(line, ensure_ascii=False) if as_json else row(line))
    say_filing(filing(len(policy.faces), site.faces.filing_limit))


@people.command("remove")
@click.argument("person")
@click.option("--face-only", is_flag=True, help="只删人脸与同意 / only templates and consent")
@site_option
def people_remove(person: str, face_only: bool, site_file: Path) -> None:
    """Remove somebody with keys, templates and consent, and wait for the proof / 删除人员."""
    site = site_or_exit(site_file)
    with open_store(site) as store:
        policy = store.policy()
        if person not in policy.people:
            raise click.ClickException(f"{person}: 没有此人 / there is no such person")
        had = bool(faces_of(store.reading(), [person]))
        change = RemoveFaces(person) if face_only else RemovePerson(person)
        body = {"role": "admin", **change_body(change), "templates": policy.faces.get(person, 0)}
        now, after = Now(mono_s=time.monotonic(), wall_s=time.time()), store.newest
        event = draft(now, uuid.uuid4().hex, "lists.changed", "operator:cli", body)
        store.append([event], [change]).result(APPEND_WAIT_S)
        proof = _proof(store, after) if had else None
    click.echo(f"{person}: 已删除 / removed")
    if proof is not None:
        click.echo(f"#{proof} log.faces_erased: 模板已彻底删除 / the templates are gone from the disk")
    elif had:
        click.echo(
            "磁盘仍被占用，彻底删除将在下次启动时完成并记录 / erasing ends, and is recorded, at the next start",
            err=True,
        )


@people.command("threshold")
@site_option
def people_threshold(site_file: Path) -> None:
    """How alike a face must be, and why / 解释识别阈值."""
    from vision.faces.calibration import load_calibration
    from vision.faces.threshold import explained, threshold

    site = site_or_exit(site_file)
    file = database_of(site)
    policy = policy_of(file) if file.is_file() else Policy()
    with _told():
        calibration = load_calibration(site.faces.embedder, models_of(site))
    templates = sum(policy.faces.values())
    click.echo("\n".join(explained(templates, site.faces.fpir, calibration)))
    click.echo("模板数 templates -> 阈值 threshold")
    for step in sorted({*STEPS, templates} - {0}):
        mark = "  <- 现在 now" if step == templates else ""
        click.echo(f"{step:>8} -> {threshold(step, site.faces.fpir, calibration):.3f}{mark}")


def _import(work: Enrolment, todo: Sequence[Entry], answers: Iterator[dict[str, Any]]) -> list[Judged]:
    done = []
    with click.progressbar(length=len(todo), label="登记 enrolling", file=sys.stderr) as bar:
        for one in work.enrol(todo, answers):
            done.append(one)
            bar.update(1)
    return done


def _add_unlike(site: Site, store: Store, person: str, pictures: Sequence[Path]) -> int:
    """Look-alikes of somebody; exit status."""
    work = Enrolment(site, store, source="picture", expected=len(pictures))
    refused = []
    for answer in _asker(site)(pictures):
        against = may_enrol(store.policy(), person, time.time(), negative=True)
        found = against or judged_unlike(work.bench, store.policy(), person, answer, time.time())
        if isinstance(found, Refusal):
            refused.append(Refused(str(answer.get("file", "")), person, person, found))
        else:
            change = PutFace(found)
            work.land([("lists.changed", "operator:cli", {"role": "admin", **change_body(change)})], (change,))
    say_refused(refused)
    return EXIT_FAILED if refused else 0


def _asker(site: Site) -> Ask:
    """What looks at pictures: children, unless the caller of the command line brings something of its own."""
    make: Callable[[Site], Ask] = click.get_current_context().obj or asker
    return make(site)


def _wish(given: dict[str, Any]) -> ConsentWish:
    try:
        born = date.fromisoformat(given["born"]) if given.get("born") else None
    except ValueError as error:
        raise click.ClickException(f"{given['born']}: 日期应如 2015-03-04 / a day is like 2015-03-04") from error
    return ConsentWish(
        purpose=given["purpose"],
        given_by=given["given_by"],
        born=born,
        under_14=bool(given.get("under_14")),
        until_s=None if given["until"] is None else moment(given["until"]),
    )


def _proof(store: Store, after: int) -> int | None:
    """Seq of the event that proves the erasure; None where it does not come in time."""
    end_s = time.monotonic() + PROOF_WAIT_S
    while time.monotonic() < end_s and store.wait_after(after, 0.5):
        for event in store.read_after(after):
            after = event.seq
            if event.kind == "log.faces_erased":
                return event.seq
    return None


@contextmanager
def _told() -> Iterator[None]:
    """What cannot be used is a sentence, not a traceback."""
    try:
        yield
    except (IntakeError, SealError, SecretFileError, SyncError, VisionError) as error:
        raise click.ClickException(str(error)) from error
