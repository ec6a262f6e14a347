"""One list through several runs: which runs are of the same list, and which of its rows went with another.

The sandbox's own record is the judge of what was sent.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

from pipeline.errors import SentBefore
from pipeline.load import ReadOptions
from pipeline.sandbox import Sandbox
from pipeline.world import Order

from .builders import HEADERS, good_row
from .delivery import (
    KEY,
    _clean_environment,  # noqa: F401 - an autouse fixture
)
from .mending_hand import mend
from .test_round_trip import WITHOUT_DEDUPE, accepted, check, nobody_twice, order, persons, results, run


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(key=KEY) as running:
        yield running


# ---------------------------------------------------------------------- the sheets of a workbook


def workbook(folder: Path, **sheets: Sequence[Sequence[str]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in (HEADERS, *rows):
            sheet.append(list(row))
    book.save(folder / "leads.xlsx")
    return folder / "leads.xlsx"


def two_sheets(folder: Path) -> tuple[Order, Order]:
    may, june = [good_row(0), good_row(1, Car="")], [good_row(2), good_row(3, Car="")]
    wanted = replace(order(folder, mapping=WITHOUT_DEDUPE), file=str(workbook(folder, May=may, June=june)))
    return tuple(replace(wanted, read=ReadOptions(sheet=name)) for name in ("May", "June"))  # type: ignore[return-value]


def test_each_sheet_of_a_workbook_is_a_list_of_its_own(sandbox: Sandbox, tmp_path: Path) -> None:
    may, june = two_sheets(tmp_path)
    of_may = run(sandbox, may)
    assert results(june, dry := check(sandbox, june)) == {2: "valid", 3: "invalid"}
    assert not dry.blocked
    of_june = run(sandbox, june)
    for one, wanted in ((of_may, may), (of_june, june)):
        mended = run(sandbox, replace(wanted, read=ReadOptions()), mend(Path(one.fix_me), {3: {"Car": "Saab"}}))
        assert results(wanted, mended) == {3: "accepted"}
    assert accepted(sandbox) == persons(2, 3, 4, 5)


def test_a_sheet_is_the_same_however_it_is_named_and_is_not_sent_twice(sandbox: Sandbox, tmp_path: Path) -> None:
    may, _june = two_sheets(tmp_path)
    run(sandbox, may)
    with pytest.raises(SentBefore):
        run(sandbox, replace(may, read=ReadOptions(sheet="1")))
    with pytest.raises(SentBefore):
        run(sandbox, replace(may, read=ReadOptions(sheet="May", header_row=1)))


def test_a_run_of_an_older_version_counts_for_every_sheet_of_its_file(sandbox: Sandbox, tmp_path: Path) -> None:
    """It did not keep which sheet it sent, so nobody is sent twice."""
    may, june = two_sheets(tmp_path)
    run(sandbox, may)
    with closing(sqlite3.connect(may.output / "journal.sqlite3", isolation_level=None)) as journal:
        journal.execute("UPDATE runs SET about = json_remove(about, '$.list', '$.sheet')")
    assert results(may, check(sandbox, may)) == {2: "duplicate", 3: "invalid"}
    assert "would refuse it" in check(sandbox, june).blocked
    with pytest.raises(SentBefore):
        run(sandbox, june)
    assert nobody_twice(sandbox)
