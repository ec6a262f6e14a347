"""Which rows of a run are to be mended: the same ones, whether they come from the plan or from the journal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from pipeline import to_mend
from pipeline.fix_me import Written
from pipeline.journal import SENDING, Journal, Run
from pipeline.load import Chunk
from pipeline.model import Outcome, PlannedRow, Verdict
from pipeline.planning import Planner
from pipeline.to_mend import Gathering, links_of, sent_rows, write_fix_me

from .builders import EXAMPLE, HEADERS, MAPPING, chunk, good_row
from .mending_hand import faulty, seen

AT = "2026-01-01T00:00:00+00:00"
SHA256 = "3f9a12bc34de56f7" + "0" * 48
ROWS = [
    good_row(0),
    good_row(1, E_mail="none", Mobile="07700"),
    good_row(2, Car="\x07"),
    good_row(3),
    good_row(4),
    good_row(0),
    good_row(6, Sex="unknown"),
    ["", *good_row(7)[1:]],
    ["Total", *[""] * 7, "300"],
]
FAULTS = {
    4: "'Car' holds a control character (U+0007)",
    5: "has 3 cells, the header has 9",
    6: "cell C6 holds the error #N/A",
    10: "looks like a footer or total, not a lead",
}
#: Rows 5 and 6 would look sound in a workbook; row 7 is a duplicate.
SHOWN = [3, 4, 8, 9, 10]


def about(folder: Path, **changes: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "file": "leads.csv",
        "sha256": SHA256,
        "list": SHA256[:16],
        "read": {"sheet": "May", "no_header": True},
        "headers": list(HEADERS),
        "mapping": "leads.yaml",
        "mapping_text": MAPPING,
        "campaign": asdict(EXAMPLE),
        "asked_campaign": "",
        "address": "https://acme.leadbyte.com",
        "output": str(folder),
        "dry_run": False,
        "phone_format": "",
        "allow_resubmit": False,
        "fix_me": "auto",
        "strict": False,
    }
    return usual | changes


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal(tmp_path / "journal.sqlite3")
    yield opened
    opened.close()


def run_of(folder: Path, run_id: str = "RUN", **changes: Any) -> Run:
    (folder / run_id).mkdir(exist_ok=True)
    return Run(run_id, AT, "", SENDING, "", about(folder, **changes))


@contextmanager
def planned(run: Run, rows: Sequence[Sequence[str]] = ROWS) -> Iterator[tuple[Planner, list[Chunk]]]:
    faults = FAULTS if rows is ROWS else {}
    pieces = [
        chunk(HEADERS, rows[at : at + 4], {row: why for row, why in faults.items() if at + 2 <= row < at + 6}, at + 2)
        for at in range(0, len(rows), 4)
    ]
    with Planner(links_of(run, HEADERS), dry_run=run.about["dry_run"]) as planner:
        yield planner, pieces


def gather(run: Run, rows: Sequence[Sequence[str]] = ROWS, sent: to_mend.SentRows | None = None) -> Gathering:
    with planned(run, rows) as (planner, chunks), Gathering(run, links_of(run, HEADERS), sent) as gathering:
        for plan in planner.plans(chunks):
            gathering.add(plan)
    return gathering


def begin(journal: Journal, run: Run, rows: Sequence[Sequence[str]] = ROWS) -> Run:
    """A run that was planned, with its rows in the journal."""
    journal.begin(run.run_id, AT, run.about)
    with planned(run, rows) as (planner, chunks):
        for plan in planner.plans(chunks):
            journal.plan(run.run_id, plan.rows(), plan.issues())
    return run


def fix_me(run: Run) -> Path:
    return to_mend.folder_of(run) / "fix-me.xlsx"


def many(count: int) -> list[list[str]]:
    return [good_row(at, Car="") for at in range(count)]


# ---------------------------------------------------------------------- the same rows either way


@pytest.mark.parametrize("wanted", ["auto", "always"])
def test_the_plan_and_the_journal_have_the_same_rows_to_mend(tmp_path: Path, journal: Journal, wanted: str) -> None:
    dry, real = run_of(tmp_path, "DRY", dry_run=True, fix_me=wanted), run_of(tmp_path, "REAL", fix_me=wanted)
    from_plan, from_journal = gather(dry).written(), write_fix_me(journal, begin(journal, real))
    assert from_plan == from_journal
    assert (from_plan.rows, from_plan.left_out) == (len(SHOWN), 2)
    assert list(seen(fix_me(dry))) == SHOWN
    assert seen(fix_me(dry)) == seen(fix_me(real))
    assert faulty(fix_me(dry)) == faulty(fix_me(real))
    assert {header: why.split()[0] for header, why in faulty(fix_me(dry))[3].items()} == {
        "E-mail": "Email",
        "Mobile": "Phone_1",
    }


def test_a_dry_runs_workbook_is_left_as_it_was_written(tmp_path: Path, journal: Journal) -> None:
    run = run_of(tmp_path, dry_run=True)
    written = gather(run).written()
    before = fix_me(run).read_bytes()
    kept = replace(run, about=run.about | {"to_mend": asdict(written) | {"words": list(written.words)}})
    assert write_fix_me(journal, kept) == written
    assert fix_me(run).read_bytes() == before


def test_a_column_that_feeds_two_fields_has_both_reasons(tmp_path: Path) -> None:
    mapping = MAPPING.replace("Car: make_of_car", "Car: [make_of_car, SID]").replace('constants: {SID: "1"}\n', "")
    run = run_of(tmp_path, dry_run=True, mapping_text=mapping)
    gather(run, many(1))
    assert faulty(fix_me(run))[2]["Car"] == "make_of_car is required and empty\nSID is required and empty"


def test_a_joined_field_marks_all_its_columns(tmp_path: Path) -> None:
    mapping = MAPPING.replace("  Post code: Postcode\n", "").replace("  Mortgage: mortgage_type\n", "")
    mapping += 'join:\n  Postcode: {columns: [Post code, Mortgage], separator: " "}\n'
    run = run_of(tmp_path, dry_run=True, mapping_text=mapping)
    gather(run, [good_row(0)])
    assert set(faulty(fix_me(run))[2]) == {"Post code", "Mortgage"}


@pytest.mark.parametrize("dry_run", [True, False])
def test_what_only_the_whole_list_shows_is_mended_there(tmp_path: Path, journal: Journal, dry_run: bool) -> None:
    """Alone among the rows to mend such a row would look sound, and be sent as it is."""
    mapping = MAPPING.replace("  Mortgage: mortgage_type\n", "") + (
        "ignore: [Mortgage]\n"
        "checks:\n"
        "  same_ip: {column: Mortgage, rows: 1, severity: fault}\n"
        "  role_email: {field: Email, severity: fault}\n"
    )
    rows = [
        good_row(0, Mortgage="192.0.2.1"),
        good_row(1, Mortgage="192.0.2.1"),
        good_row(2, E_mail="info@example.com"),
    ]
    run = run_of(tmp_path, dry_run=dry_run, mapping_text=mapping)
    written = gather(run, rows).written() if dry_run else write_fix_me(journal, begin(journal, run, rows))
    assert (written.rows, written.left_out) == (1, 1)
    assert list(faulty(fix_me(run))[4]) == ["E-mail"]


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_column_that_feeds_no_field_is_marked_where_a_check_looks_at_it(
    tmp_path: Path, journal: Journal, dry_run: bool
) -> None:
    mapping = MAPPING.replace("  Mortgage: mortgage_type\n", "") + (
        "ignore: [Mortgage]\nchecks: {optin_url: {column: Mortgage}}\n"
    )
    run = run_of(tmp_path, dry_run=dry_run, mapping_text=mapping)
    rows = [good_row(0, Mortgage="nowhere")]
    _written = gather(run, rows).written() if dry_run else write_fix_me(journal, begin(journal, run, rows))
    assert list(faulty(fix_me(run))[2]) == ["Mortgage"]


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_warning_is_nothing_to_mend(tmp_path: Path, journal: Journal, dry_run: bool) -> None:
    run = run_of(tmp_path, dry_run=dry_run, mapping_text=MAPPING + "checks: {role_email: Email}\n")
    rows = [good_row(0, E_mail="info@example.com"), good_row(1, E_mail="info@example.com", Car="")]
    _written = gather(run, rows).written() if dry_run else write_fix_me(journal, begin(journal, run, rows))
    assert {row: list(cells) for row, cells in faulty(fix_me(run)).items()} == {3: ["Car"]}


# ---------------------------------------------------------------------- how many


def test_so_many_that_nobody_mends_them_are_forgotten_and_told(
    tmp_path: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(to_mend, "AUTO", 5)
    dry, real = run_of(tmp_path, "DRY", dry_run=True), run_of(tmp_path, "REAL")
    words = ("no fix-me.xlsx: 9 rows are to be mended, more than 5; --fix-me always writes it",)
    gathering = gather(dry, many(9))
    assert (gathering.written().words, gathering.written().file) == (words, "")
    assert gathering._held == []
    assert write_fix_me(journal, begin(journal, real, many(9))).words == words
    assert not fix_me(dry).exists()
    assert not fix_me(real).exists()
    for at, run in enumerate((dry, real)):
        run.about["fix_me"] = "always"
        written = gather(run, many(9)).written() if at == 0 else write_fix_me(journal, run)
        assert (written.rows, list(seen(fix_me(run)))) == (9, list(range(2, 11)))


def test_as_many_as_a_person_mends_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(to_mend, "AUTO", 5)
    run = run_of(tmp_path, dry_run=True)
    assert gather(run, many(5)).written().rows == 5


@pytest.mark.parametrize("dry_run", [True, False])
def test_whoever_wants_none_has_none(tmp_path: Path, journal: Journal, dry_run: bool) -> None:
    run = run_of(tmp_path, dry_run=dry_run, fix_me="never")
    written = gather(run).written() if dry_run else write_fix_me(journal, begin(journal, run))
    assert (written, fix_me(run).exists()) == (Written(), False)


def test_a_real_run_writes_none_while_it_is_planned(tmp_path: Path) -> None:
    assert gather(run_of(tmp_path)).written() == Written()


@pytest.mark.parametrize("wanted", ["auto", "always"])
def test_what_is_broken_off_while_planning_leaves_nothing(tmp_path: Path, wanted: str) -> None:
    asked: list[int] = []

    def cut_off_at_the_second_chunk(rows: Sequence[int]) -> dict[int, str]:
        if asked:
            raise KeyboardInterrupt
        asked.extend(rows)
        return {}

    run = run_of(tmp_path, dry_run=True, fix_me=wanted)
    with pytest.raises(KeyboardInterrupt):
        gather(run, sent=cut_off_at_the_second_chunk)
    assert [*to_mend.folder_of(run).iterdir()] == []


# ---------------------------------------------------------------------- sent by another run


def sent(journal: Journal, run_id: str, row: int, outcome: Outcome | None, *, planned: bool = True) -> None:
    """A row of a run is sent; without an outcome it is under way."""
    if planned:
        journal.plan(run_id, [PlannedRow(row, tuple(good_row(row)), {"email": "a@example.com"})], [])
    journal.sending(run_id, row, AT)
    if outcome:
        journal.finish(run_id, row, Verdict(outcome, code=-5 if outcome is Outcome.REJECTED else None))


def test_rows_that_went_with_another_run_are_no_longer_to_be_mended(tmp_path: Path, journal: Journal) -> None:
    run = begin(journal, run_of(tmp_path, "A"))
    journal.begin("B", AT, about(tmp_path))
    outcomes = {3: Outcome.ACCEPTED, 4: Outcome.UNKNOWN, 8: Outcome.REJECTED, 9: None}
    for row, outcome in outcomes.items():
        sent(journal, "B", row, outcome)
    write_fix_me(journal, run)
    assert list(seen(fix_me(run))) == [8, 10]
    found = sent_rows(journal, run)
    assert found is not None
    dry = run_of(tmp_path, "DRY", dry_run=True)
    gather(dry, sent=found)
    assert list(seen(fix_me(dry))) == [8, 10]
    assert found(range(2, 20)) == {
        3: "accepted before: row 3 of run B",
        4: "may have been sent before: row 4 of run B, which is unknown (`leadbyte-import resolve B`)",
        9: "may have been sent before: row 9 of run B, which is unknown (`leadbyte-import resolve B`)",
    }
    assert sent_rows(journal, replace(run, about=run.about | {"allow_resubmit": True})) is None


@pytest.mark.parametrize(
    "change",
    [
        {"list": "0" * 16},
        {"address": "https://other.leadbyte.com"},
        {"campaign": {"reference": "OTHER"}},
    ],
)
def test_rows_of_another_list_account_or_campaign_do_not_count(
    tmp_path: Path, journal: Journal, change: dict[str, Any]
) -> None:
    journal.begin("B", AT, about(tmp_path) | change)
    sent(journal, "B", 3, Outcome.ACCEPTED)
    assert sent_rows(journal, run_of(tmp_path, "A")) is None


def test_a_run_that_was_made_before_lists_had_names_counts(tmp_path: Path, journal: Journal) -> None:
    old = about(tmp_path)
    del old["list"]
    journal.begin("OLD", AT, old)
    sent(journal, "OLD", 3, Outcome.ACCEPTED)
    found = sent_rows(journal, run_of(tmp_path, "A"))
    assert found is not None
    assert found([2, 3]) == {3: "accepted before: row 3 of run OLD"}


def test_a_row_that_was_unknown_once_and_then_rejected_may_have_been_sent(tmp_path: Path, journal: Journal) -> None:
    journal.begin("B", AT, about(tmp_path))
    sent(journal, "B", 3, Outcome.UNKNOWN)
    journal.afterwards.offer_again("B", 3)
    sent(journal, "B", 3, Outcome.REJECTED, planned=False)
    found = sent_rows(journal, run_of(tmp_path, "A"))
    assert found is not None
    assert list(found([3])) == [3]


def test_of_several_runs_the_one_that_was_accepted_is_named(tmp_path: Path, journal: Journal) -> None:
    for run_id, outcome in (("B", Outcome.ACCEPTED), ("C", Outcome.UNKNOWN)):
        journal.begin(run_id, AT, about(tmp_path))
        sent(journal, run_id, 3, outcome)
    found = sent_rows(journal, run_of(tmp_path, "A"))
    assert found is not None
    assert found([3]) == {3: "accepted before: row 3 of run B"}


def test_any_number_of_rows_may_be_asked_for(tmp_path: Path, journal: Journal) -> None:
    journal.begin("B", AT, about(tmp_path))
    for row in (2, 2_500, 4_999):
        sent(journal, "B", row, Outcome.ACCEPTED)
    found = sent_rows(journal, run_of(tmp_path, "A"))
    assert found is not None
    assert list(found(range(5_000))) == [2, 2_500, 4_999]


# ---------------------------------------------------------------------- what the journal no longer has


def test_a_run_whose_mapping_no_longer_fits_has_its_rows_without_the_campaigns_words(
    tmp_path: Path, journal: Journal
) -> None:
    run = begin(journal, run_of(tmp_path))
    run.about["mapping_text"] = "campaign: EXAMPLE-CAMPAIGN\ncolumns: {Gone: Email}\n"
    assert write_fix_me(journal, run).rows == len(SHOWN)
    assert faulty(fix_me(run))[3] == {}


def test_a_purged_run_has_no_rows_to_mend(tmp_path: Path, journal: Journal) -> None:
    run = begin(journal, run_of(tmp_path))
    write_fix_me(journal, run)
    run.about["purged_at"] = AT
    assert write_fix_me(journal, run) == Written()
    assert not fix_me(run).exists()


def test_the_commands_are_about_the_workbook_and_not_about_the_list(tmp_path: Path) -> None:
    import openpyxl

    run = run_of(tmp_path, dry_run=True, limit=5, allow_resubmit=False, vendor="A & B")
    gather(run)
    sheet = openpyxl.load_workbook(fix_me(run)).worksheets[0]
    words = "\n".join(str(cell.value) for (cell,) in sheet.iter_rows() if cell.value)
    path = fix_me(run)
    expected = f"leadbyte-import run {path} --mapping leads.yaml --vendor 'A & B' --output {tmp_path}"
    assert expected in words
    assert expected.replace(" run ", " check ") in words


def test_the_guide_says_how_good_rows_go_that_too_many_invalid_ones_hold_back(
    tmp_path: Path, journal: Journal
) -> None:
    dry = run_of(tmp_path, "DRY", dry_run=True)
    gather(dry)
    assert "import it with --max-invalid 100%" in guide_of(dry)
    real = begin(journal, run_of(tmp_path, "REAL"))
    write_fix_me(journal, real)
    assert f"resume REAL --max-invalid 100% --output {tmp_path}" in guide_of(real)


def guide_of(run: Run) -> str:
    first = openpyxl.load_workbook(fix_me(run)).worksheets[0]
    return "\n".join(str(cell.value) for (cell,) in first.iter_rows() if cell.value)
