"""Tables as CSV and XLSX for people's spreadsheets, safe against cells that would run. Shell: imports openpyxl late.

A plate or a name may come from outside; a spreadsheet takes a text that begins with ``=``, ``+``, ``-``, ``@``, a tab
or a carriage return for a formula. CSV gets a leading apostrophe; XLSX says that the cell is a text.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterable, Sequence
from typing import Any

BOM = "\ufeff"
"""Without it a spreadsheet in China takes UTF-8 for GBK."""
_RUNS = ("=", "+", "-", "@", "\t", "\r")


class SheetUnavailable(RuntimeError):
    """The extra ``xlsx`` is not installed."""


def to_csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """RFC 4180 with a header line, UTF-8 with a mark that spreadsheets know."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows([_safe(cell) for cell in row] for row in rows)
    return (BOM + out.getvalue()).encode()


def to_xlsx(header: Sequence[str], rows: Iterable[Sequence[str]], title: str) -> bytes:
    """One sheet of texts; raises SheetUnavailable without openpyxl."""
    return to_book([(title, header, rows)])


def to_book(sheets: Iterable[tuple[str, Sequence[str], Iterable[Sequence[str]]]]) -> bytes:
    """Sheets of texts, each with its title, head and rows; raises SheetUnavailable without openpyxl."""
    workbook_class, cell_class, illegal = _openpyxl()
    book = workbook_class(write_only=True)
    for title, header, rows in sheets:
        sheet = book.create_sheet(_title(title))
        for row in (header, *rows):
            cells = []
            for text in row:
                cell = cell_class(sheet, value="")
                # Set beside the constructor, which would take a text with a leading = for a formula.
                cell.value = illegal.sub("", text)
                cell.data_type = "s"
                cells.append(cell)
            sheet.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _title(text: str) -> str:
    """What may be the name of a sheet."""
    return "".join("-" if sign in "[]:*?/\\" else sign for sign in text)[:31]


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_RUNS) else cell


def _openpyxl() -> tuple[Any, Any, Any]:
    """openpyxl without numpy, which it imports when it finds it and the hub must not hold."""
    hidden = [name for name in ("numpy", "pandas") if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        from openpyxl import Workbook
        from openpyxl.cell import WriteOnlyCell
        from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
    except ImportError as error:
        raise SheetUnavailable(str(error)) from error
    finally:
        for name in hidden:
            del sys.modules[name]
    return Workbook, WriteOnlyCell, ILLEGAL_CHARACTERS_RE
