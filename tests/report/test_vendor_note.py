from __future__ import annotations

import csv
import stat
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.damage import Finding, Kind
from pipeline.load import ReadOptions, open_list
from pipeline.model import Severity
from pipeline.planning import Planner
from pipeline.report import Collector
from pipeline.report.contents import Report
from pipeline.report.profile import Example, Fault
from pipeline.report.summary import Reason
from pipeline.report.vendor_note import WIDTH, vendor_note, write_vendor_note

from ..builders import HEADERS, MAPPING, fitted, good_row
from .test_verdict import SUMMARY, fault, field, profile

#: What the mapping adds belongs to us.
LINKS: Final = fitted(MAPPING)
OURS: Final = {
    "campaign": "SECRET-CAMPAIGN",
    "campaign_name": "Secret Campaign",
    "results": "output/secret/results.csv",
    "next_step": "leadbyte-import run secret",
    "started_at": "2026-11-03T11:40:50+00:00",
    "file": "/home/secret/lists/leads 2026.csv",
}


def report(found: Any = None, **changes: Any) -> Report:
    known = found or profile(field("Email", fault("email", "is bad", 412)))
    return Report(replace(SUMMARY, **(OURS | changes)), known, vendor="Acme Leads")


def note(found: Any = None, **changes: Any) -> str:
    return vendor_note(report(found, **changes))


def section(text: str, title: str) -> list[str]:
    """The lines below a title."""
    lines = text.splitlines()
    if title not in lines:
        return []
    at = lines.index(title) + 2
    return [*lines[at : lines.index("", at) if "" in lines[at:] else None]]


def test_the_note_says_which_list_and_when() -> None:
    assert note().splitlines()[:2] == [
        "The list leads 2026.csv from Acme Leads: 1,000 rows",
        "Checked on 3 November 2026",
    ]
    assert note(dry_run=False, outcomes={}).splitlines()[1] == "Checked and imported on 3 November 2026"
    assert vendor_note(replace(report(), vendor="")).startswith("The list leads 2026.csv: 1,000 rows\n")


def test_rows_of_the_list_that_were_imported_already_can_be_used() -> None:
    found = replace(profile(), repeated=3, sent_before=5, sent_already=90)
    told = note(found, outcomes={"duplicate": 98, "invalid": 2}, rows=100)
    assert section(told, "What became of the rows") == [
        "   90  can be used (90 %)",
        "    2  break the rules that leads must keep (2 %)",
        "    3  repeat another row of the list (3 %)",
        "    5  are people whom we had already (5 %)",
    ]


def test_the_rows_are_counted_so_that_the_numbers_add_up() -> None:
    found = replace(profile(), repeated=3, sent_before=5)
    reasons = (
        Reason("rejected", 20, 7, -15, "Number matched TPS database"),
        Reason("rejected", 4, 7, -7, "not ours"),
    )
    outcomes = {
        "accepted": 500,
        "invalid": 400,
        "duplicate": 8,
        "rejected": 24,
        "failed": 2,
        "unknown": 1,
        "not_sent": 65,
    }
    lines = section(note(found, outcomes=outcomes, reasons=reasons, dry_run=False), "What became of the rows")
    assert [line.strip() for line in lines] == [
        "500  can be used (50 %)",
        "400  break the rules that leads must keep (40 %)",
        "20  were refused when they were sent (2 %)",
        "3  repeat another row of the list (0.3 %)",
        "5  are people whom we had already (0.5 %)",
        "72  are not decided yet (7.2 %)",
    ]


def test_reasons_come_with_counts_and_the_first_few_rows() -> None:
    many = Fault(Severity.FAULT, "email", "is bad: it has no @", 400, 9, (Example(9, "x"), Example(12, "y")))
    other = Fault(Severity.FAULT, "email", "is bad: it has two @", 12, 4, (Example(4, "x"),))
    found = profile(field("Email", many, other, column="E-mail"), field("DOB", fault("date", "is no date", 1, 8)))
    assert section(note(found), "Why rows cannot be used") == [
        "- Email (column 'E-mail') is bad (412 rows: 4, 9, 12, …)",
        "- DOB is no date (row 8)",
    ]


def test_a_refusal_that_nobody_knows_is_told_by_its_code() -> None:
    reasons = (Reason("rejected", 1, 7, -77, "(not in LeadByte's list of codes)"),)
    told = section(note(profile(), reasons=reasons, outcomes={"rejected": 1}), "Why rows cannot be used")
    assert told == ["- Refused when sent: code -77 (not in LeadByte's list of codes) (row 7)"]


def test_a_list_that_came_without_a_name_is_told_without_one() -> None:
    assert note(file="-").startswith("The list from Acme Leads: ")


def test_what_leadbyte_refused_is_a_reason_unless_it_lies_with_us() -> None:
    reasons = (
        Reason("rejected", 30, 7, -15, "Number matched TPS database"),
        Reason("rejected", 1, 8, -9, "Campaign not active"),
        Reason("failed", 2, 8, -3, "Remote system error"),
        Reason("unknown", 2, 8, None, "no trustworthy answer"),
    )
    text = note(profile(), reasons=reasons, dry_run=False, outcomes={"rejected": 31, "accepted": 969})
    assert section(text, "Why rows cannot be used") == [
        "- Refused when sent: Number matched TPS database (30 rows, the first is 7)"
    ]
    assert "correct the 30 rows that cannot be used and send them again, or credit them." in " ".join(text.split())
    for words in ("not active", "Remote", "trustworthy"):
        assert words not in text


def test_warnings_are_questions_and_no_reasons() -> None:
    odd = fault("fictitious", "is a number that nobody has", 8, severity=Severity.WARNING)
    text = note(profile(field("Phone", odd)), outcomes={"valid": 1000})
    assert section(text, "Rows that raise a question") == ["- Phone is a number that nobody has (8 rows: 4, …)"]
    assert section(text, "Why rows cannot be used") == []


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_of_damage_comes_with_what_to_do_at_the_source(kind: Kind) -> None:
    finding = Finding(kind, "Mobile", "Phone_1", 3, 9, "say so in the mapping", False)
    lines = section(note(damage=(finding,)), "What the file has suffered")
    words = " ".join(line.strip() for line in lines)
    assert words.startswith("- Column 'Mobile': ")
    assert "(3 rows, the first is 9). " in words
    assert words.endswith(".")
    assert "mapping" not in words


@pytest.mark.parametrize(
    ("outcomes", "repeated", "asked"),
    [
        (
            {"invalid": 412, "duplicate": 8},
            8,
            ["correct the 412 rows", "send them again, or credit them.", "credit the 8 rows"],
        ),
        ({"invalid": 1}, 0, ["correct the row that cannot be used and send it again, or credit it."]),
        ({"duplicate": 1}, 1, ["Please credit the row that repeats another."]),
        ({"duplicate": 9}, 0, ["Nothing: no row need be sent again."]),
        ({"valid": 1000}, 0, ["Nothing: no row need be sent again."]),
    ],
)
def test_the_note_ends_with_what_is_asked_for(outcomes: dict[str, int], repeated: int, asked: list[str]) -> None:
    text = note(replace(profile(), repeated=repeated), outcomes=outcomes)
    ending = " ".join(text.partition("What we ask for")[2].split())
    assert [words for words in asked if words not in ending] == []
    assert ending.count("Please") == sum("credit" in words and "or credit" not in words for words in asked) + (
        "invalid" in outcomes
    )


def test_nothing_of_ours_is_in_the_note() -> None:
    assert "secret" not in note().lower()
    assert "leadbyte" not in note().lower()


def test_a_constant_of_the_mapping_is_not_the_vendors_fault() -> None:
    found = profile(field("SID", fault("number", "is no number", 1000), column="(constant)"))
    assert section(note(found), "Why rows cannot be used") == []


def test_lines_are_short_enough_for_a_mail_and_there_are_not_too_many() -> None:
    fields = [
        field(f"Field {at}", fault("r", f"is not what it should be, {'x ' * 60}".strip(), 9)) for at in range(30)
    ]
    text = note(profile(*fields))
    assert max(map(len, text.splitlines())) <= WIDTH
    assert "and 10 rarer reasons" in text


def test_the_note_is_plain_utf8_for_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "vendor-note.txt"
    write_vendor_note(path, replace(report(), vendor="Zoë & Söhne"))
    assert "Zoë & Söhne" in path.read_bytes().decode("utf-8")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


# ---------------------------------------------------------------------- no cell of the list

#: Cells that no sentence of ours has in it by chance.
TOKEN: Final = st.integers(0, 9999).map("zq{:04d}x".format)
BROKEN: Final[dict[str, st.SearchStrategy[str]]] = {
    "E_mail": st.one_of(
        TOKEN, TOKEN.map("{}@".format), TOKEN.map("{0}@{0}".format), TOKEN.map("{} @q.example".format)
    ),
    "Mobile": st.one_of(TOKEN, st.integers(10**6, 10**8).map("0{}".format), st.just("7.7009E+09")),
    "Born": st.one_of(TOKEN, st.just("31/02/1983"), TOKEN.map("13/13/{}".format)),
    "Post_code": TOKEN,
    "Sex": TOKEN,
    "Surname": st.one_of(TOKEN, TOKEN.map("{}\u00c3\u00a9".format)),
    "Car": st.one_of(TOKEN, st.just("")),
}
ROW: Final = st.tuples(
    st.fixed_dictionaries({}, optional=BROKEN), st.sampled_from(["", "", "", "short", "long", "footer"]), TOKEN
)


def cells_of(number: int, changes: dict[str, str], shape: str, token: str) -> list[str]:
    cells = good_row(number, **changes)
    if shape == "short":
        return cells[:4]
    if shape == "footer":
        return ["Total", token]
    return [*cells, token] if shape == "long" else cells


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROW, min_size=1, max_size=12))
def test_no_cell_of_the_list_is_in_the_note(tmp_path: Path, rows: list[tuple[dict[str, str], str, str]]) -> None:
    path = tmp_path / "list.csv"
    listed = [cells_of(number, *row) for number, row in enumerate(rows)]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEADERS, *listed])
    source = open_list(path, ReadOptions())
    collector, outcomes = Collector(LINKS, source.headers), Counter[str]()
    with Planner(LINKS, dry_run=True) as planner:
        for plan in planner.plans(source.chunks()):
            collector.add(plan)
            outcomes += plan.counts()
        damage = planner.findings()
    text = note(collector.profile(), rows=sum(outcomes.values()), outcomes=dict(outcomes), damage=damage)
    # A choice of the campaign and an example of ours are words of ours.
    own = {"7.7009E+09", "Total"}
    flat = " ".join(text.split())
    leaked = {
        cell for row in listed for one in row if len(cell := one.strip()) > 3 and cell not in own and cell in flat
    }
    assert leaked == set()
    assert max(map(len, text.splitlines())) <= WIDTH
