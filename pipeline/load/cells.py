"""A workbook's typed cells as the text a person would type (docs/reading.md)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

from pipeline.load.sheet_look import NO_NUMBER

Cell: TypeAlias = int | float | str | bool | dt.time | dt.date | dt.datetime | dt.timedelta

#: Below this a float holds every integer exactly.
_EXACT: Final = 1e15


def as_text(cell: Cell) -> str:
    """Return a cell as text: no scientific notation, no ".0", dates in ISO form; NO_NUMBER for what is no number."""
    return _TEXT[type(cell)](cell)


def column_as_text(cells: Sequence[Cell]) -> Sequence[str]:
    """Return a column's cells as text."""
    if set(map(type, cells)) <= {str}:
        return cells  # type: ignore[return-value]  # the line above has looked
    return [_TEXT[type(cell)](cell) for cell in cells]


def _truth(cell: bool) -> str:
    return "TRUE" if cell else "FALSE"


def _number(value: float) -> str:
    if -_EXACT < value < _EXACT and value == int(value):
        return str(int(value))
    text = repr(value)
    if "n" in text:  # inf, nan
        return NO_NUMBER
    if "e" in text:
        from decimal import Decimal

        text = format(Decimal(text), "f")
    return text.removesuffix(".0")


def _moment(cell: dt.datetime) -> str:
    if cell.time() == dt.time.min:
        return cell.date().isoformat()
    return cell.isoformat(sep=" ", timespec=_precision(cell.microsecond))


def _time(cell: dt.time) -> str:
    return cell.isoformat(timespec=_precision(cell.microsecond))


def _precision(microsecond: int) -> str:
    return "milliseconds" if microsecond else "seconds"


def _duration(value: dt.timedelta) -> str:
    """Return hours, minutes, seconds; the hours may be more than 24, as in a cell of the format [h]:mm:ss."""
    rest, thousandths = divmod(round(abs(value) / dt.timedelta(milliseconds=1)), 1000)
    minutes, seconds = divmod(rest, 60)
    hours, minutes = divmod(minutes, 60)
    sign = "-" if value < dt.timedelta() else ""
    return f"{sign}{hours:02}:{minutes:02}:{seconds:02}" + (f".{thousandths:03}" if thousandths else "")


_TEXT: Final[dict[type, Callable[[Any], str]]] = {
    str: str,
    bool: _truth,
    int: str,
    float: _number,
    dt.date: dt.date.isoformat,
    dt.datetime: _moment,
    dt.time: _time,
    dt.timedelta: _duration,
}
