"""One list through several runs: which runs are of the same list, and which of its rows went with another.

The sandbox's own record is the judge of what was sent.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from pipeline.after import rewrite_results
from pipeline.errors import InputError, MappingError, SentBefore
from pipeline.journal.offered import Offered, Offering
from pipeline.load import ReadOptions
from pipeline.report import Summary
from pipeline.sandbox import Sandbox
from pipeline.world import Order, World

from .builders import HEADERS, good_row
from .delivery import (
    KEY,
    _clean_environment,  # noqa: F401 - an autouse fixture
)
from .mending_hand import by_row, mend, opened, seen
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


# ---------------------------------------------------------------------- the row numbers of a workbook


def renumbered(fix_me: Path, row: int, to: int) -> Path:
    with opened(fix_me) as sheet:
        sheet.cell(by_row(sheet)[row], 1).value = to
    return fix_me


@pytest.mark.parametrize(("strange", "dry_run"), [(4, True), (99_999, False)])
def test_a_row_number_that_was_not_offered_is_refused_by_its_cell(
    sandbox: Sandbox, tmp_path: Path, strange: int, dry_run: bool
) -> None:
    """Row 4 is good: with another person under its number it would never be sent."""
    wanted = order(tmp_path, mapping=WITHOUT_DEDUPE)
    first = run(sandbox, wanted, dry_run=dry_run)
    before = len(sandbox.record())
    fix_me = renumbered(mend(Path(first.fix_me), CURES), 5, strange)
    for check_only in (True, False):
        with pytest.raises(
            InputError, match=rf"cell A3 holds {strange}, and row {strange} of the list was never"
        ) as no:
            run(sandbox, wanted, fix_me, dry_run=check_only)
        assert "delete that row" in no.value.hint
    assert len(sandbox.record()) == before


def test_what_any_run_of_the_list_offered_is_taken(sandbox: Sandbox, tmp_path: Path) -> None:
    """Also a workbook of long ago, when the list has been imported with another mapping since, and once mended."""
    wanted = order(tmp_path, mapping=WITHOUT_DEDUPE)
    fix_me = mend(Path(check(sandbox, wanted).fix_me), CURES)
    looser = order(tmp_path, mapping=WITHOUT_DEDUPE.replace("man: Male}", "man: Male, unknown: Female}"))
    original = run(sandbox, looser)
    run(sandbox, looser, mend(Path(original.fix_me), CURES))
    assert results(wanted, run(sandbox, wanted, fix_me)) == dict.fromkeys(sorted(BAD), "duplicate")


def test_where_no_run_of_the_list_is_known_the_numbers_are_taken_as_they_are(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    wanted = order(tmp_path, mapping=WITHOUT_DEDUPE)
    fix_me = renumbered(mend(Path(check(sandbox, wanted).fix_me), CURES), 5, 4)
    mended = run(sandbox, replace(wanted, output=tmp_path / "another"), fix_me)
    assert set(mended.outcomes) == {"accepted"}
    assert [one for one in mended.notes if "taken as they are" in one]


def test_of_very_many_rows_a_dry_run_keeps_how_far_they_went() -> None:
    offering = Offering()
    for start in range(0, 30_000, 10_000):
        offering.add(np.arange(start + 2, start + 10_002))
    kept = Offered.from_json(json.loads(json.dumps(offering.offered().as_json())))
    assert kept.has(np.array([3, 30_001, 30_002])).tolist() == [True, True, False]


def test_some_rows_are_kept_one_by_one_in_little_room() -> None:
    offering = Offering()
    rows = np.array([2, 7, 4_000_000_000])
    for some in (rows[:2], rows[:0], rows[2:]):
        offering.add(some)
    kept = offering.offered().as_json()
    assert Offered.from_json(kept).has(np.array([2, 3, 7, 4_000_000_000])).tolist() == [True, False, True, True]
    offering.add(4_000_000_000 + np.cumsum(np.random.default_rng(1).integers(1, 40, 19_000)))
    assert len(json.dumps(offering.offered().as_json())) < 40_000


# ---------------------------------------------------------------------- the headers of a workbook


def test_a_changed_header_is_put_down_to_the_workbook(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path)
    fix_me = Path(check(sandbox, wanted).fix_me)
    with opened(fix_me) as sheet:
        sheet.cell(1, 3).value = "Given name"
    with pytest.raises(MappingError, match="Given name") as caught:
        run(sandbox, wanted, fix_me)
    assert caught.value.hint.startswith("take the headers and columns of the rows to mend as they were written in")


def test_a_title_above_the_header_does_no_harm(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path)
    fix_me = mend(Path(check(sandbox, wanted).fix_me), CURES)
    with opened(fix_me) as sheet:
        sheet.insert_rows(1)
        sheet.cell(1, 1).value = "Please send these"
    mended = run(sandbox, wanted, fix_me)
    assert results(wanted, mended) == dict.fromkeys(sorted(BAD), "accepted")
    assert "the header is in row 2, as what stands above it are titles (if not, say --header-row)" in mended.notes
