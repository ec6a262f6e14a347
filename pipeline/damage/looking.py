"""Looks at one chunk of one column: which positions show which damage. Pure, and by the column.

Every cell of a list passes here, so the common case is settled by the bytes: lengths, first bytes, and whether
there is anything beyond ASCII. Patterns then run over the few values that are left.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.damage.findings import Kind
from pipeline.damage.signs import MOJIBAKE, REPLACED, WORDS, Sign, order

if TYPE_CHECKING:
    from pipeline.columns import Texts

#: Kinds of damage, each with the positions in the chunk that show it.
Found = list[tuple[Kind, np.ndarray]]

# What a value with a sign of damage begins with: these, or in values as short as NULL an N.
_STARTS: Final = np.isin(np.arange(256), np.frombuffer(b"#-(<.?123456789", np.uint8))
_STARTS_SHORT: Final = np.isin(np.arange(256), np.frombuffer(b"Nn", np.uint8))
_SHORT: Final = len("NULL")
_SPACE: Final = ord(" ")
_BEYOND_ASCII: Final = 0x80
_DECIMAL: Final = r"[0-9]{7,}\.0"


def filled(values: Texts) -> np.ndarray:
    """Where there is any text."""
    return _lengths(values) > 0


def holds(raw: Texts) -> bool:
    """Whether any cell holds more than blanks."""
    return bool(filled(_trimmed(raw)).any())


def signs(canonical: Texts, known: tuple[Sign, ...], unread: np.ndarray, rule: str) -> Found:
    """The values with a known sign. `unread` are the positions of those that are not valid for the type `rule`."""
    at = unread
    if rule in WORDS:
        # A word is valid whatever it says, so all of them are looked at.
        looked_at = _suspicious(canonical)
        looked_at[at] = True
        at = np.flatnonzero(looked_at)
    if not known or not len(at):
        return []
    # One pattern for all the signs first: it seldom leaves anything.
    at = _fitting(canonical, at, "|".join(sign.pattern for sign in known))
    return [(sign.kind, _fitting(canonical, at, sign.pattern)) for sign in known if len(at)]


def encoding(raw: Texts) -> Found:
    """Text that was read in the wrong encoding, here or by a program before."""
    content = _bytes(raw)
    if not len(content) or content.max() < _BEYOND_ASCII:
        return []
    at = np.flatnonzero(~np.asarray(pc.string_is_ascii(raw)))
    values = raw.take(at)
    return [
        (Kind.MOJIBAKE, _those(at, pc.match_substring_regex(values, MOJIBAKE))),
        (Kind.REPLACED, _those(at, pc.match_substring(values, REPLACED))),
    ]


def phones(raw: Texts, canonical: Texts) -> Found:
    """Numbers to which the leading 0 was given back, and numbers that were written as decimals."""
    raw = _trimmed(raw)
    decimals = np.flatnonzero((_byte(raw, -1) == ord("0")) & (_byte(raw, -2) == ord(".")))
    decimals = _fitting(raw, decimals, _DECIMAL)
    zeros = [_given_back(raw, canonical)]
    if len(decimals):  # the zero was lost before the number became a decimal
        whole = pc.utf8_slice_codeunits(raw.take(decimals), 0, -len(".0"))
        zeros.append(decimals[_given_back(whole, canonical.take(decimals))])
    return [(Kind.LOST_ZERO, np.concatenate(zeros)), (Kind.DECIMALS, decimals)]


def _given_back(raw: Texts, canonical: Texts) -> np.ndarray:
    """The positions of the numbers to which their beginning was given back."""
    grown = _lengths(canonical) - _lengths(raw)
    return np.concatenate(
        [_prefixed(raw, canonical, np.flatnonzero(grown == len(prefix)), prefix) for prefix in ("0", "+44")]
    )


def _prefixed(raw: Texts, canonical: Texts, at: np.ndarray, prefix: str) -> np.ndarray:
    """Those of the positions where the canonical value is the prefix and then the cell."""
    if not len(at):
        return at
    first, nothing = (pa.scalar(text, pa.large_string()) for text in (prefix, ""))
    put_back = pc.binary_join_element_wise(first, raw.take(at), nothing)
    return _those(at, pc.equal(put_back, canonical.take(at)))


def ambiguous(canonical: Texts, unread: np.ndarray) -> tuple[np.ndarray, Counter[str]]:
    """Which of the values that were not read are dates with two readings, and what joins their parts."""
    texts, codes = distinct(canonical.take(unread))
    orders = [order(text) for text in texts]
    both = np.array([one == "both" for one, _ in orders], dtype=bool)
    joints: Counter[str] = Counter()
    numbers = np.bincount(codes, minlength=len(texts)).tolist()
    for (found, joint), number in zip(orders, numbers, strict=True):
        if found == "both":
            joints[joint] += number
    positions: np.ndarray = unread[both[codes]]
    return positions, joints


def evidence(raw: Texts, canonical: Texts, valid: np.ndarray) -> Counter[str]:
    """How many of the dates that were read can only be "day first", how many only "month first"."""
    # A date in ISO form stands for itself, and shows nothing.
    texts, codes = distinct(raw.take(np.flatnonzero(valid & np.asarray(pc.not_equal(raw, canonical)))))
    orders: Counter[str] = Counter()
    for text, number in zip(texts, np.bincount(codes, minlength=len(texts)).tolist(), strict=True):
        orders[order(text)[0]] += number
    return orders


def distinct(values: Texts) -> tuple[list[str], np.ndarray]:
    """The distinct values, and for each value its place among them."""
    coded = values.dictionary_encode()
    return coded.dictionary.to_pylist(), np.asarray(coded.indices)


def _those(at: np.ndarray, found: pa.BooleanArray) -> np.ndarray:
    chosen: np.ndarray = at[np.asarray(found)]
    return chosen


def _fitting(values: Texts, at: np.ndarray, pattern: str) -> np.ndarray:
    """Those of the positions whose whole value fits a pattern."""
    return _those(at, pc.match_substring_regex(values.take(at), rf"\A(?:{pattern})\z")) if len(at) else at


def _offsets(values: Texts) -> np.ndarray:
    return np.frombuffer(values.buffers()[1], np.int64)[values.offset : values.offset + len(values) + 1]


def _lengths(values: Texts) -> np.ndarray:
    """Length of each value in bytes."""
    return np.diff(_offsets(values)) if len(values) else np.zeros(0, dtype=np.int64)


def _bytes(values: Texts) -> np.ndarray:
    """The bytes of all the values, one behind the other."""
    if not len(values):
        return np.zeros(0, np.uint8)
    offsets, buffer = _offsets(values), values.buffers()[2]
    return np.frombuffer(buffer or b"", np.uint8)[offsets[0] : offsets[-1]]


def _byte(values: Texts, at: int) -> np.ndarray:
    """The byte of each value at a place counted as in Python; where there is none, any byte."""
    content = _bytes(values)
    if not len(content):
        return np.zeros(len(values), np.uint8)
    offsets = _offsets(values)
    begin = offsets[:-1] if at >= 0 else offsets[1:]
    found: np.ndarray = content.take(begin - offsets[0] + at, mode="clip")
    return found


def _suspicious(values: Texts) -> np.ndarray:
    """Which words begin as a sign of damage does."""
    first, lengths = _byte(values, 0), _lengths(values)
    begun: np.ndarray = (lengths > 0) & (_STARTS[first] | (_STARTS_SHORT[first] & (lengths <= _SHORT)))
    return begun


def _trimmed(values: Texts) -> Texts:
    """Values without blanks around them."""
    blank = (_byte(values, 0) <= _SPACE) | (_byte(values, -1) <= _SPACE)
    return pc.utf8_trim_whitespace(values) if (blank & filled(values)).any() else values
