"""The command line: ``menwei`` and ``python -m edge``. Shell.

Exit status: 0 done, 1 failed, 2 wrong usage, 3 site file invalid, 130 ended by Ctrl-C.
Heavy parts are imported by the command that needs them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from edge.cli.access import access
from edge.cli.evidence import evidence
from edge.cli.https import https
from edge.cli.lists import bookings, vehicles
from edge.cli.models import models
from edge.cli.passes import passes
from edge.cli.patrol import patrol
from edge.cli.people import people
from edge.cli.push import push
from edge.cli.records import central, events
from edge.cli.report import report
from edge.cli.selftest import selftest
from edge.cli.tools import EXIT_CONFIG, load_site, models_of, say_problems, site_option, site_or_exit
from edge.cli.users import users
from edge.cli.visitor import visitor
from sync.errors import SyncError

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


@click.group(context_settings=CONTEXT)
@click.version_option(None, "-V", "--version", package_name="menwei", message="menwei %(version)s")
def cli() -> None:
    """门卫 Menwei: edge security and access-control gateway / 边缘安防与出入口控制网关."""


@cli.command()
@click.argument("file", type=click.Path(path_type=Path), default=Path("site.toml"))
@click.option("--log-json", is_flag=True, help="日志输出为 JSON 行 / log as JSON lines")
def serve(file: Path, log_json: bool) -> None:
    """Run the gateway / 运行网关.

    \b
    menwei serve site.toml
    """
    from edge.run.serve import serve_forever

    sys.exit(serve_forever(file, log_json=log_json))


@cli.command()
@click.option(
    "--for", "duration", default=None, metavar="60s", help="运行多久后自行结束 / end by itself after this time"
)
@click.option(
    "--summary", type=click.Path(path_type=Path), help="结束时写出 JSON 摘要 / write a JSON summary at the end"
)
@click.option("--dir", "directory", type=click.Path(path_type=Path), help="数据目录，默认临时目录 / data directory")
@click.option("--port", type=int, default=0, show_default="free", help="网页端口 / port of the page")
def demo(duration: str | None, summary: Path | None, directory: Path | None, port: int) -> None:
    """A rendered gate on simulated devices, through the real program / 演示.

    \b
    menwei demo
    menwei demo --for 60s --summary out.json
    """
    from edge.demo.run import parse_duration, run_demo

    try:
        seconds = None if duration is None else parse_duration(duration)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--for") from error
    sys.exit(run_demo(for_s=seconds, summary=summary, directory=directory, port=port))


@cli.command()
@click.argument("file", type=click.Path(path_type=Path), default=Path("site.toml"))
def check(file: Path) -> None:
    """Check a site file; touches no hardware / 检查站点配置，不接触硬件."""
    loaded, problems = load_site(file)
    say_problems(problems)
    errors = [p for p in problems if p.severity == "error"]
    if loaded is None or errors:
        sys.exit(EXIT_CONFIG)
    site = loaded.site
    click.echo(
        f"{file}: 正确 / ok: {len(site.lanes)} 车道 lanes, {len(site.cameras)} 摄像机 cameras, "
        f"{len(site.boards)} 板 boards, {len(problems)} 警告 warnings"
    )


@cli.group()
def config() -> None:
    """Schema and effective settings / 配置."""


@config.command("schema")
def config_schema() -> None:
    """Print the JSON Schema of the site file / 输出 JSON Schema."""
    from config.schema import json_schema

    click.echo(json.dumps(json_schema(), ensure_ascii=False, indent=2))


@config.command("show")
@click.argument("file", type=click.Path(path_type=Path), default=Path("site.toml"))
@click.option("--origin", is_flag=True, help="标出每个值的来源 / say where each value comes from")
def config_show(file: Path, origin: bool) -> None:
    """Print the effective settings / 输出生效的配置."""
    from config.show import render

    loaded, problems = load_site(file)
    if loaded is None:
        say_problems(problems)
        sys.exit(EXIT_CONFIG)
    click.echo(render(loaded, origins=origin))


@cli.group()
def analyze() -> None:
    """Run the eyes over recordings / 离线分析."""


@analyze.command("plates")
@click.argument("pictures", nargs=-1, required=True, type=click.Path(path_type=Path))
def analyze_plates_command(pictures: tuple[Path, ...]) -> None:
    """Read plates; one JSON line a picture / 识别图片中的车牌，每张一行 JSON."""
    from vision.analyze import analyze_plates

    sys.exit(analyze_plates(pictures, sys.stdout))


@analyze.command("faces")
@click.argument("pictures", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--embeddings", is_flag=True, help="同时输出特征（敏感个人信息） / also the templates: personal data")
@click.option(
    "--dir",
    "directory",
    type=click.Path(path_type=Path),
    help="模型目录，省略则按站点文件 / folder of the models; by the site file when absent",
)
@site_option
def analyze_faces_command(
    pictures: tuple[Path, ...], embeddings: bool, directory: Path | None, site_file: Path
) -> None:
    """Find and judge faces; one JSON line a picture / 查找并评价图片中的人脸，每张一行 JSON."""
    from vision.analyze_faces import analyze_faces

    site = site_or_exit(site_file) if directory is None else None
    folder = models_of(site) if site is not None else directory
    faces = site.faces if site is not None else None
    sys.exit(analyze_faces(pictures, sys.stdout, models_dir=folder or Path(), faces=faces, embeddings=embeddings))


@analyze.command("video")
@click.argument("film", type=click.Path(path_type=Path))
@click.option(
    "--camera", "name", help="用哪台摄像机的设置，只有一台时可省略 / whose settings; the only camera by default"
)
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="输出目录 / output folder")
@site_option
def analyze_video_command(film: Path, name: str | None, out: Path, site_file: Path) -> None:
    """Run a camera's duties over a recording as if live / 用录像试跑摄像机的任务.

    Writes events.jsonl, pictures/ and timings.json into the folder, so that zones and facades can be tuned.
    """
    from edge.cli.video import run_video

    sys.exit(run_video(film, name, out, site_or_exit(site_file)))


for group in (
    events,
    evidence,
    central,
    users,
    vehicles,
    bookings,
    passes,
    visitor,
    access,
    models,
    patrol,
    people,
    https,
    selftest,
    push,
    report,
):
    cli.add_command(group)


def main() -> None:
    """Entry point of the console script."""
    try:
        cli.main(prog_name="menwei", standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except SyncError as error:
        click.echo(f"menwei: {error}", err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(0)
