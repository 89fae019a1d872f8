"""sqlite-utils without its optional heavy friends. Shell: imports.

sqlite-utils imports numpy and pandas when it finds them. The hub must stay free of numpy (it belongs to the eyes
process, with its memory and its native code), so these two are hidden while sqlite-utils is imported; a None in
``sys.modules`` is the documented way to do so. A process that has numpy already keeps it.
"""

from __future__ import annotations

import sys

_hidden = [name for name in ("numpy", "pandas") if name not in sys.modules]
for _name in _hidden:
    sys.modules[_name] = None  # type: ignore[assignment]
try:
    from sqlite_utils import Database
finally:
    for _name in _hidden:
        del sys.modules[_name]

__all__ = ["Database"]
