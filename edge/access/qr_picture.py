"""A QR code as an SVG file to send. Shell: writes a file; the encoder is the extra ``qr`` and its own native code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

QUIET = 4
"""Modules of white around it (ISO/IEC 18004)."""
MODULE_PX = 8


def write_qr(path: Path, text: str) -> None:
    """Write the text as a QR code with correction level M. Raises ClickException when that is not possible."""
    try:
        import zxingcpp
    except ImportError as error:
        raise click.ClickException(
            "生成二维码图片需要附加组件：pip install 'menwei[qr]' / "
            "a picture of a QR code needs an extra: pip install 'menwei[qr]'"
        ) from error
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    image: Any = code.to_image(scale=1, add_quiet_zones=False)
    rows: Any = memoryview(image).tolist()
    try:
        path.write_text(svg(rows), encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"无法写入 {path}：{error} / cannot write {path}: {error}") from error


def svg(rows: list[list[int]]) -> str:
    """Modules (0 is dark) as a picture on white, so that a dark page does not swallow it."""
    side = len(rows) + 2 * QUIET
    dark = "".join(
        f"M{x + QUIET} {y + QUIET}h1v1h-1z" for y, row in enumerate(rows) for x, light in enumerate(row) if not light
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" width="{side * MODULE_PX}" '
        f'height="{side * MODULE_PX}" shape-rendering="crispEdges">'
        f'<rect width="{side}" height="{side}" fill="#fff"/><path d="{dark}" fill="#000"/></svg>\n'
    )
