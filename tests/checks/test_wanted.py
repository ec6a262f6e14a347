"""What a mapping may ask for under `checks:`, and what is said of a mapping that asks for something else."""

from __future__ import annotations

import pytest

from pipeline.checks import Check, Rule
from pipeline.errors import MappingError
from pipeline.mapping import parse_mapping
from pipeline.model import Field, Severity

from ..builders import campaign, fitted, misfit

TO = campaign(
    Field("dob", "DOB", data_type="Date"),
    Field("optindate", "Optin_Date", data_type="Date Time"),
    Field("ipaddress", "IP_Address", data_type="IP Address"),
    Field("email", "Email", data_type="Email Address"),
    Field("phone1", "Phone_1", data_type="UK Mobile Number"),
)
HEADERS = ("Born", "Joined", "IP", "Mail", "Seen")
MAPPING = """
columns:
  Born: {field: DOB, date_format: "%d/%m/%Y"}
  Joined: Optin_Date
  IP: IP_Address
  Mail: Email
ignore: [Seen]
checks: """


def asked(checks: str) -> tuple[Check, ...]:
    return fitted(MAPPING + checks, HEADERS, TO).checks


def one(checks: str) -> Check:
    (check,) = asked(checks)
    return check


def refused(checks: str) -> str:
    with pytest.raises(MappingError) as caught:
        parse_mapping(f"checks: {checks}\n", "m.yaml")
    return caught.value.message


def unfit(checks: str) -> str:
    return misfit(MAPPING + checks, HEADERS, TO)


@pytest.mark.parametrize("checks", ["", "{}", "\n  # age: DOB"])
def test_a_mapping_asks_for_nothing_by_itself(checks: str) -> None:
    assert asked(checks) == ()


@pytest.mark.parametrize(
    "checks",
    [
        "{role_email: Email}", "{role_email: [Email]}", "{role_email: {field: Email}}",
        "{role_email: {fields: [e_mail]}}",
        "{role_email: {field: [EMAIL]}}", "{role_email: {fields: Email}}",
    ],
)  # fmt: skip
def test_short_and_long_form_ask_for_the_same(checks: str) -> None:
    assert (one(checks).rule, one(checks).field) == (Rule.ROLE_EMAIL, "email")


def test_every_rule_can_be_asked_for_and_has_its_usual_weight() -> None:
    found = asked("{" + ", ".join(f"{rule}: Email" for rule in Rule) + "}")
    faults = {check.rule for check in found if check.severity is Severity.FAULT}
    assert [check.rule for check in found] == list(Rule)
    assert faults == {Rule.OPTIN_DATE, Rule.OPTIN_URL, Rule.OPTIN_IP, Rule.AGE}


@pytest.mark.parametrize("weight", ["fault", "warning"])
def test_a_mapping_may_say_how_much_a_check_weighs(weight: str) -> None:
    assert one(f"{{age: {{field: DOB, severity: {weight}}}}}").severity == weight


@pytest.mark.parametrize(
    ("checks", "limit"),
    [
        ("{optin_date: Optin_Date}", None),
        ("{optin_date: {field: Optin_Date, max_age: 90d}}", 90),
        ("{optin_date: {field: Optin_Date, max_age: 1 day}}", 1),
        ("{optin_date: {field: Optin_Date, max_age: 365}}", 365),
        ("{age: DOB}", 18),
        ("{age: {field: DOB, at_least: 21}}", 21),
        ("{same_ip: IP_Address}", 20),
        ("{same_ip: {field: IP_Address, rows: 3}}", 3),
        ("{same_optin: Optin_Date}", 5),
        ("{same_optin: {field: Optin_Date, rows: 7}}", 7),
        ("{keyboard_name: Email}", None),
    ],
)
def test_limits_are_as_asked_for_or_as_usual(checks: str, limit: int | None) -> None:
    assert one(checks).limit == limit


def test_dates_are_read_as_the_field_or_the_check_declares() -> None:
    assert one("{age: DOB}").options.date_format == "%d/%m/%Y"
    assert one('{age: {field: DOB, date_format: "%d.%m.%Y"}}').options.date_format == "%d.%m.%Y"
    seen = one('{optin_date: {column: seen, date_format: "%m/%d/%Y"}}')
    assert (seen.field, seen.column, seen.options.date_format) == ("", "Seen", "%m/%d/%Y")


def test_one_check_may_look_at_several_fields_and_columns() -> None:
    found = asked("{keyboard_name: {fields: [Email, IP_Address], columns: [Seen]}}")
    assert [(check.field, check.column) for check in found] == [("email", ""), ("ipaddress", ""), ("", "Seen")]


@pytest.mark.parametrize(
    ("checks", "words"),
    [
        ("{optin_dat: Email}", "unknown key 'checks.optin_dat'; did you mean 'optin_date'"),
        ("{age: {field: DOB, at_leest: 18}}", "unknown key 'checks.age.at_leest'; did you mean 'at_least'"),
        ("{age: {feild: DOB}}", "unknown key 'checks.age.feild'; did you mean 'field'"),
        ("{role_email: {field: Email, rows: 3}}", "unknown key 'checks.role_email.rows'"),
        ("{age: {at_least: 18}}", "checks.age: name the field to look at"),
        ("{age: }", "checks.age: name the field to look at"),
        ("{age: []}", "checks.age: name the field to look at"),
        ("{age: {field: DOB, severity: error}}", "checks.age.severity: Input should be 'fault' or 'warning'"),
        ("{age: {field: DOB, at_least: adult}}", "checks.age.at_least: write a whole number above 0"),
        ("{age: {field: DOB, at_least: 900}}", "checks.age.at_least: write a number of years up to 120"),
        ("{same_ip: {field: IP, rows: 0}}", "checks.same_ip.rows: write a whole number above 0"),
        (
            "{optin_date: {field: A, max_age: 3 months}}",
            "checks.optin_date.max_age: write a number of days, like 90d",
        ),
        ("{optin_date: {field: A, max_age: 0d}}", "checks.optin_date.max_age: write a number of days, like 90d"),
        ("{optin_date: {field: {a: b}}}", "checks.optin_date.fields"),
        ("age", "checks"),
    ],
)
def test_what_cannot_be_asked_for_is_an_error_of_the_mapping(checks: str, words: str) -> None:
    assert words in refused(checks)


@pytest.mark.parametrize(
    ("checks", "words"),
    [
        ("{age: Bron}", "checks, age: campaign CAMP has no field 'Bron'"),
        ("{fictitious_phone: Phone_1}", "checks, fictitious_phone: nothing feeds the field 'Phone_1'"),
        ("{age: {column: Sean}}", "checks, age: the file has no column 'Sean'; did you mean 'Seen'"),
        ("{role_email: {column: Mail}}", "column 'Mail' feeds the field 'Email'; write `field: Email`"),
        ("{role_email: [Email, e-mail]}", "checks, role_email: 'Email' and 'e-mail' are the same"),
        ('{age: {field: DOB, date_format: "%d/%m"}}', "checks, age: date_format '%d/%m': it holds no year"),
    ],
)
def test_a_check_that_does_not_fit_the_list_or_the_campaign_is_told_before_any_row_is_read(
    checks: str, words: str
) -> None:
    assert words in unfit(checks)


def test_a_checked_column_is_still_mapped_or_ignored_by_name() -> None:
    text = MAPPING.replace("ignore: [Seen]", "") + "{optin_date: {column: Seen}}"
    assert "column 'Seen' is neither mapped nor ignored" in misfit(text, HEADERS, TO)


def test_all_that_does_not_fit_is_told_at_once() -> None:
    words = unfit("{age: Bron, role_email: {column: Nowhere}, fictitious_phone: Phone_1}")
    assert words.count("checks, ") == 3
