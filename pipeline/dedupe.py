"""Dedupe stage: the same person earlier in this file, compared after normalisation, in flat memory (adr/0006)."""

from __future__ import annotations

import hashlib
import secrets
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import ConfigError

if TYPE_CHECKING:
    import io
    from types import TracebackType

#: Slots of the table in memory, 8 bytes each: 32 MiB.
SLOTS: Final = 1 << 22

_ENTRY: Final = np.dtype([("hash", "u8"), ("row", "u4"), ("before", "u4")])
_MAPPED: Final = 16
#: Stands for a key that is not wholly filled, in place of its hash.
_UNFILLED: Final = np.uint64(0)
#: Texts of more bytes than this are hashed one by one.
_LONG: Final = 64
_WORD: Final = 4
_LOW_HALF: Final = np.uint64(0xFFFFFFFF)
_HALF: Final = np.uint64(32)


@dataclass(frozen=True)
class Found:
    """For each row of a chunk: the earlier row with the same person (0: none) and the key that shows it.

    `first` is int64; `key` is int8, a position in the list of keys (-1: none).
    """

    first: np.ndarray
    key: np.ndarray


class Dedupe:
    """Remembers the people of one list, and names the first row of each; a context manager.

    `keys` are alternatives, each a tuple of field names: a lead is a duplicate when *any* key is wholly filled and
    was seen before; a key of several fields matches when all of them do, and case does not count (docs/adr/0003).
    A duplicate is not remembered itself: what it shares with nobody else must not suppress a third row.

    Memory is the same for any length of list: 8 bytes for each of the `slots`; on disk 16 bytes for each filled key
    of a lead that was kept, in a nameless file in `folder` (default: the system's temporary folder) that is gone once
    closed. `slots` changes nothing of what is found.
    """

    def __init__(self, keys: Sequence[Sequence[str]], folder: Path | None = None, *, slots: int = SLOTS) -> None:
        # A field named twice in one key is the same as once; its hash would cancel itself out.
        self._keys = [tuple(dict.fromkeys(key)) for key in keys]
        self._salts = np.frombuffer(secrets.token_bytes(8 * len(self._keys)), np.uint64)
        self._hash = {name: _Hash() for key in self._keys for name in key}
        self._seen = _Seen(folder, slots)

    def chunk(self, rows: np.ndarray, people: Mapping[str, pa.ChunkedArray | pa.Array]) -> Found:
        """Who of these rows was there before, in this chunk or an earlier one; the others are remembered.

        `rows`: int64 row numbers from 1, ascending over the whole list. `people`: for each field of the keys the
        rows' canonical values as large_string without nulls, "" for an empty one; only rows that are fit to be sent.
        Raises ConfigError when the folder cannot be written to.
        """
        if not len(rows) or not self._keys:
            return Found(np.zeros(len(rows), np.int64), np.full(len(rows), -1, np.int8))
        hashes = self._hashes(people)
        order = np.argsort(hashes, axis=None)
        ordered = hashes.ravel()[order]
        filled = slice(ordered.searchsorted(_UNFILLED, "right"), None)
        order, ordered = order[filled], ordered[filled]
        whose = order % len(rows)

        earlier = np.zeros(hashes.shape, np.int64)
        for number in range(len(self._keys)):
            unknown = (earlier == 0).all(axis=0, keepdims=True)[0]
            mine = (order // len(rows) == number) & unknown[whose]
            earlier.ravel()[order[mine]] = self._seen.rows(ordered[mine])
        alike = np.flatnonzero(ordered[1:] == ordered[:-1])
        related = np.unique(whose[np.append(alike, alike + 1)])
        found = _settled(rows, hashes, earlier, related)

        new = found.first[whose] == 0
        self._seen.note(ordered[new], rows[whose[new]])
        return found

    def close(self) -> None:
        """Forget everybody, and remove what is on disk."""
        self._seen.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _hashes(self, people: Mapping[str, pa.ChunkedArray | pa.Array]) -> np.ndarray:
        """One line of hashes per key, one column per row; `_UNFILLED` where the key is not wholly filled."""
        filled, hashed = {}, {}
        for name, hashes in self._hash.items():
            folded = _folded(people[name])
            filled[name] = np.asarray(pc.not_equal(folded, ""))
            hashed[name] = hashes.of(folded)
        lines = []
        for key, salt in zip(self._keys, self._salts, strict=True):
            line = reduce(np.bitwise_xor, (hashed[name] for name in key)) ^ salt
            line[line == _UNFILLED] += np.uint64(1)
            for name in key:
                line[~filled[name]] = _UNFILLED
            lines.append(line)
        return np.stack(lines)


def _settled(rows: np.ndarray, hashes: np.ndarray, earlier: np.ndarray, related: np.ndarray) -> Found:
    """Who is a duplicate, given the earlier chunks' row for each hash and who shares a hash within this chunk."""
    key = np.argmax(earlier > 0, axis=0)
    first = earlier[key, np.arange(len(rows))]
    key[first == 0] = -1
    # What is shared with a row of this chunk counts only when that row was kept: in order, one by one. A match of the
    # first key is settled already.
    related = related[key[related] != 0]
    kept: dict[int, int] = {}
    for at, own, known in zip(
        related.tolist(), hashes[:, related].T.tolist(), earlier[:, related].T.tolist(), strict=True
    ):
        row = int(rows[at])
        for number, (one, before) in enumerate(zip(own, known, strict=True)):
            if match := before or kept.get(one, 0):
                first[at], key[at] = match, number
                break
        else:
            kept.update((one, row) for one in own if one)
    return Found(first, key.astype(np.int8))


def _folded(values: pa.ChunkedArray | pa.Array) -> pa.LargeStringArray:
    """The values as `str.casefold` has them."""
    texts = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    folded = pc.ascii_lower(texts)
    foreign = pc.invert(pc.string_is_ascii(texts))
    if not pc.any(foreign).as_py():
        return folded
    own = [text.casefold() for text in texts.filter(foreign).to_pylist()]
    return pc.replace_with_mask(folded, foreign, pa.array(own, pa.large_string()))


class _Hash:
    """A hash of 64 bits under a secret of its own: nobody can write a list whose people collide.

    Each half of it is the sum of the text's words of 32 bits, each times a secret number, modulo 2**64, and of that
    the upper half: two texts share a half with a chance of 2**-32 (multiply-shift hashing: Dietzfelbinger 1996).
    Arrow and numpy do it by the column, without the interpreter. What is longer than `_LONG` goes to BLAKE2.
    """

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(hashlib.blake2b.MAX_KEY_SIZE)
        numbers = np.frombuffer(secrets.token_bytes(2 * 8 * (2 + _LONG // _WORD)), np.uint64)
        self._halves = numbers.reshape(2, -1)

    def of(self, texts: pa.LargeStringArray) -> np.ndarray:
        """The hash of each text, uint64."""
        long = np.asarray(pc.greater(pc.binary_length(texts), _LONG))
        if not long.any():
            return self._of_short(texts)
        hashes = self._of_short(pc.if_else(long, "", texts))
        hashes[long] = [self._of_long(text) for text in texts.filter(long).to_pylist()]
        return hashes

    def _of_short(self, texts: pa.LargeStringArray) -> np.ndarray:
        lengths = np.asarray(pc.binary_length(texts)).astype(np.uint64)
        width = _WORD * (int(lengths.max(initial=0)) // _WORD + 1)
        padded = pc.ascii_rpad(texts, width, "\0").buffers()[2]
        words = np.frombuffer(padded, np.uint32, len(texts) * width // _WORD).reshape(len(texts), -1)
        upper, lower = (self._half(words, lengths, *numbers) for numbers in self._halves)
        return upper & ~_LOW_HALF | lower >> _HALF

    @staticmethod
    def _half(
        words: np.ndarray, lengths: np.ndarray, start: np.uint64, each: np.uint64, *others: np.uint64
    ) -> np.ndarray:
        # The length tells texts apart that end in \0; a shorter column than the last one changes no sum.
        total = start + lengths * each
        for word, number in zip(words.T, others, strict=False):
            total += word.astype(np.uint64) * number
        return total

    def _of_long(self, text: str) -> int:
        return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8, key=self._secret).digest())


class _Seen:
    """Which hash was noted with which row.

    A log on disk has an entry per hash: the hash, its row, and the number of the entry before it in the same slot.
    The table in memory has a word per slot: in its lower half the number of the slot's last entry, in its upper half
    three bits for each hash in the slot. Those bits say "surely not noted" of nearly every new hash, so the log is
    read for hardly any others than the duplicates.
    """

    def __init__(self, folder: Path | None, slots: int) -> None:
        self._folder = folder or Path(tempfile.gettempdir())
        self._table = np.zeros(slots, np.uint64)
        self._noted = 0
        self._log: io.FileIO | None = None

    def rows(self, hashes: np.ndarray) -> np.ndarray:
        """The row noted with each of these hashes; 0 for none."""
        found = np.zeros(len(hashes), np.int64)
        slots, bits = self._places(hashes)
        words = self._table[slots]
        left = np.flatnonzero(words & bits == bits)
        numbers = (words[left] & _LOW_HALF).astype(np.int64)
        while len(left):
            entries = self._entries(numbers)
            hits = entries["hash"] == hashes[left]
            found[left[hits]] = entries["row"][hits]
            on = ~hits & (entries["before"] > 0)
            left, numbers = left[on], entries["before"][on].astype(np.int64)
        return found

    def note(self, hashes: np.ndarray, rows: np.ndarray) -> None:
        """Note hashes, in order and no two alike, that were not noted before."""
        if not len(hashes):
            return
        slots, bits = self._places(hashes)
        first = np.flatnonzero(np.diff(slots, prepend=-1))  # of those that go to one slot: they stand together
        words = self._table[slots[first]]
        numbers = np.arange(self._noted + 1, self._noted + 1 + len(hashes))
        entries = np.empty(len(hashes), _ENTRY)
        entries["hash"], entries["row"], entries["before"] = hashes, rows, numbers - 1
        entries["before"][first] = words & _LOW_HALF
        self._append(entries)
        last = numbers[np.append(first[1:], len(hashes)) - 1].astype(np.uint64)
        self._table[slots[first]] = (words & ~_LOW_HALF) | np.bitwise_or.reduceat(bits, first) | last

    def close(self) -> None:
        """Forget all of it. The log has no name (Windows: is deleted when closed), so a killed run leaves none."""
        self._table = self._table[:0]
        if self._log:
            self._log.close()

    def _places(self, hashes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Each hash's slot, in the order of the hashes, and its bits there."""
        bits = np.zeros_like(hashes)
        for shift in (0, 5, 10):
            bits |= np.uint64(1 << 32) << (hashes >> np.uint64(shift) & np.uint64(31))
        slots = (hashes >> _HALF) * np.uint64(len(self._table)) >> _HALF
        return slots.astype(np.int64), bits

    def _append(self, entries: np.ndarray) -> None:
        try:
            if self._log is None:
                self._log = tempfile.TemporaryFile(dir=self._folder, buffering=0)  # noqa: SIM115  # closed by close()
            left = memoryview(entries.tobytes())
            while left:
                left = left[self._log.write(left) :]
        except OSError as error:
            raise ConfigError(
                f"the people of the list cannot be kept in {self._folder} while it is searched for duplicates: "
                f"{error.strerror or error}",
                "make room there, or choose another folder with --output DIR",
            ) from None
        self._noted += len(entries)

    def _entries(self, numbers: np.ndarray) -> np.ndarray:
        """The log's entries with these numbers."""
        log = cast("io.FileIO", self._log)  # there are numbers only once there is a log
        entries = np.empty(len(numbers), _ENTRY)
        order = np.argsort(numbers)
        for some in np.array_split(order, len(order) // _MAPPED + 1):
            # Mapped anew for each few: the pages that were read do not stay in memory. And not read one by one:
            # every read lets go of the interpreter, and would wait for the threads that judge the next chunks.
            entries[some] = np.memmap(log, _ENTRY, "r")[numbers[some] - 1]
        return entries
