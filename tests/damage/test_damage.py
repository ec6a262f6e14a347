from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from pipeline.columns import Reader
from pipeline.damage import Damage, Finding, Watched, damage_lines, refuse
from pipeline.data_types import TypeOptions
from pipeline.errors import MappingError
from pipeline.model import Field

from ..builders import column


def looked(*columns: tuple[Watched, Sequence[str]], size: int = 1_000) -> tuple[Finding, ...]:
    """What is found in these columns (rows from 2), shown `size` rows at a time."""
    return shown(*columns, size=size).findings()


def shown(*columns: tuple[Watched, Sequence[str]], size: int = 1_000) -> Damage:
    damage = Damage([watched for watched, _ in columns])
    for index, (watched, cells) in enumerate(columns):
        field = Field("a", watched.label, data_type=watched.data_type)
        reader = Reader(field, TypeOptions(date_format=watched.date_format))
        for at in range(0, len(cells), size):
            raw = column(*cells[at : at + size])
            canonical = reader.canonical(raw)
            rows = np.arange(at + 2, at + 2 + len(raw))
            damage.look(index, rows, raw, canonical, ~np.asarray(reader.valid(canonical)))
    return damage


def found(watched: Watched, *cells: str, size: int = 1_000) -> dict[str, tuple[int, int]]:
    """The kinds of damage in one column, each with the number of rows and the first of them."""
    return {one.kind: (one.rows, one.first_row) for one in looked((watched, cells), size=size)}


MOBILE = Watched("Mobile", "Phone_1", "UK Mobile Number")
BORN = Watched("Born", "DOB", "Date")
EMAIL = Watched("Mail", "Email", "Email Address")
NAME = Watched("Surname", "Last_Name", "Alphabetical")
NOTE = Watched("Note", "Note", "Text")
GOOD_MOBILES = [f"07700900{number:03}" for number in range(40)]
GOOD_MAILS = [f"person{number}@example.com" for number in range(40)]


@pytest.mark.parametrize("size", [1, 3, 1_000])
def test_rows_are_counted_over_all_chunks_and_the_first_is_named(size: int) -> None:
    cells = [*GOOD_MOBILES, "7700900123", "07700900124", "7700900125"]
    assert found(MOBILE, *cells, size=size) == {"lost_zero": (2, 42)}


@pytest.mark.parametrize(
    ("watched", "cell", "kind"),
    [
        (MOBILE, "7.7009E+09", "scientific"),
        (MOBILE, "7700900123.0", "decimals"),
        (MOBILE, "#N/A", "error_text"),
        (MOBILE, "NULL", "placeholder"),
        (BORN, "29221", "serial_date"),
        (BORN, "########", "error_text"),
        (NAME, "RenÃ©e", "mojibake"),
        (NAME, "Ren\ufffde", "replaced"),
        (NOTE, "4.4E+11", "scientific"),
        (NOTE, "N/A", "placeholder"),
    ],
)
def test_each_kind_of_damage_is_seen_where_it_stands(watched: Watched, cell: str, kind: str) -> None:
    assert kind in found(watched, "", cell)
    assert found(watched, "", cell)[kind] == (1, 3)


@pytest.mark.parametrize(
    ("watched", "cells"),
    [
        (NAME, ["NA", "Null", "Nan", "O'Brien", "Renée", "Müller-Lüdenscheidt"]),
        (NOTE, ["1E5", "house 12", "-5", "Škoda", "5.0"]),
        (MOBILE, GOOD_MOBILES),
        (EMAIL, GOOD_MAILS),
        (BORN, ["1980-02-13", "13/02/1980", "2/2/1980"]),
    ],
)
def test_what_people_are_called_and_write_is_no_damage(watched: Watched, cells: list[str]) -> None:
    assert found(watched, *cells) == {}


def test_a_number_written_as_a_decimal_may_have_lost_its_zero_as_well() -> None:
    cells = ["07700900124", "7700900123.0", "07700900125.0", " 7700900126.0 "]
    assert found(MOBILE, *cells) == {"decimals": (3, 3), "lost_zero": (2, 3)}


def test_dates_that_can_be_read_both_ways_refuse_the_list_until_the_mapping_declares_the_order() -> None:
    findings = looked((BORN, ["03/04/1980", "05/06/1981", "25/12/1980"]))
    assert [(one.kind, one.rows, one.first_row, one.refuses) for one in findings] == [("ambiguous_date", 2, 2, True)]
    assert '"%d/%m/%Y" (day first)' in findings[0].text
    assert "of the others 1 can only be day first, 0 only month first" in findings[0].text
    with pytest.raises(MappingError, match="nobody can read for certain"):
        refuse(findings)
    declared = Watched("Born", "DOB", "Date", date_format="%d/%m/%Y")
    refuse(looked((declared, ["03/04/1980", "05/06/1981", "25/12/1980"])))


def test_a_declared_order_that_some_dates_contradict_is_said() -> None:
    declared = Watched("Born", "DOB", "Date", date_format="%m/%d/%Y")
    assert found(declared, "03/04/1980", "25/12/1980") == {"other_order": (1, 3)}


def test_two_columns_that_look_like_each_other_are_named_together() -> None:
    [one] = looked((MOBILE, GOOD_MAILS), (EMAIL, GOOD_MOBILES))
    assert one.kind == "swapped"
    assert "look like e-mail addresses, and most of column 'Mail' like mobile numbers" in one.text


def test_one_column_that_looks_like_another_type_is_named_alone() -> None:
    [one] = looked((MOBILE, GOOD_MAILS), (EMAIL, GOOD_MAILS))
    assert (one.kind, one.column) == ("swapped", "Mobile")


def test_a_column_without_any_value_is_named_and_an_unread_one_is_not() -> None:
    assert found(NOTE, "", " ", "") == {"empty": (3, 2)}
    assert found(NOTE) == {}


def test_the_choices_of_the_campaign_are_not_judged_by_the_data_type() -> None:
    choices = Watched("Born", "DOB", "Date", choices=True)
    assert found(choices, "03/04/1980") == {}


def test_a_joined_date_is_told_how_to_be_joined() -> None:
    joined = Watched("Day + Month + Year", "DOB", "Date", joined=True)
    [one] = looked((joined, ["03/04/1980"]))
    assert 'separator: "-"' in one.text


def test_the_lines_for_a_person_hold_no_cell_of_the_list() -> None:
    findings = looked((MOBILE, ["7700900123", "7.70091E+09"]), (NAME, ["ZÃ©phirine"]))
    lines = damage_lines(findings)
    assert lines[0] == "Damage in the file:"
    assert len(lines) == 1 + len(findings)
    assert not any(cell in line for line in lines for cell in ("7700900123", "7.70091", "phirine"))
    assert damage_lines(()) == []


def test_dates_that_were_read_in_the_one_order_in_which_they_exist_are_told_with_it() -> None:
    assert shown((BORN, ["13/04/1980", "31/01/1980", "1980-04-13"])).date_orders() == (
        "dates in column 'Born' (DOB): 2 read day first, the one order in which they exist; the mapping declares "
        "none (date_format)",
    )
    declared = Watched("Born", "DOB", "Date", date_format="%d/%m/%Y")
    assert shown((declared, ["13/04/1980"]), (NAME, ["Ann"])).date_orders() == ()
    assert shown((BORN, ["13/04/1980", "03/04/1980"])).date_orders() == ()  # the damage report tells of both
