"""What a check finds in a column of values, and how a rule that is written for one value is asked of a column."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from pipeline.columns import Texts


@dataclass(frozen=True, slots=True)
class Found:
    """The values that a check has something against: their positions, ascending, and what is said of each.

    A message is the end of a sentence that begins with the field's label, and holds nothing of the value itself.
    """

    positions: np.ndarray
    messages: Texts


#: A check at work: it looks at a column's values, "" where a cell is empty.
Look: TypeAlias = "Callable[[Texts], Found]"


def among(positions: np.ndarray, marks: pa.BooleanArray | np.ndarray) -> np.ndarray:
    """Those of the positions that are marked."""
    chosen: np.ndarray = positions[np.asarray(marks, dtype=bool)]
    return chosen


def where(marks: pa.BooleanArray | np.ndarray) -> np.ndarray:
    """The positions that are marked."""
    return np.flatnonzero(np.asarray(marks, dtype=bool))


def saying(message: str, positions: np.ndarray) -> Found:
    """One message about all of these values."""
    return Found(positions, pa.array([message] * len(positions), pa.large_string()))


def asked(why_not: Callable[[str], str], values: Texts, positions: np.ndarray) -> Found:
    """Ask a function about the values at these positions, each distinct one once; "" means nothing against it."""
    coded = values.take(positions).dictionary_encode()
    said = pa.array(map(why_not, coded.dictionary.to_pylist()), pa.large_string()).take(coded.indices)
    told = where(pc.not_equal(said, ""))
    return Found(positions[told], said.take(told))


def together(*parts: Found) -> Found:
    """What several rules found, none of them at a position of another's."""
    positions = np.concatenate([one.positions for one in parts])
    messages = pa.concat_arrays([one.messages for one in parts])
    order = np.argsort(positions, kind="stable")
    return Found(positions[order], messages.take(order))
