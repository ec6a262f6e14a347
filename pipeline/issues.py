"""Issues stage: `issues.csv`, one line for each fault and warning of each row, in the order of the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from pipeline.csv_file import CsvFile, csv_file, csv_line, written
from pipeline.masking import masked, without_cells

if TYPE_CHECKING:
    from pipeline.columns import Texts
    from pipeline.model import Issue
    from pipeline.plan import Broken, Plan

COLUMNS: Final = ("row", "column", "field", "label", "severity", "rule", "value", "message")


class IssuesFile:
    """An open issues.csv, filled chunk by chunk. Without `show_data` no cell of the list is in it but masked."""

    def __init__(self, file: CsvFile, *, show_data: bool) -> None:
        self._file = file
        self._show_data = show_data

    def add(self, plan: Plan) -> None:
        """Add the issues of the next chunk."""
        broken = [one for one in plan.broken if len(one.positions)]
        if not broken:
            return
        positions = np.concatenate([one.positions for one in broken])
        order = np.argsort(positions, kind="stable")  # within a row as in `Plan.issues`
        which = np.repeat(np.arange(len(broken)), [len(one.positions) for one in broken])[order]
        self._write(
            plan.numbers()[positions[order]],
            _texts(map(_between, broken)).take(which),
            pa.concat_arrays([one.values for one in broken]).take(order),
            pa.concat_arrays([one.messages for one in broken]).take(order),
        )

    def add_issues(self, issues: Sequence[Issue]) -> None:
        """Add issues that are in their order already."""
        self._write(
            np.array([one.row for one in issues], np.int64),
            _texts(csv_line((i.column, i.field, i.label, i.severity, i.rule)) for i in issues),
            _texts(one.value for one in issues),
            _texts(one.message for one in issues),
        )

    def _write(self, rows: np.ndarray, between: Texts, values: Texts, messages: Texts) -> None:
        """Write lines; `between` is what stands between their rows and values, as in a CSV file."""
        shown, said = (_as_it_is, _as_it_is) if self._show_data else (masked, without_cells)
        numbers = pa.array(rows).cast(pa.large_string())
        self._file.add_written((numbers, between, _written(values, shown), _written(messages, said)))


def _written(texts: Texts, shown: Callable[[Texts], Texts]) -> Texts:
    """Texts as they are shown and stand in a CSV file: many say the same, so each distinct one is seen to once."""
    coded = texts.dictionary_encode()
    return written(shown(coded.dictionary)).take(coded.indices)


def _as_it_is(texts: Texts) -> Texts:
    return texts


def _between(one: Broken) -> str:
    """What stands between a line's row and its value."""
    at = one.checked
    place = (at.source, at.field.name, at.field.label) if at else ("", "", "")
    return csv_line((*place, one.severity, one.rule))


def _texts(values: Iterable[str]) -> Texts:
    return pa.array(values, pa.large_string())


@contextmanager
def issues_file(path: Path, *, show_data: bool) -> Iterator[IssuesFile]:
    """Write `path`, whole or not at all. Raises ConfigError where it cannot be written."""
    with csv_file(path, COLUMNS) as file:
        yield IssuesFile(file, show_data=show_data)


def write_issues(path: Path, issues: Iterable[Issue], *, show_data: bool) -> None:
    """Write `path` from a run's issues, in the order of the rows (`Journal.issues`)."""
    coming = iter(issues)
    with issues_file(path, show_data=show_data) as file:
        while batch := list(islice(coming, 10_000)):
            file.add_issues(batch)
