"""Dedupe stage: the same person earlier in this file, compared after normalisation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b


class Dedupe:
    """Remembers the people of one list by a 16-byte hash of each dedupe key; the first row stays.

    `keys` are alternatives: a lead is a duplicate when *any* key is wholly filled and was seen before; a key of
    several fields matches when all of them do (docs/adr/0003). Memory: one hash per key and row.
    """

    def __init__(self, keys: Sequence[Sequence[str]]) -> None:
        self._keys = [tuple(key) for key in keys]
        self._first: dict[bytes, int] = {}

    def first_row(self, row: int, lead: Mapping[str, str]) -> tuple[int, tuple[str, ...]] | None:
        """The earlier row with the same person and the key that shows it; None when the lead is new (and noted).

        A duplicate is not noted itself: what it shares with nobody else must not suppress a third row.
        """
        digests = []
        for key in self._keys:
            values = [lead.get(name, "").casefold() for name in key]
            if not all(values):
                continue
            digest = blake2b("\x1f".join([*key, *values]).encode(), digest_size=16).digest()
            if (first := self._first.get(digest)) is not None:
                return first, key
            digests.append(digest)
        self._first.update(dict.fromkeys(digests, row))
        return None
