"""The workbook of rows to mend: every text comes back, nothing runs, and a person finds their way."""

from __future__ import annotations

import re
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
import python_calamine as calamine
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from openpyxl.comments import Comment
from openpyxl.worksheet.worksheet import Worksheet

from pipeline import mending
from pipeline.errors import ConfigError
from pipeline.fix_me import CODES, Column, FixMe, RowToMend, ToMend, Written, blamed, columns_of, said_by_leadbyte
from pipeline.fix_me.guide import Facts, left_out_words
from pipeline.fix_me.sheet import MOST_ROWS
from pipeline.load import open_list
from pipeline.model import RESPONSE_CODES, Field, Selection

from .builders import EXAMPLE, HEADERS
from .mending_hand import FAULTY, faulty, seen, sheet_of

TOKEN = "3f9a12bc34de56f7"
FACTS = Facts("leads.csv", "EXAMPLE-CAMPAIGN", "leadbyte-import check fix-me.xlsx", "leadbyte-import run fix-me.xlsx")

#: All that Arrow's text may hold, and what programs make something else of.
NASTY = (
    *("00772", "+447700900123", "=1+1", "@SUM(A1)", "-2+3", "1E5", "01/02/03", "TRUE", "#N/A", "NA", "'x", "''"),
    *("_x0041_", "_x0041_x0042_", "__x0041__x0042_", "_x005F_x0041_", "_X0041_", "_xD83D_", "<r>a</r>", "<r>", "]]>"),
    *("a\rb", "\r\n", "\n", "\t", "  lead", "trail  ", "\u00a0x\u00a0", "\x07", "\x00", "\x1f", "\x7f", "\x85"),
    *(
        "\ufeffx",
        "\u2028",
        "😀",
        "e\u0301",
        "\ue000",
        "&amp;",
        "<b>",
        '"',
        "https://example.com",
        "mailto:a@example.com",
    ),
    *("a" * 32_767, "😀" * 16_383),
)
CELLS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff"), max_size=12),
    st.text(st.sampled_from("_x0041D5F <r>/&;\"'=+-@,\r\n\t\x07"), max_size=24),
    st.sampled_from([one for one in NASTY if len(one) < 100]),
)


def to_mend(headers: Sequence[str] = ("A", "B"), *fields: Field) -> ToMend:
    fed = {header: (field,) for header, field in zip(headers, fields, strict=False)}
    return ToMend(TOKEN, [Column(header, fed.get(header, ())) for header in headers], FACTS)


def row(number: int, *cells: str, whole: bool = True, refused: bool = False, **notes: str) -> RowToMend:
    wrong = {int(at.removeprefix("at")): why for at, why in notes.items()}
    return RowToMend(number, "because", cells, wrong, whole, refused)


def write(folder: Path, rows: Sequence[RowToMend], about: ToMend | None = None, **limits: int) -> Written:
    with FixMe(folder, about or to_mend(), **limits) as fix_me:
        fix_me.add(rows)
    return fix_me.written


def read(path: Path) -> dict[int, tuple[str, ...]]:
    """The rows as an import reads them."""
    return {
        int(number): tuple(cells)
        for chunk in open_list(path).chunks()
        for number, *cells in chunk.frame.itertuples(name=None)
    }


def sheet(folder: Path) -> Worksheet:
    return sheet_of(openpyxl.load_workbook(folder / mending.WORKBOOK))


# ---------------------------------------------------------------------- every text comes back


def test_every_nasty_text_comes_back(tmp_path: Path) -> None:
    rows = [row(at, text, "end") for at, text in enumerate(NASTY, 2)]
    assert write(tmp_path, rows) == Written(
        "fix-me.xlsx", len(NASTY), 0, 0, (f"fix-me.xlsx has {len(NASTY)} rows to mend",)
    )
    assert read(tmp_path / "fix-me.xlsx") == {at: (text, "end") for at, text in enumerate(NASTY, 2)}


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=8))
@example([("_x0041_x0042_", "<r>a</r>")])
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_text_comes_back_cell_for_cell(cells: list[tuple[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, [row(at, *texts, at0="wrong") for at, texts in enumerate(cells, 2)], to_mend((HEADERS[0], "B")))
        lines = calamine.load_workbook(str(folder / "fix-me.xlsx")).get_sheet_by_name("Rows to mend").to_python()
        assert [(line[0], line[1], (*line[2:],)) for line in lines[1:]] == [
            (float(at), "because", texts) for at, texts in enumerate(cells, 2)
        ]


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=8))
@example([("'=1+1", "''+44 7700"), ("=1+1", "\r"), ("\ufeff", "\n")])
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_text_comes_back_from_the_csv_as_well(cells: list[tuple[str, str]]) -> None:
    """A NUL is no text of a CSV file: such a row is left out."""
    cells = [(one, two) for one, two in cells if "\0" not in one + two]
    assume(cells)
    rows = [row(2, "in", "the sheet"), *(row(at, *texts) for at, texts in enumerate(cells, 3))]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        written = write(folder, rows, to_mend(("+44 (=)", "B")), most_rows=1)
        assert (written.rows, written.rest, written.left_out) == (1, len(cells), 0)
        source = open_list(folder / "fix-me.csv")
        assert (source.headers, source.list_token) == (("+44 (=)", "B"), TOKEN)
        assert read(folder / "fix-me.csv") == dict(enumerate(cells, 3))


def test_what_neither_can_hold_is_left_out_and_counted(tmp_path: Path) -> None:
    too_long, no_character = "a" * 32_768, "a\uffff"
    rows = [row(2, too_long, ""), row(3, "😀" * 16_384, ""), row(4, no_character, ""), row(5, "a", "b", whole=False)]
    assert write(tmp_path, rows) == Written(words=(there_is_none(4),), left_out=4)
    assert [*tmp_path.iterdir()] == []
    written = write(tmp_path, [*rows, row(6, "a", "b"), row(7, "\0", "c")], most_rows=1)
    assert (written.rows, written.rest, written.left_out) == (1, 0, 5)
    assert written.words[1].startswith("fix-me.xlsx: 5 rows are not in it, to be mended in the list itself: ")
    assert list(read(tmp_path / "fix-me.xlsx")) == [6]
    assert not (tmp_path / "fix-me.csv").exists()


def there_is_none(rows: int) -> str:
    return f"there is no fix-me.xlsx: {left_out_words(rows)}"


def test_reasons_are_cut_where_no_cell_holds_them_and_say_so(tmp_path: Path) -> None:
    write(tmp_path, [RowToMend(2, "x" * 40_000, ("a", "b"), {})])
    assert seen(tmp_path / "fix-me.xlsx")[2][""].endswith("… (results.csv has the rest)")


def test_a_program_that_saves_it_again_changes_no_text(tmp_path: Path) -> None:
    texts = [text for text in NASTY if text.strip(" \t\n")]  # of nothing but these openpyxl makes an empty cell
    write(tmp_path, [row(at, text, "end", at0="wrong") for at, text in enumerate(texts, 2)])
    openpyxl.load_workbook(tmp_path / "fix-me.xlsx").save(tmp_path / "again.xlsx")
    assert read(tmp_path / "again.xlsx") == {at: (text, "end") for at, text in enumerate(texts, 2)}


# ---------------------------------------------------------------------- nothing runs


def test_every_cell_is_text_and_none_is_a_formula(tmp_path: Path) -> None:
    columns = columns_of(HEADERS, [(field, [HEADERS[0]]) for field in EXAMPLE.fields[:1]])
    cells = ['=HYPERLINK("https://example.com")', *NASTY[:8]]
    write(tmp_path, [RowToMend(2, "=1+1", cells, {0: "=2+2"})], ToMend(TOKEN, columns, FACTS))
    for line_number, line in enumerate(sheet(tmp_path).iter_rows()):
        for place, cell in enumerate(line):
            assert cell.data_type == ("n" if line_number and not place else "s")
            assert cell.number_format == ("0" if cell.data_type == "n" else "@")
    with zipfile.ZipFile(tmp_path / "fix-me.xlsx") as archive:
        sheets = [archive.read(name) for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
        assert not any(re.search(rb"<f[ >]|<hyperlink", content) for content in sheets)
        assert not [name for name in archive.namelist() if "vba" in name or "external" in name]


def test_what_a_person_adds_is_text_as_well(tmp_path: Path) -> None:
    """A phone number that is typed into an empty cell keeps its zero."""
    write(tmp_path, [row(2, "", "b")])
    column = sheet(tmp_path).column_dimensions["C"]
    assert column.number_format == "@"


# ---------------------------------------------------------------------- a person finds their way


def choices(number: int, label: str = "A choice") -> tuple[Selection, ...]:
    return tuple(Selection(f"{label} {at}", str(at)) for at in range(number))


def test_faulty_cells_are_marked_by_more_than_colour_and_say_why(tmp_path: Path) -> None:
    write(tmp_path, [row(2, "a", "", at0="A is bad", at1="B is required"), row(9, "a", "b")])
    assert faulty(tmp_path / "fix-me.xlsx") == {2: {"A": "A is bad", "B": "B is required"}, 9: {}}
    cell = sheet(tmp_path)["C2"]
    assert (cell.fill.fgColor.rgb, cell.font.bold, cell.border.left.style) == (FAULTY, True, "medium")
    assert (sheet(tmp_path)["D2"].fill.fgColor.rgb, sheet(tmp_path)["D2"].data_type) == (FAULTY, "n")
    assert contrast("5C1A00", FAULTY[2:]) > 7


def contrast(one: str, other: str) -> float:
    """WCAG's ratio of two colours."""

    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05

    return max(light(one), light(other)) / min(light(one), light(other))


def test_notes_end_where_a_program_would_become_slow_and_colours_do_not(tmp_path: Path) -> None:
    write(tmp_path, [row(at, "a", "b", at0="wrong", at1="wrong") for at in range(2, 8)], notes=4)
    shown = faulty(tmp_path / "fix-me.xlsx")
    assert all(set(cells) == {"A", "B"} for cells in shown.values())
    assert [cells["A"] for cells in shown.values()] == ["wrong", "wrong", "", "", "", ""]


def test_the_header_says_what_the_campaign_wants(tmp_path: Path) -> None:
    fields = Field("email", "Email", True, "Email Address"), Field("gender", "Gender", selections=choices(2))
    columns = [
        Column("Mail", fields[:1]),
        Column("Sex", fields[1:]),
        Column("Part", fields[:1], joined=True),
        Column("X"),
    ]
    write(tmp_path, [row(2, *"abcd")], ToMend(TOKEN, columns, FACTS))
    header = sheet(tmp_path)[1]
    notes = [cell.comment.text for cell in header if isinstance(cell.comment, Comment)]
    assert notes == [
        "For Email: Email Address; required",
        "For Gender: one of the campaign's choices; may be empty",
        "For Email, together with other columns: Email Address; required",
        "This column is not sent.",
    ]
    assert [cell.font.underline for cell in header] == [None, None, "single", None, "single", None]


def test_drop_downs_offer_what_the_campaign_takes_and_take_other_values_too(tmp_path: Path) -> None:
    few, many = Field("a", "A", selections=choices(3)), Field("b", "B", selections=choices(40))
    odd = Field("c", "C", selections=(Selection("One, or two", "1"),))
    write(tmp_path, [row(2, "", "", "")], to_mend("ABC", few, many, odd))
    book = openpyxl.load_workbook(tmp_path / "fix-me.xlsx")
    lists = [one for one in sheet_of(book).data_validations.dataValidation if one.type == "list"]
    assert [str(one.sqref) for one in lists] == ["C2", "D2", "E2"]
    assert [one.formula1 for one in lists] == [
        '"A choice 0,A choice 1,A choice 2"',
        "Choices!$A$1:$A$40",
        "Choices!$B$1:$B$1",
    ]
    assert {one.errorStyle for one in lists} == {"warning"}
    hidden = book["Choices"]
    assert hidden.sheet_state == "hidden"
    assert [hidden.cell(at, 1).value for at in (1, 40)] == ["A choice 0", "A choice 39"]
    assert hidden.cell(1, 2).value == "One, or two"
    assert list(read(tmp_path / "fix-me.xlsx")) == [2]


def test_no_drop_down_where_a_cell_feeds_several_fields_or_a_part_of_one() -> None:
    field = Field("a", "A", selections=choices(3))
    columns = columns_of(
        ["One", "Two", "Three", "Four"], [(field, ["One"]), (EXAMPLE.fields[0], ["One"]), (field, ["Two", "Three"])]
    )
    assert [one.choices for one in columns] == [(), (), (), ()]
    assert [one.joined for one in columns] == [False, True, True, False]


def test_the_rows_can_be_filtered_and_their_numbers_stay_in_sight(tmp_path: Path) -> None:
    write(tmp_path, [row(2, "a", "b"), row(3, "a", "b")])
    found = sheet(tmp_path)
    assert (found.freeze_panes, found.auto_filter.ref) == ("C2", "A1:D3")
    numbers = next(one for one in found.data_validations.dataValidation if one.type == "custom")
    assert (str(numbers.sqref), numbers.formula1) == ("A2:A3", "FALSE")
    assert found.column_dimensions["A"].width > 10


def test_all_reasons_of_a_row_can_be_read_without_a_click(tmp_path: Path) -> None:
    long = "Email is not an e-mail address; " * 12
    write(
        tmp_path,
        [row(2, "a", "b"), row(3, "a", "b")._replace(reasons=long), row(4, "a", "b")._replace(reasons=40 * long)],
    )
    found = sheet(tmp_path)
    assert {(found.cell(at, 2).alignment.wrap_text, found.cell(at, 2).alignment.vertical) for at in (2, 3)} == {
        (True, "top")
    }
    heights = [found.row_dimensions[at].height for at in (2, 3, 4)]
    assert heights[0] in (None, 15)
    assert heights[1] >= 15 * len(long) / found.column_dimensions["B"].width
    assert heights[2] < 409, "no spreadsheet program shows a higher row"


def guide(folder: Path) -> str:
    first = openpyxl.load_workbook(folder / "fix-me.xlsx").worksheets[0]
    assert (first.title, first.sheet_view.tabSelected) == ("What to do", True)
    return "\n".join(str(cell.value) for (cell,) in first.iter_rows() if cell.value)


def test_the_first_sheet_says_what_to_do_and_shows_no_cell_of_the_list(tmp_path: Path) -> None:
    write(tmp_path, [row(2, "Jane", "jane@example.com", at0="wrong")])
    words = guide(tmp_path)
    assert words.startswith("What to do\nThe sheet “Rows to mend” has 1 row of leads.csv")
    assert FACTS.check in words
    assert FACTS.run in words
    assert "Jane" not in words
    assert "refused" not in words
    assert "fix-me.csv" not in words


def test_the_first_sheet_says_what_becomes_of_the_good_rows(tmp_path: Path) -> None:
    about = to_mend()
    facts = replace(about.facts, good_rows="The good rows go with the list.")
    write(tmp_path, [row(2, "a", "b")], replace(about, facts=facts))
    assert "perhaps they can be mended. The good rows go with the list.\n" in guide(tmp_path)


def test_the_first_sheet_says_what_else_there_is(tmp_path: Path) -> None:
    rows = [row(at, "a", "b", refused=True) for at in range(2, 6)]
    written = write(tmp_path, [*rows, row(9, "a", "b", whole=False)], most_rows=3)
    words = guide(tmp_path)
    assert written.words[0] == (
        "fix-me.xlsx has 3 rows to mend, fix-me.csv beside it the other 1, for which a sheet has no room"
    )
    assert "The other 1 are in fix-me.csv" in words
    assert "1 row is not in it" in words
    assert "Rows that LeadByte refused are sent as they stand here" in words
    assert list(read(tmp_path / "fix-me.xlsx")) == [2, 3, 4]
    assert list(read(tmp_path / "fix-me.csv")) == [5]


def test_a_sheet_has_room_for_as_many_rows_as_excel_says() -> None:
    assert MOST_ROWS == 2**20 - 1


# ---------------------------------------------------------------------- whole or not at all


def test_nothing_is_left_behind_but_the_workbook_and_nobody_else_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    make = tempfile.mkstemp

    def watched(dir: str | None = None) -> tuple[int, str]:
        made.append(str(dir))
        return make(dir=dir)

    monkeypatch.setattr("tempfile.mkstemp", watched)
    with FixMe(tmp_path, to_mend()) as fix_me:
        fix_me.add([row(2, "Jane", "b")])
        waiting = [one for one in tmp_path.rglob("*") if one.is_file()]
        assert all(one.stat().st_mode & 0o077 == 0 for one in waiting)
        assert not (tmp_path / "fix-me.xlsx").exists()
    assert set(made) == {str(tmp_path / ".fix-me.xlsx.d")}
    assert [one.name for one in tmp_path.iterdir()] == ["fix-me.xlsx"]
    assert (tmp_path / "fix-me.xlsx").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("most_rows", [1, 5])
def test_what_is_broken_off_leaves_nothing(tmp_path: Path, most_rows: int) -> None:
    def some() -> Iterator[RowToMend]:
        yield from (row(2, "a", "b"), row(3, "a", "b"))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), FixMe(tmp_path, to_mend(), most_rows=most_rows) as fix_me:
        fix_me.add(some())
    assert [*tmp_path.iterdir()] == []


def test_what_was_killed_before_is_replaced(tmp_path: Path) -> None:
    remains = tmp_path / ".fix-me.xlsx.d"
    remains.mkdir()
    (remains / "rows").write_text("Jane", encoding="utf-8")
    write(tmp_path, [row(2, "a", "b")])
    assert not remains.exists()


def test_what_there_is_nothing_left_to_mend_in_goes(tmp_path: Path) -> None:
    write(tmp_path, [row(2, "a", "b"), row(3, "a", "b")], most_rows=1)
    assert write(tmp_path, []) == Written()
    assert [*tmp_path.iterdir()] == []


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("xlsxwriter.worksheet.Worksheet._write_single_row", full)
    with pytest.raises(ConfigError, match=r"fix-me\.xlsx cannot be written: No space left on device"):
        write(tmp_path, [row(2, "a", "b"), row(3, "a", "b")])
    assert [*tmp_path.iterdir()] == []


def test_a_list_with_no_room_for_two_columns_more_has_none(tmp_path: Path) -> None:
    headers = [f"c{at}" for at in range(16_383)]
    assert write(tmp_path, [row(2, *headers)], to_mend(headers)).left_out == 1


# ---------------------------------------------------------------------- what LeadByte rejected


def test_the_codes_that_mending_can_cure_are_leadbytes() -> None:
    assert CODES == (-5, -8, -10, -12, -13)
    assert set(CODES) <= set(RESPONSE_CODES)


def test_leadbytes_own_words_are_the_reason() -> None:
    assert said_by_leadbyte(-5, "Email is not a valid email address") == (
        "LeadByte answered Validation error (-5): Email is not a valid email address – correct what it names"
    )
    assert said_by_leadbyte(-8, "") == "LeadByte answered HLR rejection (-8) – the mobile number is not in use"


@pytest.mark.parametrize(
    ("code", "errors", "labels"),
    [
        (-5, "Email is not a valid email address; First Name: too short", ["First_Name", "Email"]),
        (-5, "phone1 is wrong", ["Phone_1"]),
        (-5, "Phone is wrong", []),
        (-5, "Cardboard is wrong", []),
        (-5, "Car", ["Car"]),
        (-5, "", []),
        (-8, "", ["Phone_1"]),
        (-10, "", ["Postcode", "Street"]),
        (-12, "", ["Email"]),
    ],
)
def test_the_cells_that_leadbyte_means_are_found(code: int, errors: str, labels: list[str]) -> None:
    fields = [*(EXAMPLE.fields[at] for at in (4, 3, 7, 8)), Field("street1", "Street"), Field("car", "Car")]
    columns = columns_of("abcdef", [(field, [header]) for field, header in zip(fields, "abcdef", strict=True)])
    assert [columns[at].fields[0].label for at in blamed(code, errors, columns)] == labels
