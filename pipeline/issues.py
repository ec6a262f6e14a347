"""Issues stage: `issues.csv`, one line for each fault and warning of each row, in the order of the rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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
        said = [one.messages if one.checked or self._show_data else without_cells(one.messages) for one in broken]
        self._write(
            plan.numbers()[positions[order]],
            _texts(map(_between, broken)).take(which),
            pa.concat_arrays([one.values for one in broken]).take(order),
            pa.concat_arrays(said).take(order),
        )

    def add_issues(self, issues: list[Issue]) -> None:
        """Add issues that are in their order already."""
        between = [csv_line((i.column, i.field, i.label, i.severity, i.rule)) for i in issues]
        messages = _texts(one.message for one in issues)
        self._write(
            np.array([one.row for one in issues], np.int64),
            _texts(between),
            _texts(one.value for one in issues),
            messages if self._show_data else without_cells(messages),
        )

    def _write(self, rows: np.ndarray, between: Texts, values: Texts, messages: Texts) -> None:
        shown = values if self._show_data else masked(values)
        columns = (pa.array(rows).cast(pa.large_string()), between, written(shown), written(messages))
        self._file.add_written(columns)


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
