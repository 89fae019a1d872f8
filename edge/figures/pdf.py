"""A report as PDF, A4, in Chinese and English. Shell: imports reportlab late (extra ``pdf``).

The font is the standard Chinese one of PDF readers, STSong-Light (ISO 32000-1, 9.7.3, CID-keyed, not embedded):
Acrobat, Chromium, Firefox, poppler with poppler-data and WPS bring it or put theirs in its place. So the gateway needs
no font file, and the document stays small.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from edge.figures.rates import Count
from edge.figures.report import Report
from edge.figures.tables import Places, Table, tables_of

FONT = "STSong-Light"
WIDTH_PT, MARGIN_PT = 595.0, 42.0
INK, LINE, HEAD, BAR = "#1b1f24", "#b9c0c8", "#e8edf2", "#2f6db0"
PLOTTED = {"按日 by day", "按小时 by hour"}


class PdfUnavailable(RuntimeError):
    """The extra ``pdf`` is not installed."""


def to_pdf(report: Report, places: Places, *, title: str, site: str, zone: ZoneInfo) -> bytes:
    """The report's tables and two plots; raises PdfUnavailable without reportlab."""
    lab = _Lab()
    made = datetime.fromtimestamp(report.made_s, zone).strftime("%Y-%m-%d %H:%M")
    story: list[Any] = [
        lab.text(f"{site} · {title}", 17),
        lab.text(f"{report.span.name} · 生成于 made at {made}", 9),
        lab.plot("每日告警 alarms by day", report.days),
        lab.plot("每小时告警 alarms by hour", report.hours),
    ]
    for table in tables_of(report, places):
        if table.title not in PLOTTED and table.rows:
            story += [lab.text(table.title, 12), lab.table(table)]
    out = io.BytesIO()
    lab.document(out, f"{site} {title} {report.span.name}").build(story)
    return out.getvalue()


class _Lab:
    """reportlab's parts as this document uses them."""

    def __init__(self) -> None:
        try:
            from reportlab.graphics import shapes
            from reportlab.lib import colors, styles
            from reportlab.pdfbase import cidfonts, pdfmetrics
            from reportlab.platypus import Paragraph, SimpleDocTemplate
            from reportlab.platypus import Table as Grid
        except ImportError as error:
            raise PdfUnavailable(str(error)) from error
        pdfmetrics.registerFont(cidfonts.UnicodeCIDFont(FONT))
        self._shapes, self._colors, self._styles = shapes, colors, styles
        self._paragraph, self._document, self._grid = Paragraph, SimpleDocTemplate, Grid

    def document(self, out: io.BytesIO, title: str) -> Any:
        """An A4 document with room around."""
        return self._document(
            out,
            title=title,
            author="Menwei",
            leftMargin=MARGIN_PT,
            rightMargin=MARGIN_PT,
            topMargin=MARGIN_PT,
            bottomMargin=MARGIN_PT,
        )

    def text(self, words: str, size: float) -> Any:
        """Lines of text; what people wrote is no mark-up."""
        style = self._styles.ParagraphStyle(
            f"size-{size}",
            fontName=FONT,
            fontSize=size,
            leading=size * 1.4,
            textColor=self._colors.HexColor(INK),
            spaceBefore=size * 0.7 if size > 8 else 0,
            wordWrap="CJK",
        )
        return self._paragraph("<br/>".join(escape(line) for line in words.split("\n")), style)

    def table(self, table: Table) -> Any:
        """A grid whose head is repeated on each page."""
        room_pt = WIDTH_PT - 2 * MARGIN_PT
        cells = [[self.text(cell, 7.5) for cell in row] for row in (_two_lines(table.head), *table.rows)]
        line, head = self._colors.HexColor(LINE), self._colors.HexColor(HEAD)
        style = [
            ("GRID", (0, 0), (-1, -1), 0.4, line),
            ("BACKGROUND", (0, 0), (-1, 0), head),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ]
        widths = [room_pt * part for part in _widths(table)]
        return self._grid(cells, colWidths=widths, repeatRows=1, style=style, hAlign="LEFT", spaceBefore=4)

    def plot(self, title: str, counts: Sequence[Count]) -> Any:
        """Bars with their numbers."""
        wide_pt, high_pt = WIDTH_PT - 2 * MARGIN_PT, 92.0
        drawing = self._shapes.Drawing(wide_pt, high_pt)
        drawing.add(self._shapes.String(0, high_pt - 10, title, fontName=FONT, fontSize=9))
        most, step_pt = max((one.n for one in counts), default=0), wide_pt / max(1, len(counts))
        every = -(-len(counts) // 31)
        for at, one in enumerate(counts):
            tall_pt = 52.0 * one.n / most if most else 0.0
            bar = self._shapes.Rect(at * step_pt + 1, 14, max(0.5, step_pt - 2), tall_pt, strokeColor=None)
            bar.fillColor = self._colors.HexColor(BAR)
            drawing.add(bar)
            middle_pt = (at + 0.5) * step_pt
            if at % every == 0:
                drawing.add(_label(self._shapes, middle_pt, 4, one.name[-2:]))
            if one.n and every == 1:
                drawing.add(_label(self._shapes, middle_pt, 16 + tall_pt, str(one.n)))
        return drawing


def _label(shapes: Any, x_pt: float, y_pt: float, words: str) -> Any:
    return shapes.String(x_pt, y_pt, words, fontName=FONT, fontSize=6.5, textAnchor="middle")


def _two_lines(head: Sequence[str]) -> list[str]:
    """Chinese above English, so that no word of a narrow column is broken."""
    return [cell.replace(" ", "\n", 1) for cell in head]


def _widths(table: Table) -> list[float]:
    """Shares of the width by the longest line of each column."""
    head = [max(cell.split("\n"), key=len) for cell in _two_lines(table.head)]
    longest = [max(len(row[at]) for row in (head, *table.rows)) for at in range(len(head))]
    weights = [min(30, max(7, length)) for length in longest]
    return [weight / sum(weights) for weight in weights]
