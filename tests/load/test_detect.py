"""How a text file is written: found out from all of it, or told, never guessed past a doubt."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.load.files import BLOCK

from .making import only_chunk, open_text, rows_of, text_refusal

GUESS = "not UTF-8; a guess: look at names with accents, else say --encoding"
ZEROS = "by its zero bytes; it has no byte order mark"


@pytest.mark.parametrize(
    ("encoding", "content", "said"),
    [
        ("utf-8", "a,b\n1,Zoë\n".encode(), ()),
        ("utf-8-sig", codecs.BOM_UTF8 + "a,b\n1,Zoë\n".encode(), ()),
        ("utf-16", "a,b\n1,Zoë\n".encode("utf-16"), ("read as utf-16 (by its byte order mark)",)),
        (
            "utf-16",
            codecs.BOM_UTF16_BE + "a,b\n1,Zoë\n".encode("utf-16-be"),
            ("read as utf-16 (by its byte order mark)",),
        ),
        ("utf-16-le", "a,b\n1,Zoë\n".encode("utf-16-le"), (f"read as utf-16-le ({ZEROS})",)),
        ("utf-16-be", "a,b\n1,Zoë\n".encode("utf-16-be"), (f"read as utf-16-be ({ZEROS})",)),
        ("cp1252", "a,b\n1,Zoë\n".encode("cp1252"), (f"read as cp1252 ({GUESS})",)),
        ("mac-roman", "a,b\n1,Zoë\n2,José\n3,André\n".encode("mac-roman"), (f"read as mac-roman ({GUESS})",)),
    ],
)
def test_the_encoding_is_found(tmp_path: Path, encoding: str, content: bytes, said: tuple[str, ...]) -> None:
    source = open_text(tmp_path, content)
    assert source.encoding == encoding
    assert source.headers == ("a", "b")
    assert rows_of(only_chunk(source))[2] == ["1", "Zoë"]
    assert source.decisions() == said


def test_the_whole_file_decides_not_its_beginning(tmp_path: Path) -> None:
    filler = b"1,x\n" * (BLOCK // 4 + 10)
    assert open_text(tmp_path, b"a,b\n" + filler + b"1,Zo\xeb\n").encoding == "cp1252"


def test_a_character_across_two_blocks_is_one_character(tmp_path: Path) -> None:
    head = b"a,b\n1,"
    content = head + b"x" * (BLOCK - len(head) - 1) + "ë\n".encode()
    assert open_text(tmp_path, content).encoding == "utf-8"


def test_the_told_encoding_wins(tmp_path: Path) -> None:
    source = open_text(tmp_path, "a,b\n1,Zoë\n".encode("mac-roman"), encoding="mac-roman")
    assert rows_of(only_chunk(source)) == {2: ["1", "Zoë"]}
    assert source.decisions() == ("read as mac-roman (as told)",)


@pytest.mark.parametrize(("told", "mark"), [("utf-8", codecs.BOM_UTF8), ("utf-16-le", codecs.BOM_UTF16_LE)])
def test_a_byte_order_mark_is_never_part_of_the_header(tmp_path: Path, told: str, mark: bytes) -> None:
    assert open_text(tmp_path, mark + "a,b\n1,2\n".encode(told), encoding=told).headers == ("a", "b")


@pytest.mark.parametrize(
    ("content", "encoding", "line", "offset"),
    [
        (b"a,b\n1,Zo\xeb\n2,\x81\n", "", 3, 12),
        (codecs.BOM_UTF8 + b"a,b\n1,\xeb\n", "", 2, 9),
        (b"a,b\n1,2\n1,\xeb\n", "utf-8", 3, 10),
        (b"a,b\n1,2\n1,\xc3", "utf-8", 3, 10),
        (b"a,b\n" + b"1,2\n" * BLOCK + b"1,\xff\n", "utf-8", BLOCK + 2, 4 + 4 * BLOCK + 2),
    ],
    ids=["cp1252 lacks it", "after a mark", "told", "cut off", "in a later block"],
)
def test_a_byte_that_is_no_character_is_named_by_line_and_offset(
    tmp_path: Path, content: bytes, encoding: str, line: int, offset: int
) -> None:
    error = text_refusal(tmp_path, content, encoding=encoding)
    assert f"line {line}: " in error.message
    assert f"at offset {offset} " in error.message
    assert "--encoding" in error.hint


@pytest.mark.parametrize("content", [b"a,b\n1,\0\n", b"a,b\n\0\0,x\n", bytes(5000)])
def test_nul_characters_show_that_it_is_no_text_file(tmp_path: Path, content: bytes) -> None:
    assert "NUL" in text_refusal(tmp_path, content).message


NAMES = [
    "José",
    "André",
    "Zoë",
    "Müller",
    "Jörg",
    "Søren",
    "François",
    "Núñez",
    "Strauß",
    "Élodie",
    "O’Brien",
    "Siân",
]
POLISH = [
    "Wiśniewski",
    "Grzegorz",
    "Pawłowski",
    "Małgorzata",
    "Żak",
    "Gołębiowski",
    "Świątek",
    "Dąbrowski",
    "Kozłowski",
]
RUSSIAN = [
    "Иванов",
    "Смирнов",
    "Кузнецов",
    "Попов",
    "Васильев",
    "Соколов",
    "Михайлов",
    "Новиков",
    "Федоров",
    "Лебедев",
]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    names=st.lists(st.sampled_from(NAMES), min_size=1, max_size=20),
    encoding=st.sampled_from(
        ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1", "mac-roman"]
    ),
)
def test_western_names_come_back_or_the_choice_is_said(tmp_path: Path, names: list[str], encoding: str) -> None:
    content = "name,email\n" + "".join(f"{name},x{row}@example.com\n" for row, name in enumerate(names))
    content = content.encode(encoding, "ignore").decode(encoding)
    source = open_text(tmp_path, content.encode(encoding))
    found = [cells[0] for cells in rows_of(only_chunk(source)).values()]
    same = found == [line.split(",")[0] for line in content.splitlines()[1:]]
    if encoding != "mac-roman":
        assert same
    assert same or "a guess" in source.decisions()[0]


@pytest.mark.parametrize(
    ("encoding", "names"),
    [
        ("mac-roman", NAMES), ("cp1250", POLISH * 2), ("cp1251", RUSSIAN * 2), ("koi8_r", RUSSIAN * 2),
        ("cp1252", ["“Café”", "D’Arcy", "5 €", "Smith–Jones", "¡Hola!", "Nº 5", "ÉLODIE", "«Zoë»", "£100", "Ltd®"]),
    ],
)  # fmt: skip
def test_the_words_show_the_encoding(tmp_path: Path, encoding: str, names: list[str]) -> None:
    text = "name,email\n" + "".join(f"{name},x{row}@example.com\n" for row, name in enumerate(names))
    source = open_text(tmp_path, text.encode(encoding))
    assert [cells[0] for cells in rows_of(only_chunk(source)).values()] == names
    assert source.decisions() == (f"read as {source.encoding} ({GUESS})",)


@pytest.mark.parametrize(("encoding", "names"), [("cp850", NAMES[:3]), ("cp1251", RUSSIAN[:3])])
def test_too_few_words_of_a_rare_encoding_are_refused_with_the_cure(
    tmp_path: Path, encoding: str, names: list[str]
) -> None:
    error = text_refusal(tmp_path, b"name\nAda\n" + "\n".join(names).encode(encoding))
    assert "line 3: " in error.message
    assert "no other encoding makes sense" in error.message
    assert "--encoding" in error.hint


def test_a_broken_byte_among_utf8_does_not_make_it_another_encoding(tmp_path: Path) -> None:
    error = text_refusal(tmp_path, "a,b\n1,Zoë\n2,".encode() + b"Zo\xeb\n")
    assert "line 3: byte 0xeb at offset 15 " in error.message
    assert "other characters of the file are written in UTF-8" in error.message
    assert "--encoding" in error.hint


@pytest.mark.parametrize("encoding", ["bogus", "hex", "x\0y", "unicode_escape", "utf-7"])
def test_an_encoding_that_does_not_exist_is_refused(tmp_path: Path, encoding: str) -> None:
    assert "--encoding" in text_refusal(tmp_path, "a,b\n1,2\n", encoding=encoding).message


@pytest.mark.parametrize(
    ("content", "delimiter", "headers"),
    [
        ("a,b\n1,2\n", ",", ("a", "b")),
        ("a;b\n1,5;2,5\n", ";", ("a", "b")),
        ("a\tb\n1\t2\n", "\t", ("a", "b")),
        ("a|b\n1|2\n", "|", ("a", "b")),
        ("Name, full;Email;Phone\nLovelace, Ada;a@b;1\nByron, Al;c@d;2\n", ";", ("Name, full", "Email", "Phone")),
        ("a;b (x, y, z, or w)\n1;2\n", ";", ("a", "b (x, y, z, or w)")),
        ('"a";"b"\n"1,2,3";"2"\n', ";", ("a", "b")),
        ("a,b,c\n1,2\n", ",", ("a", "b", "c")),
        ("a,b\n1,2,\n3,4,\n", ",", ("a", "b")),
        ("a;b,,\n1;2,,\n", ";", ("a", "b,,")),
        ("List of May, 2024\n\na;b;c\nx;y;1\nz;w;2\n", ";", ("a", "b", "c")),
    ],
)
def test_the_delimiter_is_the_one_that_divides_header_and_rows_alike(
    tmp_path: Path, content: str, delimiter: str, headers: tuple[str, ...]
) -> None:
    source = open_text(tmp_path, content)
    assert (source.delimiter, source.headers) == (delimiter, headers)


@pytest.mark.parametrize("content", ["Email\na@example.com\n", "Name, as on passport\nAda\nAl\n"])
def test_a_list_of_one_column_is_fine(tmp_path: Path, content: str) -> None:
    source = open_text(tmp_path, content, delimiter=";" if "," in content else "")
    assert len(source.headers) == 1
    assert rows_of(only_chunk(source))[2] in (["a@example.com"], ["Ada"])


def test_a_list_of_one_column_says_so(tmp_path: Path) -> None:
    assert open_text(tmp_path, "Email\na@b\n").decisions() == ("no delimiter found: a list of one column",)


@pytest.mark.parametrize(
    ("word", "character"),
    [("tab", "\t"), ("\\t", "\t"), ("\t", "\t"), ("comma", ","), ("Semicolon", ";"), ("pipe", "|"), ("~", "~")],
)
def test_the_told_delimiter_may_be_a_word(tmp_path: Path, word: str, character: str) -> None:
    source = open_text(tmp_path, f"a{character}b\n1{character}2\n", delimiter=word)
    assert (source.delimiter, source.headers) == (character, ("a", "b"))
    assert source.decisions()[0].endswith("(as told)")


@pytest.mark.parametrize("word", ["xx", "a", '"', "\n", "  "])
def test_what_cannot_be_a_delimiter_is_refused(tmp_path: Path, word: str) -> None:
    assert "--delimiter" in text_refusal(tmp_path, "a,b\n1,2\n", delimiter=word).message


@pytest.mark.parametrize(
    ("line", "delimiter"),
    [("sep=;\r\n", ";"), ('"sep=|"\n', "|"), ("SEP=\t\n", "\t"), ("sep=,\r", ",")],
)
def test_the_first_line_that_names_the_delimiter_is_no_row(tmp_path: Path, line: str, delimiter: str) -> None:
    source = open_text(tmp_path, f"{line}a{delimiter}b\n1{delimiter}2\n")
    assert (source.delimiter, source.headers, source.header_row) == (delimiter, ("a", "b"), 1)
    assert rows_of(only_chunk(source)) == {2: ["1", "2"]}
    assert source.decisions()[0].endswith("(as the file's first line says)")


def test_the_told_delimiter_outranks_the_first_line(tmp_path: Path) -> None:
    source = open_text(tmp_path, "sep=;\na,b\n1,2\n", delimiter=",")
    assert (source.headers, list(rows_of(only_chunk(source)))) == (("a", "b"), [2])


def test_a_line_of_the_file_is_named_by_its_own_number_below_such_a_line(tmp_path: Path) -> None:
    assert ", line 3: " in text_refusal(tmp_path, 'sep=;\na;b\n1;"x\n').message


@pytest.mark.parametrize("line", ["sep=x", "sep=", "sep", "separator=;"])
def test_a_first_line_that_only_looks_like_it_is_a_row(tmp_path: Path, line: str) -> None:
    assert open_text(tmp_path, f"{line}\n1\n", delimiter=",").headers == (line,)


def test_a_tsv_is_separated_by_tabs_without_asking(tmp_path: Path) -> None:
    source = open_text(tmp_path, "a,b\tc\n1,2\t3\n", name="list.TSV")
    assert (source.kind, source.unit, source.headers) == ("tsv", "B", ("a,b", "c"))


def test_the_decisions_name_the_delimiter(tmp_path: Path) -> None:
    assert open_text(tmp_path, "a;b\n1;2\n").decisions() == ("fields separated by ;",)
    assert open_text(tmp_path, "a\tb\n1\t2\n").decisions() == ("fields separated by tabs",)
