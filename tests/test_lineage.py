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

from pipeline.after import rewrite_results
from pipeline.errors import SentBefore
from pipeline.load import ReadOptions
from pipeline.report import Summary
from pipeline.sandbox import Sandbox
from pipeline.world import Order, World

from .builders import HEADERS, good_row
from .delivery import (
    KEY,
    _clean_environment,  # noqa: F401 - an autouse fixture
)
from .mending_hand import mend, seen
from .test_round_trip import (
    BAD,
    CURES,
    GOOD,
    WITHOUT_DEDUPE,
    accepted,
    check,
    nobody_twice,
    order,
    persons,
    results,
    run,
    said_of,
)


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


# ---------------------------------------------------------------------- rows that went mended


def test_nothing_is_left_to_fix_once_all_faults_went_mended(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, mapping=WITHOUT_DEDUPE, max_invalid="20%")
    mended = run(sandbox, wanted, mend(Path(check(sandbox, wanted).fix_me), CURES))
    dry, original = check(sandbox, wanted), run(sandbox, wanted)
    assert results(wanted, original) == {
        row: "accepted" if row in GOOD else "duplicate" for row in sorted(GOOD | BAD)
    }
    assert (dry.to_fix, original.to_fix, original.faults, original.reasons) == ((), (), (), ())
    assert (dry.blocked, original.stopped, original.exit_code, original.fix_me) == ("", "", 0, "")
    assert said_of(wanted, original, 3) == f"accepted before: row 3 of run {mended.run_id}"
    assert "reconcile" in original.next_step
    assert accepted(sandbox) == persons(*GOOD, *BAD)


def test_only_what_is_still_wrong_is_to_be_fixed(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, mapping=WITHOUT_DEDUPE)
    run(sandbox, wanted, mend(Path(check(sandbox, wanted).fix_me), {row: CURES[row] for row in (3, 6, 8)}))
    again = check(sandbox, wanted)
    assert (again.outcomes["invalid"], len(seen(Path(again.fix_me)))) == (2, 2)
    assert not [one for one in again.to_fix if "Email" in one or "DOB" in one]
    assert [one for one in again.to_fix if "Phone_1" in one]


def test_a_run_that_is_looked_at_again_knows_what_went_mended_since(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, mapping=WITHOUT_DEDUPE)
    original = run(sandbox, wanted)
    assert original.outcomes["invalid"] == len(BAD)
    mended = run(sandbox, wanted, mend(Path(original.fix_me), CURES))
    again = rewrite_results(original.run_id, wanted.output, World())
    assert again.outcomes == {"accepted": len(GOOD), "duplicate": len(BAD)}
    assert (again.to_fix, again.exit_code, again.fix_me) == ((), 0, "")
    assert said_of(wanted, again, 9) == f"accepted before: row 9 of run {mended.run_id}"


def test_rows_that_were_not_mended_are_known_once_they_went_with_another_workbook(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    wanted = order(tmp_path, mapping=WITHOUT_DEDUPE)
    fix_me = Path(check(sandbox, wanted).fix_me)
    run(sandbox, wanted, mend(fix_me, CURES, tmp_path / "mended.xlsx"))
    assert results(wanted, run(sandbox, wanted, fix_me)) == dict.fromkeys(sorted(BAD), "duplicate")


def test_the_vendor_is_told_of_faults_that_were_mended_here(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, mapping=WITHOUT_DEDUPE, vendor="Acme", vendor_note=True)

    def told(summary: Summary) -> list[str]:
        note = Path(summary.vendor_note).read_text(encoding="utf-8")
        return note[note.index("What became") : note.index("What we ask for")].splitlines()

    first = check(sandbox, wanted)
    mended = run(sandbox, wanted, mend(Path(first.fix_me), CURES))
    assert mended.outcomes == {"accepted": len(BAD)}
    assert told(check(sandbox, wanted)) == told(first)
