"""Who of a list to import is on a suppression list, chunk by chunk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.people import DIGEST
from pipeline.suppression.forms import Forms, Place
from pipeline.suppression.hashes import Hashes
from pipeline.suppression.reading import SuppressionList

if TYPE_CHECKING:
    from pipeline.columns import Texts


#: What the output folder's own list is called.
OWN: Final = "this output folder's suppression list"


class Listing(Protocol):
    """Something that people may be on."""

    @property
    def name(self) -> str:
        """What it is called."""

    def has(self, forms: Forms) -> np.ndarray:
        """Which of a field's values are on it."""

    def words(self, hits: Sequence[tuple[Forms, int]], /) -> str:
        """What is said of a row with these values on it; each is a field's forms, and the row's place there."""


@dataclass(frozen=True, slots=True)
class OfFile:
    """The list of a file."""

    read: SuppressionList

    @property
    def name(self) -> str:
        """What the file is called."""
        return self.read.name

    def has(self, forms: Forms) -> np.ndarray:
        """Which of a field's values are on it, in clear or as one of the hashes."""
        md5 = forms.md5 if self.read.kinds["MD5"] else [forms.known_plainly]
        sha256 = forms.sha256 if self.read.kinds["SHA-256"] else []
        found = [self.read.md5.among(one) for one in md5] + [self.read.sha256.among(one, 32) for one in sha256]
        on_it: np.ndarray = np.any(found, axis=0)
        return on_it

    def words(self, _hits: Sequence[tuple[Forms, int]], /) -> str:
        """Which list it is."""
        return f"on the suppression list {self.name}"


@dataclass(frozen=True, slots=True)
class OfFolder:
    """The output folder's own list: those who asked to be erased, those whom somebody put there."""

    known: Hashes
    secret: bytes
    why: Callable[[Sequence[bytes]], Mapping[bytes, str]]

    @property
    def name(self) -> str:
        """The only one of its kind."""
        return OWN

    def has(self, forms: Forms) -> np.ndarray:
        """Which of a field's values are on it."""
        return self.known.among(b"".join(forms.keyed(self.secret)), DIGEST)

    def words(self, hits: Sequence[tuple[Forms, int]], /) -> str:
        """Which list it is, and why the person is on it."""
        found = self.why([forms.keyed(self.secret)[at] for forms, at in hits])
        return f"on {self.name}: {', '.join(sorted(set(found.values())))}"


@dataclass(slots=True)
class Suppression:
    """All lists that hold for a run, and the fields whose values are looked up. `rows` counts the hits of each list.

    A row counts for the first list that has one of its values.
    """

    places: Sequence[Place]
    listings: Sequence[Listing]
    rows: Counter[str] = field(default_factory=Counter)

    def find(self, columns: Mapping[str, Texts]) -> dict[int, str]:
        """Which of some rows are on a list: by their place, ascending, what is said of them.

        `columns`: by field name the rows' values, as they are checked or as they would be sent, "" for an empty one.
        """
        forms = [(one, Forms(one, columns[one.name])) for one in self.places if one.name in columns]
        filled = [np.asarray(pc.not_equal(columns[place.name], "")) for place, _forms in forms]
        said: dict[int, str] = {}
        for listing in self.listings if forms else ():
            hits = np.array([listing.has(one) for _place, one in forms]) & filled
            for at in np.flatnonzero(hits.any(axis=0)).tolist():
                if at not in said:
                    mine = [known for known, hit in zip(forms, hits[:, at], strict=True) if hit]
                    words = listing.words([(one, at) for _place, one in mine])
                    said[at] = f"{words} ({' and '.join(place.label for place, _forms in mine)})"
                    self.rows[listing.name] += 1
        return dict(sorted(said.items()))

    def find_in_leads(self, leads: Sequence[Mapping[str, str]]) -> dict[int, str]:
        """The same of leads as they would be sent, by field name."""
        return self.find(
            {one.name: pa.array([lead.get(one.name, "") for lead in leads], pa.large_string()) for one in self.places}
        )
