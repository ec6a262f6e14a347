"""Normalise stage, by the column: the cells of one field as Arrow arrays, read, judged and sent.

Most values fit a data type's `plain` patterns and are settled by the column; the others are read one by one, each
distinct value once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Generic, TypeAlias, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.data_types import Plain, TypeOptions
from pipeline.model import Field
from pipeline.normalise import no_choice, selection, type_of

if TYPE_CHECKING:
    import pandas as pd

#: A column's values: large_string, "" for an empty cell, no nulls.
Texts: TypeAlias = "pa.LargeStringArray"

#: Distinct values that a field remembers: enough for the repeats within a list, small enough for flat memory.
REMEMBERED: Final = 8_192
#: So many values show whether a column repeats itself.
_SAMPLE: Final = 2_000

# Arrow's own pool keeps what was freed: 8 % more memory at the peak, and no quicker (docs/performance.md).
pa.set_memory_pool(pa.system_memory_pool())

_T = TypeVar("_T")


def texts(series: pd.Series[str]) -> Texts:
    """A pandas column of text as one Arrow array; without a copy, unless it is in pieces."""
    found = pa.chunked_array(pa.array(series, pa.large_string()))
    return found.chunk(0) if found.num_chunks == 1 else found.combine_chunks()


class _Memo(dict[str, _T], Generic[_T]):
    """What `function` says of a text, asked once per distinct text; forgets all of it rather than grow."""

    def __init__(self, function: Callable[[str], _T]) -> None:
        self._function = function

    def __missing__(self, text: str) -> _T:
        if len(self) >= REMEMBERED:
            self.clear()
        found = self[text] = self._function(text)
        return found


class Reader:
    """How the cells of one field are read, judged and sent. Several threads may use it at once."""

    def __init__(self, field: Field, options: TypeOptions) -> None:
        kind = type_of(field)
        self._plain: tuple[Plain, ...] = ()
        if field.selections:
            allowed = {one.value for one in field.selections}
            self._canonical = _Memo(selection(field))
            self._valid = _Memo(allowed.__contains__)
            self._wire = _Memo(str)
            self._explain = _Memo(lambda _value: no_choice(field))
        else:
            self._plain = kind.plain(options)
            self._canonical = _Memo(lambda value: kind.normalise(value, options))
            self._valid = _Memo(lambda value: kind.check(value, options))
            self._wire = _Memo(lambda value: kind.wire(value, options))
            self._explain = _Memo(lambda value: kind.explain(value, options))

    def canonical(self, cells: Texts) -> Texts:
        """The cells in canonical form; what is not understood stays as it is, stripped."""
        return self.read(cells)[0]

    def read(self, cells: Texts) -> tuple[Texts, np.ndarray]:
        """The cells in canonical form, and where a plain form has shown already that `valid` is true."""
        distinct, places = _distinct(cells)
        canonical, sure = self._read(distinct)
        return (canonical, sure) if places is None else (canonical.take(places), sure[places])

    def valid(self, canonical: Texts) -> pa.BooleanArray:
        """For each canonical value whether it may be sent; an empty one may, as far as its type goes."""
        distinct, places = _distinct(canonical)
        valid = self._judge(distinct)
        return valid if places is None else valid.take(places)

    def wire(self, canonical: Texts) -> Texts:
        """Canonical values as the campaign wants them sent (date format, phone format); empty stays empty."""
        return _each(canonical, self._wire, pa.large_string())

    def explain(self, cells: Texts) -> Texts:
        """For each cell that is not valid why not: the end of a sentence that begins with the field's label."""
        return _each(cells, self._explain, pa.large_string())

    def _read(self, cells: Texts) -> tuple[Texts, np.ndarray]:
        made: list[tuple[np.ndarray, Texts]] = []
        sure = np.zeros(len(cells), dtype=bool)
        left = np.flatnonzero(pc.not_equal(cells, ""))
        for plain in self._plain:
            values = cells.take(left)
            fits = _fits(values, plain.pattern)
            at = left[fits]
            sure[at] = not plain.canonical
            if plain.canonical:
                made.append((at, pc.replace_substring_regex(values.filter(fits), plain.pattern, plain.canonical)))
            elif plain.pieces:
                made.append((at, _put_together(values.filter(fits), plain.pieces)))
            left = left[~fits]
        made.append((left, _each(cells.take(left), self._canonical, pa.large_string())))
        return _replaced(cells, made), sure

    def _judge(self, canonical: Texts) -> pa.BooleanArray:
        valid = np.ones(len(canonical), dtype=bool)
        left = np.flatnonzero(pc.not_equal(canonical, ""))
        for plain in self._plain:
            if not plain.canonical and not plain.pieces:
                left = left[~_fits(canonical.take(left), plain.pattern)]
        valid[left] = _each(canonical.take(left), self._valid, pa.bool_())
        return pa.array(valid)


def _fits(values: Texts, pattern: str) -> np.ndarray:
    return np.asarray(pc.match_substring_regex(values, rf"\A(?:{pattern})\z"))


def _put_together(values: Texts, pieces: tuple[str | slice, ...]) -> Texts:
    parts = [
        pa.scalar(piece, values.type)
        if isinstance(piece, str)
        else pc.utf8_slice_codeunits(values, piece.start, piece.stop)
        for piece in pieces
    ]
    return pc.binary_join_element_wise(*parts, pa.scalar("", values.type))


def _replaced(values: Texts, made: list[tuple[np.ndarray, Texts]]) -> Texts:
    """The values, with others at some positions."""
    made = [(at, new) for at, new in made if len(at)]
    if not made:
        return values
    places, size = np.arange(len(values)), len(values)
    for at, _new in made:
        places[at] = np.arange(size, size + len(at))
        size += len(at)
    return pa.concat_arrays([values, *(new for _at, new in made)]).take(places)


def _distinct(values: Texts) -> tuple[Texts, pa.Array | None]:
    """A column's distinct values, and the place of each value among them; itself and None if it seldom repeats."""
    sample = values.slice(0, _SAMPLE)
    if 2 * pc.count_distinct(sample).as_py() > len(sample):
        return values, None
    coded = values.dictionary_encode()
    return coded.dictionary, coded.indices


def _each(values: Texts, memo: _Memo[_T], kind: pa.DataType) -> pa.Array:
    """What `memo` says of each value."""
    coded = values.dictionary_encode()
    return pa.array([memo[text] for text in coded.dictionary.to_pylist()], kind).take(coded.indices)
