"""The mapping's checks in the plan of a list, and all the way through a dry run and a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from pipeline.load import Chunk
from pipeline.model import Campaign, Field, Issue, Outcome, Severity
from pipeline.plan import Plan
from pipeline.planning import Planner
from pipeline.run import import_list
from pipeline.sandbox import Sandbox
from pipeline.world import Order, World

from .builders import campaign, chunk, fitted
from .delivery import KEY, _clean_environment, ask, leadbyte, read_results  # noqa: F401 - an autouse fixture

NOW: Final = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
IP: Final = "8.8.8.8"
TO: Final = campaign(
    Field("firstname", "First_Name", required=True),
    Field("email", "Email", data_type="Email Address"),
    Field("dob", "DOB", data_type="Date"),
    Field("optindate", "Optin_Date", data_type="Date"),
    Field("ipaddress", "IP_Address", required=True, data_type="IP Address"),
    Field("data1", "Source"),
)
HEADERS: Final = ("Name", "Mail", "Born", "Joined", "IP", "Seen")
MAPPING: Final = """
columns:
  Name: First_Name
  Mail: Email
  Born: {field: DOB, date_format: "%d/%m/%Y"}
  Joined: {field: Optin_Date, date_format: "%d/%m/%Y"}
  IP: {field: IP_Address, values: {office: 8.8.4.4}}
ignore: [Seen]
"""
JOINED: Final = 'Joined: {field: Optin_Date, date_format: "%d/%m/%Y %H:%M:%S"}'


def row(**cells: str) -> list[str]:
    good = {
        "Name": "Ann",
        "Mail": "ann@example.com",
        "Born": "13/02/1980",
        "Joined": "01/06/2026",
        "IP": IP,
        "Seen": "",
    }
    return list((good | cells).values())


def plans(checks: str, *chunks: Chunk, strict: bool = False, to: Campaign = TO) -> list[Plan]:
    links = fitted(MAPPING + f"checks: {checks}\n", HEADERS, to)
    with Planner(links, dry_run=True, now=NOW, strict=strict) as planner:
        return list(planner.plans(chunks))


def issues(
    checks: str, *rows: Sequence[str], faults: dict[int, str] | None = None, strict: bool = False
) -> list[Issue]:
    (plan,) = plans(checks, chunk(HEADERS, rows, faults), strict=strict)
    return list(plan.issues())


def told(checks: str, *rows: Sequence[str], **how: Any) -> list[tuple[int, str, str]]:
    return [(one.row, one.rule, one.severity.value) for one in issues(checks, *rows, **how)]


def test_nothing_is_checked_that_the_mapping_does_not_ask_for() -> None:
    suspicious = row(Name="Test", Mail="info@mailinator.com", Born="01/01/2020", Joined="", IP="10.0.0.1")
    (plan,) = plans("{}", chunk(HEADERS, [suspicious] * 30))
    assert list(plan.issues()) == []
    assert set(plan.outcomes) == {Outcome.VALID}


def test_what_a_check_finds_names_field_column_cell_and_reason() -> None:
    assert issues("{role_email: [Email]}", row(Mail=" INFO@example.com ")) == [
        Issue(
            2, "Mail", "email", "Email", "role_email", " INFO@example.com ",
            "is the address of a role, not of a person", Severity.WARNING,
        )
    ]  # fmt: skip


def test_a_fault_keeps_its_row_here_and_a_warning_does_not() -> None:
    rows = [row(Born="01/01/2020"), row(Mail="info@example.com"), row(Born="01/01/2020", Mail="info@example.com")]
    (plan,) = plans("{age: DOB, role_email: Email}", chunk(HEADERS, rows))
    assert plan.outcomes.tolist() == ["invalid", "valid", "invalid"]
    assert plan.errors.tolist() == [
        "DOB is the date of birth of somebody under 18 (column 'Born')",
        "",
        "DOB is the date of birth of somebody under 18 (column 'Born')",
    ]
    assert [(one.row, one.rule) for one in plan.issues()] == [
        (2, "age"), (3, "role_email"), (4, "age"), (4, "role_email"),
    ]  # fmt: skip


def test_strict_makes_faults_of_warnings() -> None:
    (plan,) = plans("{role_email: Email}", chunk(HEADERS, [row(Mail="info@example.com"), row()]), strict=True)
    assert plan.outcomes.tolist() == ["invalid", "valid"]
    assert plan.errors[0] == "Email is the address of a role, not of a person (column 'Mail')"
    assert [one.severity for one in plan.issues()] == [Severity.FAULT]


def test_the_mapping_says_how_much_a_check_weighs() -> None:
    checks = "{age: {field: DOB, severity: warning}, role_email: {field: Email, severity: fault}}"
    rows = [row(Born="01/01/2020"), row(Mail="info@example.com")]
    assert told(checks, *rows) == [(2, "age", "warning"), (3, "role_email", "fault")]


def test_what_the_campaign_itself_refuses_is_not_told_again() -> None:
    rows = [row(IP=""), row(IP="nonsense"), row(Joined="31/02/2026"), row(IP="10.0.0.1"), row(Joined="")]
    assert told("{optin_ip: IP_Address, optin_date: Optin_Date}", *rows) == [
        (2, "required", "fault"), (3, "ip_address", "fault"), (4, "date", "fault"), (5, "optin_ip", "fault"),
        (6, "optin_date", "fault"),
    ]  # fmt: skip


def test_a_row_that_is_damaged_as_a_whole_is_not_checked_and_not_counted() -> None:
    rows = [row(), row(IP="10.0.0.1"), row()]
    checks = "{optin_ip: IP_Address, same_ip: {field: IP_Address, rows: 1}}"
    assert told(checks, *rows, faults={2: "has 2 cells"}) == [(2, "record", "fault"), (3, "optin_ip", "fault")]


def test_a_check_sees_what_a_value_map_makes_of_the_cells() -> None:
    found = issues("{same_ip: {field: IP_Address, rows: 1}}", row(IP="office"), row(IP="8.8.4.4"))
    assert [(one.row, one.value, one.message) for one in found] == [
        (3, "8.8.4.4", "is the IP address of more than 1 row, the first of which is not counted here")
    ]


def test_a_column_that_feeds_no_field_is_checked_under_its_own_name_and_format() -> None:
    checks = '{optin_date: {column: Seen, date_format: "%m/%d/%Y", max_age: 30d}}'
    found = issues(checks, row(Seen="06/01/2026 10:00:00"), row(Seen="01/06/2026"), row())
    assert [(one.row, one.column, one.field, one.label, one.message) for one in found] == [
        (3, "Seen", "", "Seen", "is more than 30 days ago"),
        (4, "Seen", "", "Seen", "is empty: nothing shows when consent was given"),
    ]
    (plan,) = plans(checks, chunk(HEADERS, [row()]))
    assert plan.errors.tolist() == ["Seen is empty: nothing shows when consent was given"]


def test_opt_in_times_keep_their_seconds_though_the_field_is_a_date() -> None:
    text = MAPPING.replace('Joined: {field: Optin_Date, date_format: "%d/%m/%Y"}', JOINED)
    links = fitted(text + "checks: {same_optin: {field: Optin_Date, rows: 2}}\n", HEADERS, TO)
    with Planner(links, dry_run=True, now=NOW) as planner:
        (plan,) = planner.plans([chunk(HEADERS, [row(Joined="01/06/2026 10:11:12")] * 4)])
    assert plan.canonical["optindate"].to_pylist() == ["2026-06-01"] * 4
    assert [(one.row, one.rule) for one in plan.issues()] == [(4, "same_optin"), (5, "same_optin")]


def test_an_opt_in_date_is_read_after_the_value_map() -> None:
    text = MAPPING.replace('date_format: "%d/%m/%Y"}\n  IP', 'date_format: "%d/%m/%Y", values: {never: ""}}\n  IP')
    links = fitted(text + "checks: {optin_date: Optin_Date}\n", HEADERS, TO)
    with Planner(links, dry_run=True, now=NOW) as planner:
        (plan,) = planner.plans([chunk(HEADERS, [row(Joined="never"), row()])])
    assert [(one.row, one.value, one.message) for one in plan.issues()] == [
        (2, "never", "is empty: nothing shows when consent was given")
    ]


def test_what_one_check_tells_another_may_tell_of_too() -> None:
    checks = "{optin_ip: IP_Address, same_ip: {field: IP_Address, rows: 1}}"
    assert told(checks, row(IP="10.0.0.1"), row(IP="10.0.0.1")) == [
        (2, "optin_ip", "fault"), (3, "optin_ip", "fault"), (3, "same_ip", "warning"),
    ]  # fmt: skip


def test_a_list_is_counted_through_all_its_chunks() -> None:
    rows = [row(Name=f"Ann{number}", IP=IP if number % 2 else "1.1.1.1") for number in range(12)]
    whole = plans("{same_ip: {field: IP_Address, rows: 4}}", chunk(HEADERS, rows))
    cut = plans(
        "{same_ip: {field: IP_Address, rows: 4}}",
        *(chunk(HEADERS, rows[start : start + 3], first_row=2 + start) for start in range(0, 12, 3)),
    )
    assert [one.row for plan in whole for one in plan.issues()] == [10, 11, 12, 13]
    assert [list(plan.issues()) for plan in whole] == [[one for plan in cut for one in plan.issues()]]


def test_several_checks_may_look_at_one_field_and_one_check_at_several() -> None:
    checks = "{role_email: Email, disposable_email: Email, keyboard_name: [First_Name, Source]}"
    to = replace(TO, fields=TO.fields)
    links = fitted(MAPPING.replace("ignore: [Seen]", "") + f"  Seen: Source\nchecks: {checks}\n", HEADERS, to)
    with Planner(links, dry_run=True, now=NOW) as planner:
        (plan,) = planner.plans([chunk(HEADERS, [row(Name="asdf", Mail="info@mailinator.com", Seen="qwerty")])])
    assert [(one.rule, one.label) for one in plan.issues()] == [
        ("disposable_email", "Email"), ("role_email", "Email"), ("keyboard_name", "First_Name"),
        ("keyboard_name", "Source"),
    ]  # fmt: skip


# ---------------------------------------------------------------------- the whole way


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(key=KEY) as running:
        yield running


PRIVATE = "is not a public IP address: it is of a private network, or set aside, and no visitor has it"
LIST = """First name,Surname,E-mail,Car,Supplier,IP
Ann,Smith,ann@example.com,Ford,1,8.8.8.8
Test,Smith,ben@example.com,Ford,1,8.8.8.8
Cat,Smith,info@example.com,Ford,1,10.0.0.1
Dan,Smith,dan@example.com,Ford,1,1.1.1.1
"""
LIST_MAPPING = """
campaign: EXAMPLE-CAMPAIGN
columns: {First name: First_Name, Surname: Last_Name, E-mail: Email, Car: make_of_car, Supplier: SID}
ignore: [IP]
checks:
  optin_ip: {column: IP}
  role_email: Email
  keyboard_name: [First_Name, Last_Name]
"""


def an_order(folder: Path, **changes: Any) -> Order:
    (folder / "leads.csv").write_text(LIST, encoding="utf-8")
    (folder / "mapping.yaml").write_text(LIST_MAPPING, encoding="utf-8")
    wanted: dict[str, Any] = {"rate": "1000/s", "max_invalid": "100%"} | changes
    return Order(str(folder / "leads.csv"), folder / "mapping.yaml", folder / "output", **wanted)


def test_a_dry_run_tells_warnings_and_lets_their_rows_through(sandbox: Sandbox, tmp_path: Path) -> None:
    summary = import_list(an_order(tmp_path, dry_run=True), leadbyte(sandbox.base_url), World())
    assert summary.outcomes == {"valid": 3, "invalid": 1}
    rows = read_results(tmp_path / "output")
    assert [line["outcome"] for line in rows] == ["valid", "valid", "invalid", "valid"]
    assert [line["errors"] for line in rows][1:3] == [
        "",
        f"IP {PRIVATE}",
    ]
    assert [one.text for one in summary.reasons] == [f"column 'IP' {PRIVATE}"]


def test_a_strict_dry_run_keeps_rows_with_warnings(sandbox: Sandbox, tmp_path: Path) -> None:
    summary = import_list(an_order(tmp_path, dry_run=True, strict=True), leadbyte(sandbox.base_url), World())
    assert summary.outcomes == {"valid": 2, "invalid": 2}
    _ann, test, cat, _dan = read_results(tmp_path / "output")
    assert test["errors"] == "First_Name looks typed to fill the form: it is nobody's name (column 'First name')"
    assert "Email is the address of a role" in cat["errors"]
    assert "IP is not a public IP address" in cat["errors"]


def test_a_run_sends_rows_with_warnings_and_keeps_them_as_issues(sandbox: Sandbox, tmp_path: Path) -> None:
    import_list(an_order(tmp_path), leadbyte(sandbox.base_url), World())
    assert sorted(one.lead["firstname"] for one in sandbox.record()) == ["Ann", "Dan", "Test"]
    kept = ask(tmp_path / "output" / "journal.sqlite3", "SELECT row, rule, severity FROM issues ORDER BY row, rule")
    assert kept == [(3, "keyboard_name", "warning"), (4, "optin_ip", "fault"), (4, "role_email", "warning")]


def test_a_strict_run_sends_none_of_them(sandbox: Sandbox, tmp_path: Path) -> None:
    import_list(an_order(tmp_path, strict=True), leadbyte(sandbox.base_url), World())
    assert sorted(one.lead["firstname"] for one in sandbox.record()) == ["Ann", "Dan"]
