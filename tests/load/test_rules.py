"""Rows that no honest list holds: control characters, endless cells, swallowed rows, footers."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.load.rules import FOOTER, LONGEST_CELL

from .making import only_chunk, open_text, rows_of

HEADER = "Title,Name,Surname,Email,Phone,Notes\n"
LEAD = "Ms,Ada,Lovelace,ada@example.com,07700900123,\n"


@pytest.mark.parametrize("character", ["\x01", "\x08", "\x0b", "\x0c", "\x1b", "\x1f", "\x7f"])
def test_a_control_character_spoils_its_row_only(tmp_path: Path, character: str) -> None:
    chunk = only_chunk(open_text(tmp_path, f"a,b\nx,1\ny{character}y,{character}\nz,3\n"))
    code = f"(U+{ord(character):04X})"
    assert chunk.faults == {3: f"'a' holds a control character {code}; 'b' holds a control character {code}"}
    assert rows_of(chunk)[3] == [f"y{character}y", character]


@pytest.mark.parametrize(("character", "meant"), [("\x80", "€"), ("\x85", "…"), ("\x92", "’"), ("\x9f", "Ÿ")])
def test_a_character_of_windows_read_as_latin_spoils_its_row_and_is_named(
    tmp_path: Path, character: str, meant: str
) -> None:
    text = f"a,b\nx,1\ny{character}y,é{character}\nz,3\n"
    chunk = only_chunk(open_text(tmp_path, text.encode("latin-1"), encoding="latin-1"))
    code = f"U+{ord(character):04X}"
    what = f"holds a control character ({code}: it was read in the wrong encoding, and is {meant} in cp1252)"
    assert chunk.faults == {3: f"'a' {what}; 'b' {what}"}


def test_a_control_character_that_windows_has_no_letter_for_is_told_by_its_number(tmp_path: Path) -> None:
    assert only_chunk(open_text(tmp_path, "a,b\nx\x81,1\n")).faults == {2: "'a' holds a control character (U+0081)"}


def test_what_shares_its_first_byte_with_control_characters_is_none(tmp_path: Path) -> None:
    assert only_chunk(open_text(tmp_path, "a,b\n£5,\u00a0x\n¿,½\n")).faults == {}


def test_tabs_line_breaks_and_letters_of_all_scripts_are_no_control_characters(tmp_path: Path) -> None:
    assert only_chunk(open_text(tmp_path, 'a,b\n"x\ty\r\nz\rw\n",Zoë Łuk Ωλ 漢\n')).faults == {}


@pytest.mark.parametrize("letter", ["x", "é", "漢"])
def test_a_cell_may_have_as_many_characters_as_in_a_spreadsheet(tmp_path: Path, letter: str) -> None:
    chunk = only_chunk(open_text(tmp_path, f"a,b\n1,{letter * LONGEST_CELL}\n2,{letter * (LONGEST_CELL + 1)}\n"))
    assert chunk.faults == {3: "'b' has 32,768 characters, and a spreadsheet's cell at most 32,767"}


def test_rows_swallowed_between_two_stray_quotes_are_a_fault(tmp_path: Path) -> None:
    text = HEADER + LEAD + 'Mr,Al,"Byron,al@example.com,1,\n' + LEAD * 2 + 'Mr,Bo,Cox",bo@example.com,2,\n' + LEAD
    chunk = only_chunk(open_text(tmp_path, text))
    assert list(chunk.faults) == [3]
    assert "'Surname' holds what reads as 4 rows" in chunk.faults[3]


@pytest.mark.parametrize(
    "notes",
    ["Flat 1,\n2 High Street,\nLeeds", "one, two, three\nfour, five", "a,b,c,d,e,f\n", "\n,,,,,\n"],
)
def test_lines_in_a_cell_that_do_not_read_as_rows_are_fine(tmp_path: Path, notes: str) -> None:
    assert only_chunk(open_text(tmp_path, f'{HEADER}Ms,Ada,Lovelace,a@example.com,1,"{notes}"\n')).faults == {}


@pytest.mark.parametrize(
    "row",
    [
        "Total,,,,,300",
        "TOTAL:,300,,,,",
        ",,Grand total,,300,",
        '"Total leads: 1,000",,,,,',
        "Records: 300,,,,,",
        "300 rows,,,,,",
        "(300 rows affected),,,,,",
        "Exported by Jo Smith on 01/05/2024,,,,,",
        "Generated on,01/05/2024 10:30,,,,",
        "End of report,,,,,",
        "Page 3 of 3,,,,,",
        "© Acme Ltd 2024,,,,,",
        "Total,,£300.00,,,",
    ],
)
def test_a_footer_is_a_fault_and_not_dropped(tmp_path: Path, row: str) -> None:
    chunk = only_chunk(open_text(tmp_path, HEADER + LEAD + row + "\n"))
    assert FOOTER in chunk.faults[3]
    assert 3 in chunk.frame.index


def test_a_footer_of_another_width_says_both(tmp_path: Path) -> None:
    chunk = only_chunk(open_text(tmp_path, HEADER + LEAD + "Total: 1\n"))
    assert chunk.faults == {3: f"has 1 cell, the header has 6; {FOOTER}"}


@pytest.mark.parametrize(
    "row",
    [
        ",Total,,,07700900123,",
        ",Total,Smith,,,",
        ",Page,,page@example.com,,",
        ",Page,,,07700 900123,",
        ",Exported by,,exported@example.com,,",
        ",,,total@example.com,,",
        ",,,,07700900123,",
        ",Count,,,447700900123,",
        ",Count Dracula,,,,",
        ",Totally Fine,,,,300",
    ],
)
def test_a_lead_with_few_cells_is_no_footer(tmp_path: Path, row: str) -> None:
    assert only_chunk(open_text(tmp_path, HEADER + row + "\n")).faults == {}
