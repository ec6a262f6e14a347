from __future__ import annotations

import pytest

from pipeline.data_types.text import ALPHABETICAL, TEXT, YES_NO

from .cells import canonical, fault


@pytest.mark.parametrize(
    ("raw", "text"),
    [(" a b ", "a b"), ("a  b", "a  b"), ("NA", "NA"), ("0077", "0077"),
     ("line\nbreak\tand tab", "line\nbreak\tand tab"),
     ("\ufeffText\u200b", "Text"), ("👩\u200d🔬 café", "👩\u200d🔬 café"), ("=1+1", "=1+1")],
)  # fmt: skip
def test_text_is_stripped_and_otherwise_left_alone(raw: str, text: str) -> None:
    assert canonical(TEXT, raw) == text


@pytest.mark.parametrize(
    ("raw", "code"), [("a\x00b", "U+0000"), ("a\x1bb", "U+001B"), ("a\x85b", "U+0085"), ("\ud800", "U+D800")]
)
def test_a_control_character_in_text_is_named(raw: str, code: str) -> None:
    assert code in fault(TEXT, raw)


@pytest.mark.parametrize(
    "name",
    ["Ann", "Anne-Marie", "O'Neil", "O’Neil", "St. John", "José", "Zoë", "Łukasz", "Nguyễn",
     "Ольга", "李小龍", "محمد",
     "अमित", "J. R. R.", "Şükrü", "d‑Arc"],
)  # fmt: skip
def test_names_of_any_script_are_alphabetical(name: str) -> None:
    assert canonical(ALPHABETICAL, name) == name


@pytest.mark.parametrize(
    ("raw", "name"),
    [("  Mary \u00a0 Ann ", "Mary Ann"), ("Mary\tAnn", "Mary Ann"), ("Jose\u0301", "José"), ("\ufeffAnn", "Ann")],
)
def test_a_name_is_composed_and_its_white_space_collapsed(raw: str, name: str) -> None:
    assert canonical(ALPHABETICAL, raw) == name


@pytest.mark.parametrize(
    ("raw", "words"),
    [("R2D2", "contains “2”"), ("Smith, J", "contains “,”"), ("Ann_Marie", "contains “_”"), ("---", "no letter"),
     ("Jos\ufffd", "encoding"), ("a\x00b", "U+0000"), ("a\u202eb", "U+202E"), ("Ann & Bob", "contains “&”"),
     ("Ann١", "contains “١”"), (".", "no letter")],
)  # fmt: skip
def test_what_is_not_alphabetical_is_named(raw: str, words: str) -> None:
    assert words in fault(ALPHABETICAL, raw)


@pytest.mark.parametrize(
    ("raw", "answer"),
    [
        ("yes", "Yes"),
        ("Y", "Yes"),
        ("TRUE", "Yes"),
        ("1", "Yes"),
        ("No", "No"),
        ("n", "No"),
        ("False", "No"),
        (" 0 ", "No"),
    ],
)
def test_yes_and_no_have_one_spelling(raw: str, answer: str) -> None:
    assert canonical(YES_NO, raw) == answer


@pytest.mark.parametrize("raw", ["maybe", "2", "yes please", "-"])
def test_anything_else_is_neither_yes_nor_no(raw: str) -> None:
    assert "expected Yes or No" in fault(YES_NO, raw)
