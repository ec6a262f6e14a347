"""fix-me.xlsx there and back over a real socket: what a person mends is accepted, and nothing is sent twice.

The sandbox's own record is the judge of what was sent.
"""

from __future__ import annotations

import csv
import json
import os
import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.after import retry_run, rewrite_results
from pipeline.closing import NO_NOTE
from pipeline.errors import InputError, RunError
from pipeline.journal import Journal
from pipeline.report import Summary
from pipeline.report.profile import Profile
from pipeline.run import import_list, resume_run
from pipeline.sandbox import Sandbox
from pipeline.world import Order, World

from .builders import HEADERS, MAPPING, good_row
from .delivery import (
    KEY,
    _clean_environment,  # noqa: F401 - an autouse fixture
    ask,
    launch,
    leadbyte,
    wait_until,
)
from .mending_hand import as_csv, by_row, faulty, keep, mend, opened, seen

WITHOUT_DEDUPE = MAPPING.replace("dedupe: [Email, Phone_1]\n", "")
#: Rows 2 to 9: three good ones, and five with faults of several kinds.
LIST = (
    good_row(0),
    good_row(1, E_mail="ann1 at example.com"),
    good_row(2),
    good_row(3, Mobile="07700 90", Sex="unknown"),
    good_row(4, Born="31/02/1980"),
    good_row(5),
    good_row(6, Car=""),
    good_row(7, First_name="", Post_code="nowhere"),
)
CURES = {
    3: {"E-mail": "ann1@example.com"},
    5: {"Mobile": "07700 900003", "Sex": "Female"},
    6: {"Born": "28/02/1980"},
    8: {"Car": "Saab"},
    9: {"First name": "Ann", "Post code": "SW1A 1AA"},
}
GOOD, BAD = {2, 4, 7}, set(CURES)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(key=KEY) as running:
        yield running


def order(folder: Path, rows: Sequence[Sequence[str]] = LIST, mapping: str = MAPPING, **changes: Any) -> Order:
    with (folder / "leads.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEADERS, *rows])
    (folder / "mapping.yaml").write_text(mapping, encoding="utf-8")
    wanted: dict[str, Any] = {"rate": "1000/s", "max_invalid": "100%"} | changes
    return Order(str(folder / "leads.csv"), folder / "mapping.yaml", folder / "output", **wanted)


def run(sandbox: Sandbox, wanted: Order, file: Path | None = None, **changes: Any) -> Summary:
    if file is not None:
        changes |= {"file": str(file), "max_invalid": "20%"}
    return import_list(replace(wanted, **changes), leadbyte(sandbox.base_url), World())


def check(sandbox: Sandbox, wanted: Order, file: Path | None = None) -> Summary:
    return run(sandbox, wanted, file, dry_run=True)


def results(wanted: Order, summary: Summary) -> dict[int, str]:
    """Each row's outcome, in the order of results.csv."""
    with (wanted.output / summary.run_id / "results.csv").open(encoding="utf-8-sig", newline="") as file:
        return {int(line["row"]): line["outcome"] for line in csv.DictReader(file)}


def said_of(wanted: Order, summary: Summary, row: int) -> str:
    with (wanted.output / summary.run_id / "results.csv").open(encoding="utf-8-sig", newline="") as file:
        return next(line["errors"] for line in csv.DictReader(file) if line["row"] == str(row))


def accepted(sandbox: Sandbox) -> list[str]:
    """The mobile numbers of the leads that LeadByte has, in order: each row of the list has its own."""
    return sorted(one.lead["phone1"][-1] for one in sandbox.record() if one.accepted)


def nobody_twice(sandbox: Sandbox) -> bool:
    return max(Counter(accepted(sandbox)).values()) == 1


def persons(*rows: int) -> list[str]:
    """What `accepted` says when these rows were."""
    return sorted(str(row - 2) for row in rows)


# ---------------------------------------------------------------------- there


def test_the_workbook_of_a_dry_run_shows_the_rows_that_are_wrong_and_where(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path)
    summary = check(sandbox, wanted)
    fix_me = Path(summary.fix_me)
    assert fix_me == wanted.output / summary.run_id / "fix-me.xlsx"
    assert "fix-me.xlsx has 5 rows to mend" in summary.notes
    assert {row: list(cells.values())[1:] for row, cells in seen(fix_me).items()} == {
        row: LIST[row - 2] for row in sorted(BAD)
    }
    assert {row: set(notes) for row, notes in faulty(fix_me).items()} == {
        row: set(cells) for row, cells in CURES.items()
    }
    assert faulty(fix_me)[8] == {"Car": "make_of_car is required and empty"}
    assert seen(fix_me)[9][""] == said_of(wanted, summary, 9)
    assert fix_me.stat().st_mode & 0o077 == 0
    assert not [one.name for one in fix_me.parent.iterdir() if one.name.startswith(".")]
    assert sandbox.record() == []


def test_a_list_without_faults_has_no_workbook(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, [good_row(0)])
    summary = check(sandbox, wanted)
    assert (summary.fix_me, [note for note in summary.notes if "fix-me" in note]) == ("", [])
    assert not (wanted.output / summary.run_id / "fix-me.xlsx").exists()


def test_nobody_who_wants_none_has_one(sandbox: Sandbox, tmp_path: Path) -> None:
    assert check(sandbox, order(tmp_path, fix_me="never")).fix_me == ""
    assert run(sandbox, order(tmp_path, fix_me="never")).fix_me == ""


def test_a_run_without_a_good_row_says_how_to_mend_them(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, [LIST[1]])
    for summary in (check(sandbox, wanted), run(sandbox, wanted)):
        assert summary.outcomes == {"invalid": 1}
        path = wanted.output / summary.run_id / "fix-me.xlsx"
        assert summary.next_step.startswith(f"mend {path}, then: leadbyte-import run {path} --mapping ")


# ---------------------------------------------------------------------- and back


@pytest.mark.parametrize(
    ("mapping", "first"), [(MAPPING, "mended"), (WITHOUT_DEDUPE, "mended"), (WITHOUT_DEDUPE, "original")]
)
def test_what_is_mended_is_accepted_under_its_own_number_and_nobody_twice(
    sandbox: Sandbox, tmp_path: Path, mapping: str, first: str
) -> None:
    wanted = order(tmp_path, mapping=mapping)
    fix_me = mend(Path(check(sandbox, wanted).fix_me), CURES)
    original = run(sandbox, wanted) if first == "original" else None
    mended = run(sandbox, wanted, fix_me)
    original = original or run(sandbox, wanted)
    assert results(wanted, mended) == dict.fromkeys(sorted(BAD), "accepted")
    assert (mended.rows, mended.exit_code, mended.fix_me) == (5, 0, "")
    left = "invalid" if first == "original" else "duplicate"
    assert results(wanted, original) == {row: "accepted" if row in GOOD else left for row in range(2, 10)}
    assert accepted(sandbox) == persons(*GOOD, *BAD)
    assert {one.lead["dob"] for one in sandbox.record() if one.lead["phone1"].endswith("4")} == {"1980-02-28"}


def test_the_original_has_nothing_left_to_mend_once_that_was_sent(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path)
    fix_me = mend(Path(check(sandbox, wanted).fix_me), CURES)
    keep(fix_me, lambda row: row != 8)
    run(sandbox, wanted, fix_me)
    assert list(seen(Path(check(sandbox, wanted).fix_me))) == [8]
    original = run(sandbox, wanted)
    assert list(seen(Path(original.fix_me))) == [8]
    run(sandbox, wanted, mend(Path(original.fix_me), {8: CURES[8]}, tmp_path / "last.xlsx"))
    again = rewrite_results(original.run_id, wanted.output, World())
    assert again.fix_me == ""
    assert not Path(original.fix_me).exists()
    assert accepted(sandbox) == persons(*GOOD, *BAD)


def test_a_dry_run_of_mended_rows_says_what_the_run_does_however_they_are_sorted(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    wanted = order(tmp_path)
    fix_me = mend(Path(check(sandbox, wanted).fix_me), {row: CURES[row] for row in (3, 6, 9)})
    with opened(fix_me) as sheet:
        lines = [[cell.value for cell in line] for line in sheet.iter_rows(min_row=2)]
        for at, line in enumerate(lines[::-1], 2):
            for column, value in enumerate([str(line[0]), None, *line[2:]], 1):
                sheet.cell(at, column).value = value
        sheet.auto_filter.add_filter_column(2, ["Ann"])
        sheet.row_dimensions[3].hidden = True
        assert list(by_row(sheet)) == [9, 8, 6, 5, 3]
    dry = check(sandbox, wanted, fix_me)
    assert f"rows to mend of list {token(wanted)}: the row numbers are those of that list" in dry.notes
    mended = run(sandbox, wanted, fix_me)
    expected = {3: "accepted", 5: "invalid", 6: "accepted", 8: "invalid", 9: "accepted"}
    assert results(wanted, mended) == expected
    assert list(results(wanted, mended)) == list(results(wanted, dry)) == sorted(BAD)
    assert {row: {"valid": "accepted"}.get(one, one) for row, one in results(wanted, dry).items()} == expected
    assert accepted(sandbox) == persons(3, 6, 9)


def token(wanted: Order) -> str:
    import hashlib

    return hashlib.sha256(Path(wanted.file).read_bytes()).hexdigest()[:16]


def test_the_sheet_may_come_back_as_csv(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path)
    fix_me = mend(Path(check(sandbox, wanted).fix_me), CURES)
    mended = run(sandbox, wanted, as_csv(fix_me, tmp_path / "mended.csv", ";"))
    assert results(wanted, mended) == dict.fromkeys(sorted(BAD), "accepted")
    run(sandbox, wanted, fix_me)
    assert accepted(sandbox) == persons(*BAD)


def test_mended_rows_are_sent_once_whatever_becomes_of_the_file(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, mapping=WITHOUT_DEDUPE)
    fix_me = mend(Path(check(sandbox, wanted).fix_me), CURES)
    first = run(sandbox, wanted, fix_me)
    with pytest.raises(RunError, match="was sent to campaign EXAMPLE-CAMPAIGN before"):
        run(sandbox, wanted, fix_me)
    mend(fix_me, {3: {"First name": "Anne"}})
    second = run(sandbox, wanted, fix_me)
    assert results(wanted, second) == dict.fromkeys(sorted(BAD), "duplicate")
    assert said_of(wanted, second, 3) == f"accepted before: row 3 of run {first.run_id}"
    assert nobody_twice(sandbox)
    run(sandbox, wanted, fix_me, allow_resubmit=True)
    assert len(sandbox.record()) == 2 * len(BAD)


def test_a_row_that_a_new_mapping_makes_good_is_not_sent_again(sandbox: Sandbox, tmp_path: Path) -> None:
    rows = [good_row(0), good_row(1, Sex="unknown")]
    wanted = order(tmp_path, rows, WITHOUT_DEDUPE)
    mended = run(sandbox, wanted, mend(Path(check(sandbox, wanted).fix_me), {3: {"Sex": "Female"}}))
    wanted = order(tmp_path, rows, WITHOUT_DEDUPE.replace("man: Male}", "man: Male, unknown: Female}"))
    dry, original = check(sandbox, wanted), run(sandbox, wanted)
    assert results(wanted, dry) == {2: "valid", 3: "duplicate"}
    assert results(wanted, original) == {2: "accepted", 3: "duplicate"}
    assert said_of(wanted, original, 3) == f"accepted before: row 3 of run {mended.run_id}"
    ((profile,),) = ask(
        wanted.output / "journal.sqlite3",
        "SELECT profile FROM quality WHERE run_id = (SELECT run_id FROM rows WHERE row = 2)",
    )
    found = Profile.from_json(profile)
    assert (found.sent_before, found.sent_already) == (0, 1)
    assert accepted(sandbox) == persons(2, 3)


def test_a_list_that_is_checked_again_once_it_was_sent_is_told_to_its_vendor_as_it_was(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    wanted = order(tmp_path, vendor="Acme", vendor_note=True)

    def told(summary: Summary) -> list[str]:
        note = (wanted.output / summary.run_id / "vendor-note.txt").read_text(encoding="utf-8")
        return note[note.index("What became") :].splitlines()

    first = check(sandbox, wanted)
    run(sandbox, wanted)
    again = check(sandbox, wanted)
    assert again.outcomes["duplicate"] >= first.outcomes["valid"]
    assert told(again) == told(first)


def test_mended_rows_are_no_list_to_tell_the_vendor_of_or_to_compare(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, vendor="Acme", vendor_note=True)
    first = check(sandbox, wanted)
    assert "--vendor-note" not in check(sandbox, order(tmp_path, [good_row(0, Sex="?")], vendor_note=True)).next_step
    mended = check(sandbox, wanted, mend(Path(first.fix_me), CURES))
    assert mended.vendor_note == ""
    assert not (wanted.output / mended.run_id / "vendor-note.txt").exists()
    assert [one for one in mended.notes if "vendor-note.txt" in one] == [NO_NOTE]
    assert "Beside earlier lists" not in Path(mended.report).read_text(encoding="utf-8")


def test_what_may_have_been_sent_is_not_sent_again_either(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, mapping=WITHOUT_DEDUPE)
    fix_me = mend(Path(check(sandbox, wanted).fix_me), CURES | {3: {"E-mail": "ann1+http504@example.com"}})
    first = run(sandbox, wanted, fix_me)
    assert results(wanted, first)[3] == "unknown"
    again = run(sandbox, wanted, mend(fix_me, CURES))
    assert results(wanted, again) == dict.fromkeys(sorted(BAD), "duplicate")
    assert said_of(wanted, again, 3) == (
        f"may have been sent before: row 3 of run {first.run_id}, which is unknown "
        f"(`leadbyte-import resolve {first.run_id}`)"
    )
    assert len(sandbox.record()) == 5


def test_what_waited_looks_once_more_before_it_is_sent(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, mapping=WITHOUT_DEDUPE)
    fix_me = mend(Path(check(sandbox, wanted).fix_me), CURES)
    first = run(sandbox, wanted, fix_me, limit=1)
    second = run(sandbox, wanted, mend(fix_me, {3: {"First name": "Anne"}}, tmp_path / "again.xlsx"), limit=2)
    assert results(wanted, second) == {3: "duplicate", 5: "accepted", 6: "accepted", 8: "not_sent", 9: "not_sent"}
    rest = resume_run(first.run_id, wanted.output, leadbyte(sandbox.base_url), World())
    assert results(wanted, rest) == {3: "accepted", 5: "duplicate", 6: "duplicate", 8: "accepted", 9: "accepted"}
    assert accepted(sandbox) == persons(*BAD)


def test_what_is_still_wrong_comes_back_as_rows_of_the_same_list(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path)
    fix_me = mend(Path(check(sandbox, wanted).fix_me), {row: CURES[row] for row in (3, 5)})
    second = run(sandbox, wanted, fix_me)
    assert results(wanted, second) == {3: "accepted", 5: "accepted", 6: "invalid", 8: "invalid", 9: "invalid"}
    assert list(seen(Path(second.fix_me))) == [6, 8, 9]
    assert list(seen(Path(second.fix_me))[6])[1:] == list(HEADERS)
    third = run(sandbox, wanted, mend(Path(second.fix_me), {row: CURES[row] for row in (6, 8, 9)}))
    assert results(wanted, third) == {6: "accepted", 8: "accepted", 9: "accepted"}
    last = run(sandbox, wanted, mend(fix_me, CURES))
    assert results(wanted, last) == dict.fromkeys(sorted(BAD), "duplicate")
    assert {about["list"] for (about,) in abouts(wanted)} == {token(wanted)}


def abouts(wanted: Order) -> list[tuple[dict[str, Any]]]:
    return [(json.loads(one),) for (one,) in ask(wanted.output / "journal.sqlite3", "SELECT about FROM runs")]


# ---------------------------------------------------------------------- what LeadByte rejected


def test_rows_that_leadbyte_rejected_are_mended_too_where_that_can_help(sandbox: Sandbox, tmp_path: Path) -> None:
    tags = ("", "validation", "tps", "hlr", "system", "duplicate", "http504", "badmail")
    wanted = order(tmp_path, [good_row(at, E_mail=f"ann{at}+{tag}@example.com") for at, tag in enumerate(tags)])
    original = run(sandbox, wanted)
    fix_me = Path(original.fix_me)
    shown = seen(fix_me)
    assert {row: results(wanted, original)[row] for row in shown} == dict.fromkeys((3, 5, 9), "rejected")
    assert said_of(wanted, original, 3) in shown[3][""]
    assert "(-8)" in shown[5][""]
    assert {row: set(notes) for row, notes in faulty(fix_me).items()} == {
        3: {"E-mail"}, 5: {"Mobile"}, 9: {"E-mail"}
    }  # fmt: skip
    service = leadbyte(sandbox.base_url)
    with pytest.raises(InputError, match=r"fix-me\.xlsx has some rows of a list") as caught:
        retry_run(original.run_id, wanted.output, service, World(), codes=[-5], corrected=str(fix_me))
    assert caught.value.hint.startswith(f"leadbyte-import run {fix_me} --mapping")
    cures = {row: {"E-mail": f"ann{row}@example.com"} for row in (3, 5, 9)}
    mended = run(sandbox, wanted, mend(fix_me, cures))
    assert results(wanted, mended) == dict.fromkeys((3, 5, 9), "accepted")
    assert nobody_twice(sandbox)
    # Nor does `retry` send them again: they went with the workbook.
    retried = retry_run(original.run_id, wanted.output, service, World(), codes=[-5, -8])
    assert {row: results(wanted, retried)[row] for row in (3, 5)} == {3: "rejected", 5: "rejected"}
    assert said_of(wanted, retried, 3) == said_of(wanted, original, 3)
    assert nobody_twice(sandbox)
    assert retried.fix_me == ""


def test_mended_rows_that_leadbyte_rejects_can_be_corrected_in_their_places(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path)
    fix_me = Path(check(sandbox, wanted).fix_me)
    mend(fix_me, CURES | {3: {"E-mail": "ann1+validation@example.com"}})
    first = run(sandbox, wanted, fix_me)
    assert results(wanted, first)[3] == "rejected"
    corrected = mend(fix_me, CURES, tmp_path / "corrected.xlsx")
    service = leadbyte(sandbox.base_url)
    last = retry_run(first.run_id, wanted.output, service, World(), codes=[-5], corrected=str(corrected))
    assert results(wanted, last) == dict.fromkeys(sorted(BAD), "accepted")


# ---------------------------------------------------------------------- cut off


def only_real_run(wanted: Order) -> str:
    question = "SELECT run_id FROM runs WHERE NOT json_extract(about, '$.dry_run')"
    ((run_id,),) = ask(wanted.output / "journal.sqlite3", question)
    return str(run_id)


def test_mended_rows_survive_a_kill_and_go_on(tmp_path: Path) -> None:
    with Sandbox() as sandbox:
        service = leadbyte(sandbox.base_url, "sandbox-key")
        rows = [good_row(at, Car="") for at in range(60)]
        wanted = order(tmp_path, rows, mapping=WITHOUT_DEDUPE)
        dry = import_list(replace(wanted, dry_run=True), service, World())
        fix_me = mend(Path(dry.fix_me), {row: {"Car": "Saab"} for row in range(2, 62)})
        arguments = ("run", str(fix_me), "--mapping", "mapping.yaml", "--rate", "20/s")
        process = launch(tmp_path, sandbox.base_url, *arguments)
        wait_until(lambda: len(sandbox.record()) >= 3)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        last = resume_run(only_real_run(wanted), wanted.output, service, World(), rate="1000/s")
        assert sum(last.outcomes.values()) == last.outcomes["accepted"] + last.outcomes.get("unknown", 0) == 60
        assert list(results(wanted, last)) == list(range(2, 62))
        # Whoever starts anew instead of going on sends nobody a second time.
        mend(fix_me, {2: {"First name": "Anne"}})
        again = import_list(replace(wanted, file=str(fix_me)), service, World())
        assert again.outcomes == {"duplicate": 60}
    assert max(Counter(one.lead["phone1"] for one in sandbox.record()).values()) == 1


def test_a_plan_of_mended_rows_that_was_cut_off_is_made_anew(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class CutOff(BaseException):
        """The process ends here."""

    def cut(*_: object) -> None:
        raise CutOff

    wanted = order(tmp_path)
    fix_me = mend(Path(check(sandbox, wanted).fix_me), CURES)
    with monkeypatch.context() as patch:
        patch.setattr(Journal, "amend", cut)
        with pytest.raises(CutOff):
            run(sandbox, wanted, fix_me)
    last = resume_run(only_real_run(wanted), wanted.output, leadbyte(sandbox.base_url), World())
    assert results(wanted, last) == dict.fromkeys(sorted(BAD), "accepted")
    assert accepted(sandbox) == persons(*BAD)


def test_a_workbook_that_was_changed_since_the_plan_is_noticed(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path)
    fix_me = mend(Path(check(sandbox, wanted).fix_me), CURES)
    first = run(sandbox, wanted, fix_me, limit=1)
    mend(fix_me, {3: {"First name": "Anne"}})
    with pytest.raises(RunError, match=r"fix-me\.xlsx changed since run"):
        resume_run(first.run_id, wanted.output, leadbyte(sandbox.base_url), World())


def test_rows_of_a_person_s_own_are_refused_before_anything_is_sent(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path)
    fix_me = mend(Path(check(sandbox, wanted).fix_me), CURES)
    with opened(fix_me) as sheet:
        sheet.append([None, None, *good_row(8)])
    with pytest.raises(InputError, match=r"cell A7 should hold the number of a row of the original list"):
        run(sandbox, wanted, fix_me)
    assert sandbox.record() == []
    assert len(ask(wanted.output / "journal.sqlite3", "SELECT run_id FROM runs")) == 1
