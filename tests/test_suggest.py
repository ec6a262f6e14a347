from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import ConfigError
from pipeline.mapping import Mapping, parse_mapping, resolve
from pipeline.model import Campaign, Field, Selection
from pipeline.names import fold
from pipeline.suggest import SURE, Guess, Proposal, proposal_text, propose, write_proposal

from .builders import EXAMPLE, campaign, frame

DOB = Field("dob", "DOB", data_type="Date")
EMAIL = Field("email", "Email", data_type="Email Address")
NAME = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=12)


def sample(**columns: list[str]) -> pd.DataFrame:
    """A list by its columns; `_` in a name is a space."""
    headers = [name.replace("_", " ") for name in columns]
    return frame(headers, list(zip(*columns.values(), strict=True)))


def guesses(columns: dict[str, list[str]], to: Campaign = EXAMPLE) -> dict[str, str]:
    """For each column the label that it is proposed to feed, "" for none."""
    proposal = propose(sample(**columns), to)
    return {one.header: one.target.label if one.target else "" for one in proposal.columns}


def dates(*values: str) -> Guess:
    (guess,) = propose(sample(DOB=list(values)), campaign(DOB)).columns
    return guess


def read_back(proposal: Proposal, file_name: str = "leads.csv") -> Mapping:
    """The proposal's text as a mapping, with the constants that it asks for."""
    mapping = parse_mapping(proposal_text(proposal, file_name), "m.yaml")
    assert mapping.constants == {}
    return mapping.model_copy(update={"constants": dict.fromkeys(proposal.unfed, "1980-02-13")})


# ---------------------------------------------------------------------- which column feeds which field


@pytest.mark.parametrize(
    ("header", "label"),
    [
        ("First name", "First_Name"),
        ("Forename", "First_Name"),
        ("Surname", "Last_Name"),
        ("Family name", "Last_Name"),
        ("E-mail address", "Email"),
        ("Mobile", "Phone_1"),
        ("Telephone", "Phone_1"),
        ("Date of birth", "DOB"),
        ("Sex", "Gender"),
        ("Zip", "Postcode"),
        ("Supplier", "SID"),
        ("make of car", "make_of_car"),
        ("MORTGAGE-TYPE", "mortgage_type"),
        ("data14", "mortgage_type"),
    ],
)
def test_other_words_for_a_field_are_understood(header: str, label: str) -> None:
    proposal = propose(frame([header], [[""]]), EXAMPLE)
    (guess,) = proposal.columns
    assert guess.target is not None
    assert guess.target.label == label
    assert guess.score >= SURE
    assert proposal.doubtful() == ()


def test_a_column_like_no_field_is_to_be_ignored_and_doubtful() -> None:
    proposal = propose(sample(Notes=["called twice"]), EXAMPLE)
    (guess,) = proposal.columns
    assert (guess.target, guess.score) == (None, 0)
    assert proposal.doubtful() == (guess,)


def test_a_column_is_known_by_its_values_under_any_name() -> None:
    columns = {"Col1": ["ann@example.com", "bob@example.com"], "Col2": ["07700 900123", "+447700900124"]}
    proposal = propose(sample(**columns), EXAMPLE)
    assert guesses(columns) == {"Col1": "Email", "Col2": "Phone_1"}
    assert proposal.doubtful() == proposal.columns, "values alone are worth a question"


def test_values_that_do_not_fit_make_a_name_doubtful() -> None:
    proposal = propose(sample(Email=["yes", "no", "yes"]), EXAMPLE)
    (guess,) = proposal.columns
    assert guess in proposal.doubtful()
    assert "0% of the values look like" in guess.why


def test_of_two_columns_the_one_whose_values_fit_is_taken() -> None:
    assert guesses({"Email": ["yes", "no"], "Email_address": ["ann@example.com", "b@example.com"]}) == {
        "Email": "",
        "Email address": "Email",
    }


def test_empty_cells_say_nothing_about_a_column() -> None:
    (guess,) = propose(sample(Email=["", "", "ann@example.com"]), EXAMPLE).columns
    assert guess.score == 100
    assert "100% of the values look like" in guess.why


def test_choices_are_known_by_label_or_value() -> None:
    field = Field(
        "data1", "Home_Owner", selections=(Selection("Yes I own it", "OWN"), Selection("No I rent", "RENT"))
    )
    assert guesses({"Q7": ["own", "No I rent", "RENT"]}, campaign(field)) == {"Q7": "Home_Owner"}
    assert guesses({"Q7": ["1", "2", "3"]}, campaign(field)) == {"Q7": ""}


def test_each_field_is_fed_by_one_column_the_likelier() -> None:
    assert guesses({"Mobil": ["x"], "Mobile": ["x"]}, campaign(Field("phone1", "Phone_1"))) == {
        "Mobil": "",
        "Mobile": "Phone_1",
    }


def test_required_fields_that_nothing_feeds_are_named() -> None:
    proposal = propose(sample(Email=["ann@example.com"], First_name=["Ann"]), EXAMPLE)
    assert proposal.unfed == ("make_of_car", "Last_Name", "SID")


# ---------------------------------------------------------------------- what a person decides


def test_what_a_person_says_is_certain_and_takes_the_field_from_another_column() -> None:
    proposal = propose(sample(Email=["a@b.com"], Work=["c@d.com"]), campaign(EMAIL)).decided("Work", EMAIL)
    first, second = proposal.columns
    assert (first.target, second.target) == (None, EMAIL)
    assert proposal.doubtful() == ()


def test_a_column_that_is_said_to_feed_nothing_leaves_its_field_unfed() -> None:
    required = Field("email", "Email", required=True, data_type="Email Address")
    proposal = propose(sample(Email=["a@b.com"]), campaign(required)).decided("Email", None)
    assert proposal.unfed == ("Email",)


def test_a_date_format_that_was_said_is_written() -> None:
    proposal = propose(sample(DOB=["01/02/1980"]), campaign(DOB)).decided("DOB", DOB, "%m/%d/%Y")
    assert read_back(proposal).columns["DOB"][0].date_format == "%m/%d/%Y"
    assert "DECIDE" not in proposal_text(proposal, "leads.csv")


# ---------------------------------------------------------------------- dates


@pytest.mark.parametrize(
    ("value", "form"),
    [
        ("13/02/1980", "%d/%m/%Y"),
        ("02/13/1980", "%m/%d/%Y"),
        ("13-02-1980", "%d-%m-%Y"),
        ("02-13-1980", "%m-%d-%Y"),
        ("13.02.1980", "%d.%m.%Y"),
        ("13/02/80", "%d/%m/%y"),
        ("02/13/80", "%m/%d/%y"),
        ("13-02-80", "%d-%m-%y"),
    ],
)
def test_a_date_format_is_declared_when_the_values_leave_only_one(value: str, form: str) -> None:
    guess = dates("01/02/1980".replace("/", value[2]) if len(value) == 10 else value, value)
    assert (guess.date_format, guess.date_choices) == (form, ())
    assert guess.score >= SURE


@pytest.mark.parametrize("value", ["01/02/1980", "1-2-1980", "01.02.1980", "12/11/80", "12-11-80", "03/03/1980"])
def test_dates_that_could_be_either_way_round_are_never_declared(value: str) -> None:
    guess = dates(value, value, "")
    assert guess.date_format == ""
    assert len(guess.date_choices) == 2
    assert guess.score < SURE
    assert "DECIDE" in guess.date_note


def test_dates_of_which_some_speak_for_either_way_round_are_not_declared() -> None:
    guess = dates(*["01/02/1980"] * 8, "13/02/1980", "14/02/1980", "02/13/1980")
    assert guess.date_format == ""
    assert guess.date_choices == ("%d/%m/%Y", "%m/%d/%Y")


def test_a_few_values_that_are_no_dates_do_not_hide_the_format() -> None:
    assert dates(*["13/02/1980"] * 4, "unknown").date_format == "%d/%m/%Y"
    assert dates(*["13/02/1980"] * 2, *["unknown"] * 3).date_format == ""


@pytest.mark.parametrize("values", [["1980-02-13", "1980-01-02"], ["", ""], ["13 Feb 1980"]])
def test_dates_that_need_no_declaration_get_none_and_no_question(values: list[str]) -> None:
    guess = dates(*values)
    assert (guess.date_format, guess.date_choices, guess.date_note) == ("", (), "")
    assert guess.score >= SURE


def test_the_format_is_read_off_the_dates_that_need_one_however_few() -> None:
    assert dates(*["1980-02-13"] * 8, "13/02/1980").date_format == "%d/%m/%Y"
    assert dates(*["1980-02-13"] * 8, "01/02/1980").date_choices == ("%d/%m/%Y", "%m/%d/%Y")


def test_only_a_date_field_gets_a_date_format() -> None:
    (guess,) = propose(sample(Notes=["13/02/1980"]), campaign(Field("data1", "Notes"))).columns
    assert guess.date_format == ""


# ---------------------------------------------------------------------- the file that is written


def test_the_text_parses_back_and_fits_the_list() -> None:
    columns = {
        "First_name": ["Ann"],
        "Surname": ["Lee"],
        "E-mail": ["ann@example.com"],
        "Mobile": ["07700900123"],
        "Date_of_birth": ["13/02/1980"],
        "Notes": ["x"],
    }
    proposal = propose(sample(**columns), EXAMPLE)
    mapping = read_back(proposal)
    links = resolve(mapping, [one.header for one in proposal.columns], EXAMPLE)
    assert mapping.campaign == "EXAMPLE-CAMPAIGN"
    assert {link.source: link.field.label for link in links.links if link.columns} == {
        "First name": "First_Name",
        "Surname": "Last_Name",
        "E-mail": "Email",
        "Mobile": "Phone_1",
        "Date of birth": "DOB",
    }
    assert mapping.columns["Date of birth"][0].date_format == "%d/%m/%Y"
    assert links.ignored == ("Notes",)
    assert links.dedupe == (("email",), ("phone1",))


def test_the_text_says_how_sure_each_line_is_and_what_is_missing() -> None:
    text = proposal_text(
        propose(sample(Email=["a@b.com"], Col1=["07700900123"], DOB=["01/02/1980"]), EXAMPLE), "l.csv"
    )
    line = {line.partition(":")[0].strip(): line for line in text.splitlines()}
    assert "sure (100 %)" in line["Email"]
    assert "CHECK (65 %)" in line["Col1"]
    assert 'DECIDE: {field: DOB, date_format: "%d/%m/%Y"} or {field: DOB, date_format: "%m/%d/%Y"}' in line["DOB"]
    for label in ("make_of_car", "First_Name", "Last_Name", "SID"):
        assert line[f"# {label}"].strip().startswith(f"# {label}:")
    assert "# Mapping of l.csv to campaign EXAMPLE-CAMPAIGN" in text


@settings(deadline=None)
@given(
    headers=st.lists(NAME.map(str.strip).filter(fold), min_size=1, max_size=5, unique_by=fold),
    labels=st.lists(NAME.filter(fold), min_size=1, max_size=5, unique_by=fold),
    kind=st.sampled_from(["Text", "Date"]),
    reference=NAME,
    file_name=st.text(max_size=8),
)
def test_the_text_parses_back_and_fits_whatever_things_are_called(
    headers: list[str], labels: list[str], kind: str, reference: str, file_name: str
) -> None:
    fields = tuple(Field(f"f{at}", label, required=True, data_type=kind) for at, label in enumerate(labels))
    to = Campaign("9", "Campaign", reference, fields=fields)
    proposal = propose(frame(headers, [["13/02/1980"] * len(headers)]), to)
    mapping = read_back(proposal, file_name)
    links = resolve(mapping, headers, to)
    assert mapping.campaign == reference
    assert {link.columns[0]: link.field for link in links.links if link.columns} == {
        one.header: one.target for one in proposal.columns if one.target
    }
    assert links.ignored == tuple(one.header for one in proposal.columns if one.target is None)


@pytest.mark.parametrize(
    "name", ["?1", "- x", "a: b", "#1", "[x]", "{x}", "yes", "01", "null", '"q"', "'", "x" * 200, "&a"]
)
def test_headers_and_labels_that_mean_something_in_yaml_survive(name: str) -> None:
    to = campaign(Field("dob", name, data_type="Date"))
    rows = [["13/02/1980", "z"]]
    mapped = read_back(propose(frame([name, "zzz"], rows), to))
    assert mapped.columns[name][0].field == name
    ignored = read_back(propose(frame([name], [["z"]]), campaign(Field("q", "qqqqqqqq"))))
    assert ignored.ignore == [name]


def test_the_file_is_written_with_the_folders_it_needs(tmp_path: Path) -> None:
    path = tmp_path / "mappings" / "new" / "m.yaml"
    proposal = propose(sample(Email=["a@b.com"]), EXAMPLE)
    write_proposal(path, proposal, "leads.csv")
    assert path.read_text(encoding="utf-8") == proposal_text(proposal, "leads.csv")


def test_a_place_that_cannot_be_written_to_is_an_error_with_a_way_out(tmp_path: Path) -> None:
    (tmp_path / "m").touch()
    with pytest.raises(ConfigError, match="cannot be written") as caught:
        write_proposal(tmp_path / "m" / "m.yaml", propose(sample(Email=["a@b.com"]), EXAMPLE), "leads.csv")
    assert "--mapping" in caught.value.hint


def test_a_header_that_is_a_word_of_the_label_is_proposed_as_doubtful() -> None:
    (guess,) = propose(frame(("Car",), [["Ford"]]), EXAMPLE).columns
    assert guess.target is not None
    assert (guess.target.label, guess in propose(frame(("Car",), [["Ford"]]), EXAMPLE).doubtful()) == (
        "make_of_car",
        True,
    )
