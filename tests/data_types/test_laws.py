"""The laws that hold for every type and every text."""

from __future__ import annotations

import re
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.data_types import DATA_TYPES, DataType, TypeOptions

from .cells import UNHURRIED

DATE_FORMATS = ("", "%d/%m/%Y", "%m-%d-%Y", "%Y%m%d", "%d%m%Y", "%Y-%m-%d", "%Y-%d-%m", "%d.%m.%y")
KINDS = pytest.mark.parametrize("kind", DATA_TYPES, ids=lambda kind: kind.rule)

OPTIONS: Final = st.builds(
    TypeOptions,
    date_format=st.sampled_from(
        ["", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%y", "%Y%m%d", "%d %B %Y", "%d/%m/%Y %H:%M", "%Y-%d-%m", "%d%d", "no"]
    ),
    send_format=st.sampled_from(["", "%d/%m/%Y", "%Y-%m-%d %H:%M:%S", "%Q"]),
    phone_format=st.sampled_from(["national", "e164"]),
    country=st.sampled_from(
        ["United Kingdom", "", "Jersey", "United States", "Canada", "Ireland", "Germany", "Italy", "Netherlands", "?"]
    ),
)
# Text that looks like cells: pieces of dates, numbers, addresses and postcodes, put together in any order.
PIECES: Final = st.sampled_from(
    list("0123456789") * 2
    + ["+44", "0044", "(0)", "07", "7700 900", "020 7946 0", "+", "1980", "02", "/", "-", ".", ":", " ", "T", "Z"]
    + [
        "Feb",
        "February",
        "st",
        ",",
        "AM",
        "@",
        "mailto:",
        "example.com",
        "a",
        "É",
        "e\u0301",
        "’",
        "\u00a0",
        "\ufeff",
    ]
    + [
        "SW1A",
        "1AA",
        "M",
        "O",
        "BFPO",
        "http://",
        "£",
        "EUR",
        "E+09",
        "e",
        "\n",
        "\x00",
        "１",
        "\ud800",
        "ß",
        "ı",
        "ſ",
    ]
    + ["::", "[", "%", "yes", "x", "'", "\u2212", "\u202a"]
)
CELLS: Final = st.one_of(
    st.text(), st.text(st.characters(codec=None), max_size=8), st.lists(PIECES, max_size=14).map("".join)
)


@KINDS
@UNHURRIED
@given(raw=CELLS, options=OPTIONS)
def test_normalising_twice_is_normalising_once(kind: DataType, raw: str, options: TypeOptions) -> None:
    once = kind.normalise(raw, options)
    assert kind.normalise(once, options) == once


@KINDS
@UNHURRIED
@given(raw=CELLS, options=OPTIONS)
def test_no_text_makes_a_type_raise(kind: DataType, raw: str, options: TypeOptions) -> None:
    assert isinstance(kind.check(raw, options), bool)
    assert kind.explain(raw, options)
    assert isinstance(kind.wire(raw, options), str)


@KINDS
@UNHURRIED
@given(raw=CELLS, options=OPTIONS)
def test_an_explanation_is_one_sentence_after_the_column_name(kind: DataType, raw: str, options: TypeOptions) -> None:
    sentence = kind.explain(raw, options)
    assert sentence == sentence.strip()
    assert sentence.split()[0] in {"is", "has", "contains", "looks", "cannot"}
    assert not sentence.endswith(".")
    assert sentence.isprintable()


@KINDS
@UNHURRIED
@given(raw=CELLS, country=st.sampled_from(["United Kingdom", "Germany", "Canada"]), phone=st.booleans())
def test_what_is_sent_reads_back_as_the_same_value(kind: DataType, raw: str, country: str, phone: bool) -> None:
    options = TypeOptions(country=country, phone_format="e164" if phone else "national")
    canonical = kind.normalise(raw, options)
    if kind.check(canonical, options):
        assert kind.normalise(kind.wire(canonical, options), options) == canonical


@KINDS
@UNHURRIED
@given(raw=CELLS)
def test_white_space_around_a_cell_changes_nothing(kind: DataType, raw: str) -> None:
    options = TypeOptions()
    assert kind.normalise(f" \u00a0{raw}\ufeff \r\n", options) == kind.normalise(raw, options)


@KINDS
def test_empty_text_does_not_raise(kind: DataType) -> None:
    options = TypeOptions()
    assert kind.normalise("", options) == ""
    assert kind.wire("", options) == ""
    assert isinstance(kind.check("", options), bool)
    assert kind.explain("", options)


@KINDS
@UNHURRIED
@given(raw=CELLS)
def test_a_line_break_behind_a_canonical_value_is_not_valid(kind: DataType, raw: str) -> None:
    options = TypeOptions()
    canonical = kind.normalise(raw, options)
    if kind.rule != "text" and kind.check(canonical, options):
        assert not kind.check(canonical + "\n", options)


@KINDS
@pytest.mark.parametrize("country", ["United Kingdom", "Germany"])
@UNHURRIED
@given(data=st.data())
def test_a_plain_form_says_what_the_types_own_functions_say(
    kind: DataType, country: str, data: st.DataObject
) -> None:
    date_format = data.draw(st.sampled_from(DATE_FORMATS))
    options = TypeOptions(country=country, date_format=date_format)
    forms = kind.plain(options)
    if not forms:
        return
    form = data.draw(st.sampled_from(forms))
    value = data.draw(st.from_regex(form.pattern, fullmatch=True))
    if form.canonical:
        assert kind.normalise(value, options) == re.sub(f"(?:{form.pattern})\\Z", form.canonical, value)
        return
    pieces = form.pieces or (slice(None),)
    canonical = "".join(piece if isinstance(piece, str) else value[piece] for piece in pieces)
    assert kind.normalise(value, options) == canonical
    assert kind.check(canonical, options)
