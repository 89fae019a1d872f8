"""What ``menwei people`` prints. Shell: the terminal, the report's file."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from edge.faces.importing import Judged, Refused
from edge.faces.model import Entry
from edge.faces.rules import Filing
from sync.records import Consent


def say_refused(refused: Sequence[Refused]) -> None:
    """One line a refusal, on the error output."""
    for line in refused:
        place = line.file or line.person
        click.echo(f"{place} ({line.name}): {line.why.zh} / {line.why.en}", err=True)


def say_summary(entries: Sequence[Entry], todo: Sequence[Entry], done: Sequence[Judged], took_s: float) -> None:
    """What an import did."""
    enrolled = [one for one in done if one.templates]
    pictures = sum(len(entry.pictures) for entry in todo)
    templates = sum(one.templates for one in enrolled)
    there, left = len(entries) - len(todo), len(todo) - len(enrolled)
    click.echo(
        f"登记 {len(enrolled)} 人 {templates} 个模板，已在库 {there} 人，未登记 {left} 人；"
        f"{pictures} 张图片 {took_s:.1f} 秒 / {len(enrolled)} people with {templates} templates enrolled, "
        f"{there} were there already, {left} not enrolled; {pictures} pictures in {took_s:.1f} s"
    )


def say_filing(near: Filing | None) -> None:
    """The warning of the filing limit, where it holds."""
    if near is not None:
        click.echo(f"注意 / note: {near.zh} / {near.en}", err=True)


def write_report(path: Path, refused: Sequence[Refused]) -> None:
    """Every refusal as CSV; cells that a spreadsheet would run get an apostrophe."""
    with path.open("w", encoding="utf-8-sig", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["file", "person", "name", "key", "zh", "en"])
        for line in refused:
            cells = [line.file, line.person, line.name, line.why.key, line.why.zh, line.why.en]
            writer.writerow([f"'{cell}" if cell[:1] in "=+-@" and cell else cell for cell in cells])


def consent_line(consent: Consent | None) -> dict[str, Any] | None:
    """A consent as it is shown."""
    if consent is None:
        return None
    until = None if consent.until_s is None else datetime.fromtimestamp(consent.until_s).astimezone().isoformat()
    return {"purpose": consent.purpose, "given_by": consent.given_by, "until": until}


def row(line: dict[str, Any]) -> str:
    """A person in one line, parts separated by tabs."""
    consent = line["consent"] or {}
    cells = (line["id"], line["name"], line["place"], line["templates"], consent.get("purpose", ""))
    return "\t".join(str(cell) for cell in (*cells, consent.get("given_by", ""), consent.get("until") or ""))
