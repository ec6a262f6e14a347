"""Suppression through the real parts: which rows of a run are kept here, when, and what is said of them."""

from __future__ import annotations

import csv
import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.after import reconcile_run, resolve_run, retry_run
from pipeline.errors import InputError, SuppressionError
from pipeline.journal import Journal
from pipeline.people import EMAIL, PHONE, canonical
from pipeline.report import Summary
from pipeline.retention import Person, erase
from pipeline.run import import_list, resume_run
from pipeline.sandbox import Sandbox
from pipeline.suppression import suppression_of
from pipeline.suppression.own import as_json, put_on
from pipeline.world import Order, World
from tests.delivery import ask, leadbyte
from tests.retention import scene
from tests.retention.scene import At, Somebody

JANE = Somebody("Ottoline", "Quillfeather", 123, "SW1A 2HB")
JOE = Somebody("Peregrine", "Marchbanks", 201, "CF10 9BX")
SUE = Somebody("Rosalind", "Featherstone", 206, "EC1A 1BB")
#: The number is on a list of LeadByte's; the tag makes the sandbox say so.
TPS = Somebody("Wilhelmina", "Stoatsworth", 202, "IP1 2TH", "tps")
DNCR = Somebody("Clementine", "Underhill", 204, "B33 8TH", "dncr")
AGAIN = Somebody("Ignatius", "Wetherby", 205, "M1 1AE", "duplicate")
LATE = Somebody("Barnabas", "Thistlewood", 203, "M1 1AE", "reset-accepted")
FAILED = Somebody("Hortensia", "Bracegirdle", 207, "N1 9GU", "system")


def listed(folder: Path, *entries: str, name: str = "dnc.csv") -> str:
    path = folder / name
    path.write_text("\n".join(entries) + "\n", encoding="utf-8")
    return str(path)


def order(folder: Path, *people: Somebody, name: str = "leads", **changes: Any) -> Order:
    plain: dict[str, Any] = {"show_data": False, "vendor_note": False, "fix_me": "auto"}
    return scene.order(folder, people, name, **(plain | changes))


def imported(sandbox: Sandbox, wanted: Order, days: float = 0) -> Summary:
    return scene.imported(sandbox, wanted, At(days))


def outcomes(wanted: Order, run_id: str) -> list[tuple[str, str]]:
    """Outcome and errors of each row, as results.csv has them."""
    with (wanted.output / run_id / "results.csv").open(encoding="utf-8-sig", newline="") as file:
        return [(line["outcome"], line["errors"]) for line in csv.DictReader(file)]


def kinds(wanted: Order, run_id: str) -> list[str]:
    return [outcome for outcome, _errors in outcomes(wanted, run_id)]


def sent(sandbox: Sandbox) -> set[str]:
    return {str(one.lead["email"]).casefold() for one in sandbox.record()}


# ---------------------------------------------------------------------- a list that was given


@pytest.mark.parametrize("dry_run", [True, False])
def test_who_is_on_a_list_is_not_sent_and_is_told_why(sandbox: Sandbox, tmp_path: Path, *, dry_run: bool) -> None:
    lists = (
        listed(tmp_path, "email,mobile", f"{JANE.email.upper()},", ",+44 7700 900201"),
        listed(tmp_path, hashlib.sha256(SUE.email.lower().encode()).hexdigest(), "rubbish", name="hashes.txt"),
    )
    both = Somebody("Jane", "Again", 201, "SW1A 2HB", phone=JOE.mobile)
    wanted = order(tmp_path, JANE, JOE, SUE, TPS, both, dry_run=dry_run, suppress=lists)
    summary = imported(sandbox, wanted)
    assert outcomes(wanted, summary.run_id) == [
        ("suppressed", "on the suppression list dnc.csv (Email)"),
        ("suppressed", "on the suppression list dnc.csv (Phone_1)"),
        ("suppressed", "on the suppression list hashes.txt (Email)"),
        ("valid", "") if dry_run else ("rejected", outcomes(wanted, summary.run_id)[3][1]),
        ("suppressed", "on the suppression list dnc.csv (Phone_1)"),
    ]
    assert summary.notes[:2] == (
        "suppressed by dnc.csv: 2 entries, 3 rows",
        "suppressed by hashes.txt: 1 entry, 1 row; 1 cell of it is no entry (row 2: 'r***')",
    )
    assert sent(sandbox) == (set() if dry_run else {TPS.email.casefold()})
    if dry_run:
        assert f"--suppress {lists[0]} --suppress {lists[1]}" in summary.next_step


def test_both_values_on_a_list_are_named(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, JANE, dry_run=True, suppress=(listed(tmp_path, JANE.email, JANE.mobile),))
    summary = imported(sandbox, wanted)
    assert outcomes(wanted, summary.run_id) == [("suppressed", "on the suppression list dnc.csv (Email and Phone_1)")]
    assert summary.notes[0] == "suppressed by dnc.csv: 2 entries, 1 row"
    assert summary.exit_code == 0, "an expected skip"


def test_invalid_comes_before_and_duplicate_after(sandbox: Sandbox, tmp_path: Path) -> None:
    """Whoever is on a list is told to be, whatever else they are, but for a row that cannot be sent anyway."""
    invalid = replace(JANE, postcode="NO PLACE")
    imported(sandbox, order(tmp_path, JANE, name="before"))
    wanted = order(tmp_path, invalid, JANE, JANE, JOE, JOE, suppress=(listed(tmp_path, JANE.email),))
    assert kinds(wanted, imported(sandbox, wanted, 1).run_id) == [
        "invalid", "suppressed", "suppressed", "accepted", "duplicate",
    ]  # fmt: skip


def test_a_suppressed_row_makes_no_other_a_duplicate(sandbox: Sandbox, tmp_path: Path) -> None:
    other_number = replace(JANE, phone="07700 900777")
    wanted = order(tmp_path, JANE, other_number, dry_run=True, suppress=(listed(tmp_path, JANE.mobile),))
    assert kinds(wanted, imported(sandbox, wanted).run_id) == ["suppressed", "valid"]


def test_a_row_on_two_lists_counts_for_the_first(sandbox: Sandbox, tmp_path: Path) -> None:
    lists = (listed(tmp_path, JANE.mobile), listed(tmp_path, JANE.email, JOE.email, name="other.csv"))
    wanted = order(tmp_path, JANE, JOE, dry_run=True, suppress=lists)
    summary = imported(sandbox, wanted)
    assert [errors for _outcome, errors in outcomes(wanted, summary.run_id)] == [
        "on the suppression list dnc.csv (Phone_1)", "on the suppression list other.csv (Email)",
    ]  # fmt: skip
    assert summary.notes[:2] == (
        "suppressed by dnc.csv: 1 entry, 1 row", "suppressed by other.csv: 2 entries, 1 row",
    )  # fmt: skip


def test_two_lists_of_one_name_are_told_apart(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    lists = (listed(tmp_path, JANE.email), listed(tmp_path / "other", JOE.email))
    wanted = order(tmp_path, JANE, JOE, dry_run=True, suppress=lists)
    assert [errors for _outcome, errors in outcomes(wanted, imported(sandbox, wanted).run_id)] == [
        f"on the suppression list {lists[0]} (Email)", f"on the suppression list {lists[1]} (Email)",
    ]  # fmt: skip


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_list_that_is_none_stops_the_run_before_anything_is_sent(
    sandbox: Sandbox, tmp_path: Path, *, dry_run: bool
) -> None:
    for wrong in (listed(tmp_path, "Name", "Jane", "Joe"), str(tmp_path / "nosuch.csv")):
        with pytest.raises(InputError, match="the suppression list") as caught:
            imported(sandbox, order(tmp_path, JANE, suppress=(wrong,), dry_run=dry_run))
        assert caught.value.exit_code == 2
    assert sent(sandbox) == set()
    assert [one for one in (tmp_path / "output").iterdir() if one.is_dir()] == [], "nothing of the run is left"


def test_a_list_on_which_nothing_can_be_looked_up_is_refused(sandbox: Sandbox, tmp_path: Path) -> None:
    """Or it would do nothing, and nobody would know."""
    mapping = tmp_path / "mapping.yaml"
    (tmp_path / "leads.csv").write_text("A,B,C,D\nJane,Doe,Ford,1\n")
    mapping.write_text(
        "campaign: EXAMPLE-CAMPAIGN\ncolumns: {A: First_Name, B: Last_Name, C: make_of_car, D: SID}\n"
        "constants: {Email: everybody@example.com}\n"
    )
    wanted = Order(
        str(tmp_path / "leads.csv"), mapping, tmp_path / "output", dry_run=True,
        suppress=(listed(tmp_path, "everybody@example.com"),),
    )  # fmt: skip
    assert imported(sandbox, wanted).outcomes == {"suppressed": 1}, "a constant is looked up as well"
    journal = Journal(tmp_path / "output" / "journal.sqlite3")
    (run_id,) = journal.retention.all_runs()
    with pytest.raises(SuppressionError, match="nothing can be looked up"):
        suppression_of(journal, journal.run(run_id), [])
    journal.close()


def test_a_list_of_what_the_list_to_import_has_not_is_told(sandbox: Sandbox, tmp_path: Path) -> None:
    mapping = tmp_path / "mapping.yaml"
    wanted = order(tmp_path, JANE, dry_run=True, suppress=(listed(tmp_path, "07700 900999"),))
    mapping.write_text(
        scene.MAPPING.replace("  Mobile: Phone_1\n", "")
        .replace("[Notes]", "[Notes, Mobile]")
        .replace("[Email, Phone_1]", "[Email]")
    )
    assert imported(sandbox, wanted).notes[0] == (
        "suppressed by dnc.csv: 1 entry, 0 rows; it has phone numbers alone, and the list to import e-mail addresses "
        "alone: nobody can be found on it"
    )


# ---------------------------------------------------------------------- rows that waited


def resumed(sandbox: Sandbox, wanted: Order, run_id: str, days: float = 1, **flags: Any) -> Summary:
    return resume_run(run_id, wanted.output, leadbyte(sandbox.base_url), scene.world(At(days)), **flags)


def test_a_list_that_grew_since_the_plan_holds_for_the_rows_that_waited(sandbox: Sandbox, tmp_path: Path) -> None:
    dnc = listed(tmp_path, DNCR.email)
    wanted = order(tmp_path, TPS, JANE, JOE, SUE, DNCR, limit=1, suppress=(dnc,))
    first = imported(sandbox, wanted)
    assert kinds(wanted, first.run_id)[1:] == ["not_sent", "not_sent", "not_sent", "suppressed"]
    listed(tmp_path, DNCR.email, "+44 7700 900123", SUE.email)
    after = resumed(sandbox, wanted, first.run_id)
    assert outcomes(wanted, first.run_id)[1:4] == [
        ("suppressed", "on the suppression list dnc.csv (Phone_1)"),
        ("accepted", ""),
        ("suppressed", "on the suppression list dnc.csv (Email)"),
    ]
    assert after.notes[0] == "suppressed by dnc.csv: 3 entries, 3 rows"
    assert after.outcomes["suppressed"] == 3
    assert sent(sandbox) == {TPS.email.casefold(), JOE.email.casefold()}


def test_nothing_is_sent_as_long_as_the_list_is_gone_and_another_may_be_named(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    dnc = listed(tmp_path, "nobody@example.com")
    wanted = order(tmp_path, TPS, JANE, JOE, limit=1, suppress=(dnc,))
    first = imported(sandbox, wanted)
    Path(dnc).unlink()
    for _again in range(2):
        with pytest.raises(InputError, match="does not exist"):
            resumed(sandbox, wanted, first.run_id)
    other = listed(tmp_path, JANE.email, name="other.csv")
    after = resumed(sandbox, wanted, first.run_id, suppress=(other,))
    assert kinds(wanted, first.run_id)[1:] == ["suppressed", "accepted"]
    assert after.notes[:2] == (
        "suppressed by dnc.csv: 1 entry, 0 rows", "suppressed by other.csv: 1 entry, 1 row",
    )  # fmt: skip
    Path(other).unlink()
    with pytest.raises(InputError, match=r"other\.csv does not exist"):
        retry_run(first.run_id, wanted.output, leadbyte(sandbox.base_url), scene.world(At(2)), codes=(-15,))


def test_rows_that_are_to_be_sent_again_are_looked_up_again(sandbox: Sandbox, tmp_path: Path) -> None:
    dnc = listed(tmp_path, "nobody@example.com")
    wanted = order(tmp_path, FAILED, JANE, suppress=(dnc,))
    first = imported(sandbox, wanted)
    assert kinds(wanted, first.run_id) == ["failed", "accepted"]
    listed(tmp_path, FAILED.email)
    before = len(sandbox.record())
    retry_run(first.run_id, wanted.output, leadbyte(sandbox.base_url), scene.world(At(1)))
    assert kinds(wanted, first.run_id) == ["suppressed", "accepted"]
    assert len(sandbox.record()) == before


def test_unknown_rows_that_are_to_be_sent_again_are_looked_up_again(sandbox: Sandbox, tmp_path: Path) -> None:
    lost = replace(LATE, tag="reset-after")
    dnc = listed(tmp_path, "nobody@example.com")
    wanted = order(tmp_path, lost, JANE, suppress=(dnc,))
    first = imported(sandbox, wanted)
    assert kinds(wanted, first.run_id) == ["unknown", "accepted"]
    listed(tmp_path, lost.email)
    before = len(sandbox.record())
    for days in (1, 2):
        resolve_run(
            first.run_id, wanted.output, leadbyte(sandbox.base_url), scene.world(At(days)),
            resend=days == 2, sure=True,
        )  # fmt: skip
    assert kinds(wanted, first.run_id) == ["suppressed", "accepted"]
    assert len(sandbox.record()) == before


# ---------------------------------------------------------------------- the folder's own list


def put(wanted: Order, why: str = "objected", **known_by: str) -> None:
    journal = Journal(wanted.output / "journal.sqlite3")
    put_on(journal, wanted.output, {kind: canonical(kind, text) for kind, text in known_by.items()}, why, At()())
    journal.close()


def own_list(wanted: Order) -> list[tuple[str, str]]:
    journal = Journal(wanted.output / "journal.sqlite3")
    found = as_json(journal.suppressed.listed())["people"]
    journal.close()
    return sorted((one["why"], one["kind"]) for one in found)


def test_who_was_erased_is_not_sent_by_later_runs(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, JANE, JOE)
    imported(sandbox, wanted)
    erase(wanted.output, scene.world(At(1)), Person.of(phone="+44 7700 900123"), sure=True)
    later = order(tmp_path, SUE, replace(JANE, first="Hortensia"), name="later")
    summary = imported(sandbox, later, 2)
    assert outcomes(later, summary.run_id) == [
        ("accepted", ""),
        ("suppressed", "on this output folder's suppression list: erased (Phone_1)"),
    ]
    assert summary.notes[0] == "suppressed by this output folder's suppression list: 1 entry, 1 row"


def test_a_list_without_a_hit_of_the_folders_own_is_not_talked_about(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, JANE, dry_run=True)
    imported(sandbox, wanted)
    put(wanted, email=JOE.email)
    assert imported(sandbox, wanted, 1).notes == ()


def test_who_was_put_on_it_holds_for_rows_that_wait_and_for_resubmitted_lists(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    wanted = order(tmp_path, SUE, JANE, limit=1)
    first = imported(sandbox, wanted)
    put(wanted, "asked by letter", email=JANE.email)
    resumed(sandbox, wanted, first.run_id)
    again = imported(sandbox, replace(wanted, limit=None, allow_resubmit=True), 2)
    for run_id in (first.run_id, again.run_id):
        assert outcomes(wanted, run_id)[1] == (
            "suppressed", "on this output folder's suppression list: asked by letter (Email)",
        )  # fmt: skip


@pytest.mark.parametrize("allow_resubmit", [True, False])
def test_without_its_key_nobody_can_tell_who_is_on_it_so_nothing_is_sent(
    sandbox: Sandbox, tmp_path: Path, *, allow_resubmit: bool
) -> None:
    wanted = order(tmp_path, JANE, dry_run=True)
    imported(sandbox, wanted)
    put(wanted, email=JANE.email)
    (wanted.output / "ledger.key").unlink()
    with pytest.raises(SuppressionError, match=r"cannot be told: .*ledger\.key is missing") as caught:
        imported(sandbox, replace(wanted, dry_run=False, allow_resubmit=allow_resubmit), 1)
    assert "--allow-resubmit" not in caught.value.hint, "that would not help"
    assert sent(sandbox) == set()


# ---------------------------------------------------------------------- what is learnt

TPS_WHY, DNCR_WHY, AGAIN_WHY = (
    "LeadByte: Number matched TPS database (-15)",
    "LeadByte: Number matched DNCR database (-16)",
    "LeadByte: Duplicate or resubmission (-2)",
)


def test_numbers_that_leadbyte_refused_are_not_sent_again_once_that_was_asked_for(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    people = (TPS, DNCR, AGAIN, JANE)
    plain = order(tmp_path, *people, name="plain")
    imported(sandbox, plain)
    assert own_list(plain) == []
    asked = order(tmp_path, *people, name="asked", learn=(-15, -16), allow_resubmit=True)
    summary = imported(sandbox, asked, 1)
    assert own_list(asked) == [(DNCR_WHY, PHONE), (TPS_WHY, PHONE)]
    assert summary.notes[0] == (
        "2 entries added to this output folder's suppression list: numbers or people that LeadByte has refused"
    )
    number = replace(SUE, phone=TPS.mobile)
    person = replace(TPS, phone="07700 900777", tag="")
    later = order(tmp_path, number, replace(person, first=TPS.first), name="later")
    assert outcomes(later, imported(sandbox, later, 2).run_id) == [
        ("suppressed", f"on this output folder's suppression list: {TPS_WHY} (Phone_1)"),
        ("accepted", ""),
    ]


def test_a_duplicate_is_learnt_as_a_person_and_only_where_that_is_asked_for(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, TPS, AGAIN, learn=(-2,))
    imported(sandbox, wanted)
    assert own_list(wanted) == [(AGAIN_WHY, EMAIL), (AGAIN_WHY, PHONE)]


def test_what_the_queue_says_later_is_learnt_as_well(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, JANE, JOE, learn=(-15,))
    first = imported(sandbox, wanted)
    journal = Journal(wanted.output / "journal.sqlite3")
    with journal._store.transaction() as db:
        db.execute("INSERT INTO queue VALUES (?, 2, 'Processed', -15, '', '', '9', '')", (first.run_id,))
    journal.close()
    service, world = leadbyte(sandbox.base_url), scene.world(At(1))
    for _again in range(2):
        summary = reconcile_run(first.run_id, wanted.output, service, world)
        assert summary.notes[0].startswith("1 entry added")
    assert own_list(wanted) == [(TPS_WHY, PHONE)]


def test_a_resumed_run_learns_what_its_flags_say(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, TPS, DNCR, limit=1, learn=(-15,))
    first = imported(sandbox, wanted)
    resumed(sandbox, wanted, first.run_id)
    assert own_list(wanted) == [(TPS_WHY, PHONE)]
    retry_run(first.run_id, wanted.output, leadbyte(sandbox.base_url), scene.world(At(2)), codes=(-16,), learn=(-16,))
    assert own_list(wanted) == [(DNCR_WHY, PHONE), (TPS_WHY, PHONE)]


def test_a_lost_key_is_told_and_does_not_end_a_run_that_has_sent(sandbox: Sandbox, tmp_path: Path) -> None:
    first = order(tmp_path, JANE, name="first")
    imported(sandbox, first)
    (first.output / "ledger.key").unlink()
    told: list[str] = []
    wanted = order(tmp_path, TPS, name="next", learn=(-15,), allow_resubmit=True)
    summary = import_list(wanted, leadbyte(sandbox.base_url), World(now=At(1), tell=told.append))
    assert summary.outcomes == {"rejected": 1}
    assert any("nobody was put on the suppression list" in one for one in told)


def test_the_journal_has_hashes_alone(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = order(tmp_path, TPS, learn=(-15, -2))
    imported(sandbox, wanted)
    put(wanted, email=TPS.email, phone=TPS.mobile)
    (line, *others) = ask(wanted.output / "journal.sqlite3", "SELECT * FROM suppressed")
    assert len(line[0]) == 16
    for secret in ("stoatsworth", "7700900202", "900202"):
        assert secret not in repr([line, *others]).casefold()
