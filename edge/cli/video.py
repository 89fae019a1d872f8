"""``menwei analyze video``: a camera's duties over a recording. Shell."""

from __future__ import annotations

import json
from pathlib import Path

import click

from config.model import Site
from edge.cli.tools import EXIT_FAILED, models_of
from vision.analyze_video import Line, analyze_video


def run_video(film: Path, name: str | None, out: Path, site: Site) -> int:
    """Run, tell progress on standard error and the summary as one JSON line; the exit status."""
    chosen = name or (next(iter(site.cameras)) if len(site.cameras) == 1 else None)
    if chosen is None or chosen not in site.cameras:
        names = ", ".join(site.cameras) or "-"
        raise click.UsageError(f"请用 --camera 指定摄像机 / choose a camera with --camera: {names}")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.ClickException(f"无法建立目录 {out} / cannot make the folder: {error.strerror}") from error
    said = analyze_video(
        film,
        name=chosen,
        camera=site.cameras[chosen],
        plates=site.plates,
        models_dir=models_of(site),
        out=out,
        say=_progress,
    )
    if "error" in said:
        click.echo(f"{film}: {said['error']['zh']} / {said['error']['en']}", err=True)
        return EXIT_FAILED
    click.echo(json.dumps({"file": str(film), "camera": chosen, "out": str(out), **said}, ensure_ascii=False))
    return 0


def _progress(line: Line) -> None:
    click.echo(f"… {line['at_s']} s", err=True)
