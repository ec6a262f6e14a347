"""Suppression lists as they come, and what is no suppression list."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import pytest
from xlsxwriter import Workbook

from pipeline.errors import InputError
from pipeline.people import EMAIL, PHONE
from pipeline.suppression.forms import UK, Place
from pipeline.suppression.looking import OfFile, Suppression
from pipeline.suppression.reading import SuppressionList, read_suppression_list
from tests.builders import column

MD5 = hashlib.md5(b"jane@example.com", usedforsecurity=False).hexdigest()
MD5_OF_A_NUMBER = hashlib.md5(b"07700900123", usedforsecurity=False).hexdigest()
SHA256 = hashlib.sha256(b"07700900123").hexdigest()


def read(path: Path, *countries: str) -> SuppressionList:
    return read_suppression_list(str(path), path.name, path.parent / "output", countries)


def written(folder: Path, content: str | bytes, name: str = "dnc.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def finds(found: SuppressionList, emails: str = "", phone: str = "", country: str = UK) -> bool:
    places = [Place("email", "Email", EMAIL), Place("phone1", "Phone_1", PHONE, country)]
    return bool(Suppression(places, [OfFile(found)]).find({"email": column(emails), "phone1": column(phone)}))


JANE_AND_A_NUMBER = {
    "lines": "jane@example.com\n07700 900123\n",
    "lines of Windows, with blank ones and no end": "jane@example.com\r\n\r\n+44 7700 900123",
    "hashes": f"{MD5.upper()}\n{SHA256}\n",
    "hashes of one kind": f"{MD5}\n{MD5_OF_A_NUMBER}\n",
    "csv": "Name,E-mail,Mobile,Since\nJane,jane@example.com,07700 900123,2020-01-01\n",
    "csv of Excel in German": "Kunde;Email\n1;JANE@example.com\n2;07700900123\n",
    "csv of hashes": f"id,email_md5,phone-sha256\n1,{MD5},\n2,,{SHA256}\n",
    "csv with a title for a header": "Do not call\njane@example.com\n07700900123\n",
    "quoted, with a mark": '\ufeff"Customer email address"\n"Jane@Example.com"\n"0044 7700900123"\n',
    "spreadsheet's numbers": "Phone number\n7700900123\njane@example.com\n",
}


@pytest.mark.parametrize("content", JANE_AND_A_NUMBER.values(), ids=JANE_AND_A_NUMBER)
def test_a_list_is_read_in_whatever_form_it_comes(tmp_path: Path, content: str) -> None:
    found = read(written(tmp_path, content))
    assert (found.entries, found.unread) == (2, 0)
    assert finds(found, "jane@example.com")
    assert finds(found, phone="07700900123")
    assert not finds(found, "john@example.com", "07700900124")


def test_a_packed_list_one_in_utf_16_and_a_workbook_are_read_too(tmp_path: Path) -> None:
    book = tmp_path / "dnc.xlsx"
    with Workbook(str(book)) as workbook:
        workbook.add_worksheet().write_column(0, 0, ["email", "jane@example.com"])
    paths = [
        written(tmp_path, gzip.compress(b"jane@example.com\njoe@example.com\n"), "dnc.csv.gz"),
        written(tmp_path, "email\tname\njane@example.com\tJane\n".encode("utf-16"), "dnc.txt"),
        book,
    ]
    for path in paths:
        assert finds(read(path), "jane@example.com"), path.name
    assert not (tmp_path / "output").exists(), "what was unpacked is gone"


def test_all_of_a_long_list_is_read(tmp_path: Path) -> None:
    lines = [f"person{number}@example.com" for number in range(60_000)]
    found = read(written(tmp_path, "\n".join(["email", *lines])))
    assert (found.entries, found.unread) == (60_000, 0)
    assert all(finds(found, lines[at]) for at in (0, 49_150, 49_151, 49_152, 59_999))


def test_numbers_without_their_country_are_of_every_country_that_is_asked_for(tmp_path: Path) -> None:
    path = written(tmp_path, "030 901820\n")
    assert finds(read(path, UK, "Germany"), phone="+4930901820", country="Germany")
    with pytest.raises(InputError, match="hardly an entry"):
        read(path, "Atlantis")


def test_cells_that_are_no_entry_are_counted_and_shown_masked(tmp_path: Path) -> None:
    good = [f"p{number}@example.com" for number in range(6)]
    bad = ["abc", "jane at example.com", "Jane <jane@example.com>", "7.7009E+09", "2020-01-01"]
    found = read(written(tmp_path, "\n".join([*good, "", *bad])))
    assert (found.entries, found.unread) == (6, 5)
    assert found.examples == [(8, "a***"), (9, "j*** at e***.com"), (10, "J*** <j***@e***.c***>")]


WRONG = {
    "another list": (
        "Name,City\nJane,London\nJoe,Leeds\n",
        r"2 of its 2 cells are none \(row 2: 'J\*\*\*', row 3: 'J\*\*\*'\)",
    ),
    "more than half of it": ("jane@example.com\nabc\nabd\n", "2 of its 3 cells are none"),
    "empty columns": ("email,name\n,Jane\n,Joe\n", "it has none"),
    "a header alone": ("email\n", "it has none"),
    "nothing": ("", "dnc.csv is empty"),
    "blank lines": ("\n\n\n", "dnc.csv is empty"),
    "a quote that is never closed": ('email\n"jane@example.com\n', "a quote is opened and never closed"),
}


@pytest.mark.parametrize(("content", "said"), WRONG.values(), ids=WRONG)
def test_what_is_no_suppression_list_is_refused(tmp_path: Path, content: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        read(written(tmp_path, content))
    assert caught.value.message.startswith("the suppression list")
    assert caught.value.hint


def test_a_list_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot be used: dnc\.csv does not exist"):
        read_suppression_list(str(tmp_path / "dnc.csv"), "dnc.csv", tmp_path)


def test_half_of_it_unreadable_is_not_more_than_half(tmp_path: Path) -> None:
    assert read(written(tmp_path, "jane@example.com\nabc\n")).unread == 1


def test_the_hash_of_nothing_suppresses_nobody(tmp_path: Path) -> None:
    """Lists of hashes made of a column with gaps have it."""
    nothing = [hashlib.md5(b"", usedforsecurity=False).hexdigest(), hashlib.sha256(b"").hexdigest()]
    assert not finds(read(written(tmp_path, "\n".join(nothing))))
