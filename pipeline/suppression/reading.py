"""A suppression list on disk: what kinds of entries it has, and all of them as hashes (docs/suppression.md)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
import pyarrow.compute as pc

from pipeline.columns import texts
from pipeline.errors import InputError, SuppressionError
from pipeline.load import ReadOptions, open_list
from pipeline.load.origin import local_copy
from pipeline.masking import mask
from pipeline.names import fold
from pipeline.suppression.forms import UK, addresses, md5_of, numbers
from pipeline.suppression.hashes import KEPT, Hashes

if TYPE_CHECKING:
    from pipeline.columns import Texts
    from pipeline.load import Chunk, Source

#: How a column of entries is called, folded (pipeline.names): anything may stand before the word, little after it.
_NAMED: Final = re.compile(
    r"(?:.*(?:email|phone|mobile|landline|msisdn|md5|sha2|sha256|hash)|e?mail|tel|cell|number)"
    r"(?:address|addresses|number|numbers|no|num|s|hash|hashes|hashed|hex|lower|md5|sha256|[0-9])*"
)
#: What makes one form of many cells.
Form: TypeAlias = "Callable[[Texts], Texts]"

_ADDRESS: Final = r"\A[^\s@]+@[^\s@]+\.[^\s@.]+\z"
_NUMBER: Final = r"\A\+[0-9]{7,15}\z"
_MD5: Final = r"\A[0-9A-Fa-f]{32}\z"
_SHA256: Final = r"\A[0-9A-Fa-f]{64}\z"
#: So many cells that are no entry are shown.
SHOWN: Final = 3


@dataclass(slots=True)
class SuppressionList:
    """The entries of one file. `kinds` counts them; `unread` are cells that are none, the first few masked, with
    their rows.
    """

    name: str
    columns: tuple[str, ...] = ()
    kinds: Counter[str] = field(default_factory=Counter)
    unread: int = 0
    examples: list[tuple[int, str]] = field(default_factory=list)
    md5: Hashes = field(default_factory=Hashes)
    sha256: Hashes = field(default_factory=Hashes)

    @property
    def entries(self) -> int:
        """How many entries there are."""
        return self.kinds.total()

    def add(self, rows: np.ndarray, cells: Texts, countries: Collection[str]) -> None:
        """Add one column of some rows."""
        cells = pc.utf8_trim_whitespace(cells)
        left = np.asarray(pc.not_equal(cells, ""))
        left &= ~self._add_hashes(cells, _MD5, "MD5", self.md5)
        left &= ~self._add_hashes(cells, _SHA256, "SHA-256", self.sha256)
        with_at = np.asarray(pc.match_substring(cells, "@"))
        left &= ~self._add_plain(cells, left & with_at, (addresses,), _ADDRESS, "e-mail")
        spoken = [lambda some, at=country: numbers(some, at) for country in countries or (UK,)]
        left &= ~self._add_plain(cells, left & ~with_at, spoken, _NUMBER, "phone")
        self.unread += int(np.count_nonzero(left))
        for at in np.flatnonzero(left)[: SHOWN - len(self.examples)]:
            self.examples.append((int(rows[at]), mask(cells[int(at)].as_py())))

    def _add_hashes(self, cells: Texts, pattern: str, kind: str, to: Hashes) -> np.ndarray:
        found = np.asarray(pc.match_substring_regex(cells, pattern))
        self.kinds[kind] += int(np.count_nonzero(found))
        digits = pc.utf8_slice_codeunits(cells.filter(found), 0, 2 * KEPT)
        to.add(bytes.fromhex("".join(digits.to_pylist())))
        return found

    def _add_plain(
        self, cells: Texts, some: np.ndarray, forms: Sequence[Form], pattern: str, kind: str
    ) -> np.ndarray:
        found = np.zeros(len(cells), dtype=bool)
        places = np.flatnonzero(some)
        for form in forms:
            made = form(cells.take(places))
            fits = np.asarray(pc.match_substring_regex(made, pattern))
            self.md5.add(md5_of(made.filter(fits)))
            found[places[fits]] = True
        self.kinds[kind] += int(np.count_nonzero(found))
        return found

    def settle(self) -> None:
        """All is added. Raises InputError where this is no suppression list."""
        if not self.entries or self.unread > self.entries:
            shown = ", ".join(f"row {row}: {value!r}" for row, value in self.examples)
            total = self.unread + self.entries
            said = f"{self.unread:,} of its {total:,} cells are none ({shown})" if total else "it has none"
            raise SuppressionError(
                f"the suppression list {self.name} has hardly an entry: {said}",
                "is it the right file? Its columns are named email, phone, md5 or sha256, or each line is an entry "
                "(docs/suppression.md)",
            )
        self.md5.settle()
        self.sha256.settle()


def read_suppression_list(path: str, name: str, output: Path, countries: Collection[str] = ()) -> SuppressionList:
    """Read a suppression list as large as it may be; memory grows by 16 bytes an entry.

    `name` is what messages call it; packed files are unpacked below `output`. `countries`: those of numbers without
    their country's code (none: the UK). Raises InputError where the file is missing, empty, broken or another file.
    """
    found = SuppressionList(name)
    try:
        with local_copy(path, output) as local:
            source = open_list(local.path, ReadOptions(no_header=True), name)
            for rows, cells in _cells(source, found):
                found.add(rows, cells, countries)
    except InputError as error:
        raise SuppressionError(f"the suppression list cannot be used: {error.message}", error.hint) from error
    found.settle()
    return found


def _cells(source: Source, found: SuppressionList) -> Iterator[tuple[np.ndarray, Texts]]:
    """The columns that hold entries, chunk by chunk, with the numbers of their rows."""
    chunks = source.chunks()
    first = next(chunks)
    named, skipped = _columns(first)
    found.columns = tuple(named.values())
    yield from _of_chunk(first, named, skipped)
    for chunk in chunks:
        yield from _of_chunk(chunk, named, 0)


def _of_chunk(chunk: Chunk, columns: dict[str, str], skipped: int) -> Iterator[tuple[np.ndarray, Texts]]:
    frame = chunk.frame.iloc[skipped:]
    for column in columns:
        yield frame.index.to_numpy(), texts(frame[column])


def _columns(chunk: Chunk) -> tuple[dict[str, str], int]:
    """The columns to read, by their name here, with their header; and how many rows are the header."""
    first = {str(name): str(chunk.frame[name].iloc[0]).strip() for name in chunk.frame}
    named = {name: cell for name, cell in first.items() if _NAMED.fullmatch(fold(cell))}
    if named:
        return named, 1
    # Without such names the entries are in the first column; a header has no digit, and no @.
    name, cell = next(iter(first.items()))
    return {name: ""}, 0 if re.search("[0-9@]", cell) else 1
