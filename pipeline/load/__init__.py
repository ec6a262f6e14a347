"""Reading a list (CSV or a workbook) into text with the spreadsheet's own row numbers (docs/reading.md).

The way through begins in `pipeline.load.opening`. It is loaded when it is first asked for: the child that reads a
workbook is a module of this package, and has no use for pandas.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.load.opening import Chunk, ReadOptions, Source, open_list

__all__ = ["Chunk", "ReadOptions", "Source", "open_list"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from pipeline.load import opening

        return getattr(opening, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
