from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import MappingError
from pipeline.mapping import CONSTANT, Link, cells, parse_mapping, read_mapping, translate
from pipeline.model import Field

from .builders import EXAMPLE, HEADERS, MAPPING, campaign, column, fitted, frame, misfit

FREE = campaign(Field("email", "Email"), Field("phone1", "Phone_1"), Field("dob", "DOB", data_type="Date"))


def refusal(text: str) -> str:
    with pytest.raises(MappingError) as caught:
        parse_mapping(text, "m.yaml")
    assert caught.value.message.startswith("m.yaml")
    assert caught.value.hint
    return caught.value.message


def only_link(text: str, headers: tuple[str, ...] = ("A", "B")) -> Link:
    (link,) = fitted(text, headers, FREE).links
    return link


# ---------------------------------------------------------------------- reading the file


def test_the_file_is_read_with_its_text_and_without_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_text("\ufeffcampaign: A\n", encoding="utf-8")
    mapping, text = read_mapping(path)
    assert (mapping.campaign, text) == ("A", "campaign: A\n")


def test_a_missing_file_says_how_to_write_one(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="does not exist") as caught:
        read_mapping(tmp_path / "m.yaml")
    assert "leadbyte-import map" in caught.value.hint


@pytest.mark.parametrize("content", [b"campaign: Zo\xeb", None], ids=["not UTF-8", "a folder"])
def test_an_unreadable_file_is_an_error_of_the_mapping(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "m.yaml"
    path.mkdir() if content is None else path.write_bytes(content)
    with pytest.raises(MappingError, match="cannot be read") as caught:
        read_mapping(path)
    assert caught.value.hint


@pytest.mark.parametrize("scalar", ["01", "1", "yes", "null", "~", "1_000", "2020-01-01", "1E5", "0x1F", "no", "NA"])
def test_every_scalar_stays_the_text_it_is(scalar: str) -> None:
    mapping = parse_mapping(f"constants:\n  SID: {scalar}\ncolumns:\n  {scalar}: {scalar}\n", "m.yaml")
    assert mapping.constants == {"SID": scalar}
    assert mapping.columns[scalar][0].field == scalar


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("colums:\n  A: Email\n", "unknown key 'colums'; did you mean 'columns'?"),
        (
            "columns:\n  A: {field: DOB, date_formt: x}\n",
            "unknown key 'columns.A.date_formt'; did you mean 'date_format'",
        ),
        ("join:\n  Email: {colums: [A, B]}\n", "unknown key 'join.Email.colums'; did you mean 'columns'?"),
        (
            "columns:\n  A: [Email, {field: DOB, valeus: {}}]\n",
            "unknown key 'columns.A.valeus'; did you mean 'values'",
        ),
    ],
)
def test_an_unknown_key_is_an_error_with_the_nearest_name(text: str, said: str) -> None:
    assert said in refusal(text)


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [
        ("campaign: A\ncolumns: {}\n\ncampaign: B\n", 4, "campaign"),
        ("columns:\n  A: Email\n  B: DOB\n  A: DOB\n", 4, "A"),
        ('columns:\n  "A \\"x\\"": Email\n  "A \\"x\\"": DOB\n', 3, 'A "x"'),
        ("columns:\n  A:\n    field: Gender\n    values: {m: Male,\n      m: Female}\n", 5, "m"),
    ],
)
def test_a_key_that_stands_twice_is_an_error_with_its_line(text: str, line: int, key: str) -> None:
    assert refusal(text) == f"m.yaml, line {line}: the key {key!r} stands twice"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("columns:\n  A: [Email\n", 3),
        ("campaign: A\n\tcolumns: B\n", 2),
        ("campaign: *a\n", 1),
        ("a: b\n---\nc: d\n", 2),
    ],
)
def test_what_is_not_yaml_is_an_error_with_its_line(text: str, line: int) -> None:
    assert refusal(text).startswith(f"m.yaml, line {line}: not valid YAML")


@pytest.mark.parametrize("text", ["", "# nothing\n", "- A\n", "A\n"])
def test_what_is_no_mapping_at_all_says_so(text: str) -> None:
    assert "is not a mapping file" in refusal(text)


def test_a_control_character_is_not_yaml() -> None:
    assert "not valid YAML" in refusal("a: \x00")


def test_every_fault_of_form_is_in_one_error() -> None:
    said = refusal("colums: {}\nphone_format: us\nignore: {A: B}\njoin: {Email: {columns: [A]}}\n")
    for words in ("'colums'", "phone_format", "ignore", "join.Email.columns"):
        assert words in said


@settings(deadline=None)
@given(text=st.text(st.sampled_from("ab:-[]{}\"'#&*!|>%@?, \n\t\x00\u2028")))
def test_no_text_makes_anything_but_a_mapping_or_an_error_of_the_mapping(text: str) -> None:
    with suppress(MappingError):
        parse_mapping(text, "m.yaml")


# ---------------------------------------------------------------------- fitting it


def test_a_mapping_that_fits_links_every_fed_field_to_its_source() -> None:
    links = fitted(MAPPING)
    assert {link.field.name: link.source for link in links.links} == {
        "firstname": "First name",
        "lastname": "Surname",
        "email": "E-mail",
        "phone1": "Mobile",
        "dob": "Born",
        "gender": "Sex",
        "postcode": "Post code",
        "data13": "Car",
        "data14": "Mortgage",
        "sid": CONSTANT,
    }
    assert links.dedupe == (("email",), ("phone1",))
    assert links.ignored == ()


def test_headers_match_regardless_of_case_spaces_underscores_and_hyphens() -> None:
    link = only_link("columns: {E-MAIL_address: Email}\n", ("e mail Address",))
    assert link.columns == ("e mail Address",)


@pytest.mark.parametrize("said", ["Phone_1", "phone 1", "PHONE-1", "phone1"])
def test_a_field_is_found_by_its_label_or_its_name(said: str) -> None:
    assert only_link(f"columns: {{A: {said}}}\nignore: [B]\n").field.name == "phone1"


def test_a_name_that_is_unlike_its_label_finds_the_field() -> None:
    (link,) = fitted("columns: {A: Data-13}\n", ("A",), campaign(Field("data13", "make_of_car"))).links
    assert link.field.label == "make_of_car"


def test_a_label_outranks_another_fields_name() -> None:
    """People think in labels: the field labelled `email` is meant, not the one that LeadByte calls so."""
    to = campaign(Field("email", "Second address"), Field("data1", "email"))
    (link,) = fitted("columns: {A: email}\n", ("A",), to).links
    assert link.field.name == "data1"


def test_a_header_that_the_file_lacks_is_an_error_with_the_nearest_one() -> None:
    said = misfit(MAPPING.replace("  Surname:", "  Sirname:"))
    assert "columns: the file has no column 'Sirname'; did you mean 'Surname'" in said


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("columns: {A: Emial}\nignore: [B]\n", "columns, 'A'"),
        ("join: {Emial: {columns: [A, B]}}\n", "join"),
        ("constants: {Emial: x}\nignore: [A, B]\n", "constants"),
        ("dedupe: [Emial]\nignore: [A, B]\n", "dedupe"),
    ],
)
def test_a_label_that_the_campaign_lacks_is_an_error_with_the_nearest_one(text: str, where: str) -> None:
    said = misfit(text, ("A", "B"), FREE)
    assert f"{where}: campaign CAMP has no field 'Emial'; did you mean 'Email'?" in said


@pytest.mark.parametrize("text", ["ignore: [A, C]\n", "join: {Email: {columns: [A, C]}}\n"])
def test_a_header_that_the_file_lacks_is_an_error_wherever_it_stands(text: str) -> None:
    assert "the file has no column 'C'" in misfit(text, ("A", "B"), FREE)


def test_a_required_field_that_nothing_feeds_is_an_error_with_the_nearest_free_header() -> None:
    text = MAPPING.replace("  E-mail: Email\n", "").replace("dedupe: [Email, Phone_1]", "ignore: [E-mail]")
    said = misfit(text)
    assert "required field 'Email' is fed by nothing; did you mean 'E-mail'" in said


def test_an_optional_field_may_stay_unfed() -> None:
    assert fitted("ignore: [A]\n", ("A",), FREE).links == ()


def test_a_column_neither_mapped_nor_ignored_is_an_error() -> None:
    said = misfit(MAPPING, (*HEADERS, "Notes"))
    assert "column 'Notes' is neither mapped nor ignored" in said
    assert fitted(MAPPING + "ignore: [notes]\n", (*HEADERS, "Notes")).ignored == ("Notes",)


def test_a_column_mapped_and_ignored_at_once_is_an_error() -> None:
    said = misfit(MAPPING + "ignore: [surname]\n")
    assert "column 'Surname' is mapped and ignored at once" in said


@pytest.mark.parametrize(
    ("text", "first", "second"),
    [
        ("columns: {A: Email, B: email}\n", "A", "B"),
        ("columns: {A: [Email, Email], B: DOB}\n", "A", "A"),
        ("columns: {A: Email}\nconstants: {E-mail: x}\nignore: [B]\n", "A", CONSTANT),
        ("columns: {A: Email}\njoin: {Email: {columns: [A, B]}}\n", "A", "A + B"),
        ("join: {Email: {columns: [A, B]}}\nconstants: {Email: x}\n", "A + B", CONSTANT),
    ],
)
def test_a_field_that_is_fed_twice_is_an_error_that_names_both(text: str, first: str, second: str) -> None:
    said = misfit(text, ("A", "B"), FREE)
    assert f"field 'Email' is fed twice: by {first} and by {second}" in said


@pytest.mark.parametrize("key", ["columns: {A b: Email, a_B: DOB}\n", "ignore: [A b, a_B]\n"])
def test_two_keys_that_mean_the_same_column_are_an_error(key: str) -> None:
    said = misfit(key, ("A b",), FREE)
    assert f"{key.partition(':')[0]}: 'A b' and 'a_B' are the same column" in said


def test_labels_that_cannot_be_told_apart_are_an_error() -> None:
    to = campaign(Field("data1", "Car make"), Field("data2", "car_make"))
    assert "labels 'Car make' and 'car_make' cannot be told apart" in misfit("ignore: [A]\n", ("A",), to)


def test_a_dedupe_field_that_nothing_feeds_is_an_error() -> None:
    said = misfit("columns: {A: Email}\ndedupe: [[Email, Phone_1]]\n", ("A",), FREE)
    assert "dedupe: nothing feeds the field 'Phone_1'" in said


def test_a_dedupe_key_is_one_field_or_several() -> None:
    links = fitted("columns: {A: Email, B: Phone_1}\ndedupe: [Email, [phone1, Email]]\n", ("A", "B"), FREE)
    assert links.dedupe == (("email",), ("phone1", "email"))


def test_all_faults_are_in_one_error() -> None:
    text = """
columns: {Sirname: Last_Name, Car: Emial, Born: {field: DOB, date_format: day first}}
constants: {Colour: red}
dedupe: [Mobil]
"""
    said = misfit(text, ("Surname", "Car", "Born", "Notes"), EXAMPLE)
    for fault in (
        "no column 'Sirname'",
        "no field 'Emial'",
        "'day first'",
        "no field 'Colour'",
        "no field 'Mobil'",
        "column 'Notes' is neither",
        "column 'Surname' is neither",
        "required field 'Email'",
        "required field 'First_Name'",
        "required field 'make_of_car'",
        "required field 'SID'",
    ):
        assert fault in said
    assert "required field 'DOB'" not in said


# ---------------------------------------------------------------------- what a link does


def test_one_column_may_feed_several_fields() -> None:
    links = fitted("columns: {A: [Email, {field: DOB, date_format: '%d/%m/%Y'}]}\n", ("A",), FREE).links
    assert [(link.field.name, link.columns, link.options.date_format) for link in links] == [
        ("email", ("A",), ""),
        ("dob", ("A",), "%d/%m/%Y"),
    ]


def test_a_join_puts_columns_together_in_its_own_order_and_skips_empty_cells() -> None:
    link = only_link("join: {Email: {columns: [B, A], separator: ', '}}\n")
    joined = cells(link, frame(("A", "B"), [["1", "2"], ["1", "  "], ["", " 2 "], ["", ""]], first_row=7))
    assert joined.to_pylist() == ["2, 1", "1", "2", ""]
    assert link.source == "B + A"


def test_a_join_is_of_two_columns_at_least() -> None:
    assert "join.Email.columns" in refusal("join: {Email: {columns: [A]}}\n")


def test_a_constant_is_the_same_for_every_row() -> None:
    link = only_link("constants: {Phone_1: 01}\nignore: [A, B]\n")
    assert cells(link, frame(("A", "B"), [["1", "2"], ["3", "4"]])).to_pylist() == ["01", "01"]
    assert link.source == CONSTANT


def test_a_single_column_is_handed_over_as_it_stands() -> None:
    link = only_link("columns: {B: Email}\nignore: [A]\n")
    assert cells(link, frame(("A", "B"), [["1", " x "], ["2", "NA"]])).to_pylist() == [" x ", "NA"]


def test_a_value_map_matches_regardless_of_case_and_outer_spaces_and_leaves_the_rest() -> None:
    link = only_link("columns: {A: {field: Email, values: {' M ': Male, n/a: ''}}}\nignore: [B]\n")
    assert translate(link, column("m", " M ", "N/A", "Mr", "", " x ")).to_pylist() == [
        "Male",
        "Male",
        "",
        "Mr",
        "",
        " x ",
    ]


def test_without_a_value_map_nothing_is_touched() -> None:
    link = only_link("columns: {A: Email}\nignore: [B]\n")
    assert translate(link, column(" M ", "m")).to_pylist() == [" M ", "m"]


def test_values_that_a_hyphen_tells_apart_are_two_values() -> None:
    """Names match regardless of hyphens; cells do not: `18-24` is not `1824`, and `-` is not nothing."""
    text = "columns: {A: {field: Email, values: {18-24: young, '1824': old, '-': none, '': empty}}}\nignore: [B]\n"
    assert translate(only_link(text), column("18-24", "1824", "-", "")).to_pylist() == [
        "young",
        "old",
        "none",
        "empty",
    ]


def test_values_that_cannot_be_told_apart_are_an_error() -> None:
    said = misfit("columns: {A: {field: Email, values: {m: Male, ' M': Man}}}\n", ("A",), FREE)
    assert "values: 'm' and ' M' cannot be told apart" in said


@pytest.mark.parametrize("wrong", ["dd/mm/yyyy", "%d/%m", "%H:%M", "%Y"])
def test_a_date_format_that_holds_no_whole_date_is_an_error(wrong: str) -> None:
    said = misfit(f"columns: {{A: {{field: DOB, date_format: '{wrong}'}}}}\n", ("A",), FREE)
    assert f"date_format {wrong!r}" in said
    assert "%d/%m/%Y" in said


def test_a_send_format_without_a_date_in_it_is_an_error() -> None:
    said = misfit("columns: {A: {field: DOB, send_format: dd/mm/yyyy}}\n", ("A",), FREE)
    assert "send_format 'dd/mm/yyyy'" in said


def test_formats_and_the_campaigns_country_reach_the_data_type() -> None:
    text = "columns: {A: {field: DOB, date_format: '%d/%m/%Y', send_format: '%Y'}}\nphone_format: e164\n"
    (link,) = fitted(text, ("A",), campaign(Field("dob", "DOB", data_type="Date"), country="Ireland")).links
    options = link.options
    assert (options.date_format, options.send_format) == ("%d/%m/%Y", "%Y")
    assert (options.phone_format, options.country) == ("e164", "Ireland")


def test_a_campaign_without_a_country_is_british() -> None:
    (link,) = fitted("columns: {A: Email}\n", ("A",), campaign(Field("e", "Email"), country="")).links
    assert link.options.country == "United Kingdom"


def test_the_callers_phone_format_outranks_the_mappings() -> None:
    (link,) = fitted("columns: {A: Email}\nphone_format: e164\n", ("A",), FREE, "national").links
    assert link.options.phone_format == "national"


@pytest.mark.parametrize(
    ("column", "constant", "why"),
    [
        ("", 'SID: ""', "'SID' is required and empty"),
        ("Sex", "Gender: maybe", "'Gender' is not one of the campaign's choices"),
        ("E-mail", "Email: nobody", "'Email' is not a valid e-mail address"),
    ],
)
def test_a_constant_that_can_never_be_sent_is_refused_up_front(column: str, constant: str, why: str) -> None:
    lines = [line for line in MAPPING.splitlines() if not (column and line.strip().startswith(column))]
    text = "\n".join(lines).replace('{SID: "1"}', f'{{SID: "1", {constant}}}' if column else f"{{{constant}}}")

    assert why in misfit(f"{text}\nignore: [{column}]".replace("dedupe: [Email, Phone_1]", ""))


def test_a_dedupe_key_of_no_fields_is_refused() -> None:
    assert "dedupe" in refusal("dedupe: [[]]")


def test_a_list_in_the_place_of_the_mapping_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="named like a list"):
        read_mapping(tmp_path / "leads.CSV")
