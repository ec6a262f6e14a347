"""Dedupe across runs: the people of a list as keyed hashes, by which later lists know them (docs/adr/0009)."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from pipeline.data_types import TypeOptions, data_type
from pipeline.errors import RunError
from pipeline.files import whole_file

if TYPE_CHECKING:
    from pipeline.columns import Texts

#: Bytes of one person's hash: no two of any number of people that a journal can hold share one by chance.
DIGEST: Final = 16
_KEY_BYTES: Final = 32
_one_maker: Final = threading.Lock()


class People:
    """Hashes people by the alternatives of `dedupe` in the mapping: one hash for each key that is wholly filled.

    `secret` keys the hashes, so that the journal alone does not tell whether a number is in it. `scope` is what they
    are accepted for: the account's address and the campaign's reference. Case does not count (docs/adr/0003).
    """

    def __init__(self, secret: bytes, scope: Sequence[str], keys: Sequence[Sequence[str]]) -> None:
        self._keys = [
            (blake2b(_joined([*scope, *names]), key=secret, digest_size=DIGEST), names)
            for names in (sorted(set(key)) for key in keys)
        ]

    def digests(self, columns: Mapping[str, Texts], size: int) -> list[list[bytes]]:
        """For each of `size` rows one hash for each key, b"" where the key is not wholly filled.

        `columns`: by field name the canonical values, "" for an empty one.
        """
        lines = []
        for begun, names in self._keys:
            values = zip(*(columns[name].to_pylist() for name in names), strict=True)
            lines.append([_digest(begun, one) if all(one) else b"" for one in values])
        return [list(row) for row in zip(*lines, strict=True)] if lines else [[] for _row in range(size)]


def _digest(begun: blake2b, values: Sequence[str]) -> bytes:
    whole = begun.copy()
    whole.update(_joined([value.casefold() for value in values]))
    return whole.digest()


def apart(people: bytes) -> list[bytes]:
    """The hashes of a row's people, which the journal keeps as one."""
    return [people[at : at + DIGEST] for at in range(0, len(people), DIGEST)]


#: By what the suppression list knows people, and the data type that says how each is written.
EMAIL: Final = "email"
PHONE: Final = "phone"
_TYPES: Final = {EMAIL: "Email Address", PHONE: "Phone Number"}
_HOME: Final = "United Kingdom"


def canonical(kind: str, text: str, country: str = _HOME) -> str:
    """An e-mail address (EMAIL) regardless of case, or a number (PHONE) in E.164; what is neither as it stands.

    `country` is that of a number without its country's code.
    """
    found = data_type(_TYPES[kind])
    return found.normalise(text, TypeOptions(country=country)).casefold() if found else text


def suppression_digest(secret: bytes, kind: str, text: str, country: str = _HOME) -> bytes:
    """How the suppression list (the journal's table `suppressed`) knows somebody, whatever the account and campaign.

    By the canonical form of an address or a number, so it may be written as anybody writes it.
    """
    return suppression_digests(secret, kind, [canonical(kind, text, country)])[0]


def suppression_digests(secret: bytes, kind: str, canonical_texts: Iterable[str]) -> list[bytes]:
    """The same of many, which are in their canonical form already."""
    begun = blake2b(_joined(["suppressed", kind]), key=secret, digest_size=DIGEST)
    return [_digest(begun, [text]) for text in canonical_texts]


class Sent(NamedTuple):
    """Where somebody was sent before. Not `sure`: that row is unknown, or was under way when last heard of."""

    run_id: str
    row: int
    sure: bool

    def words(self, same: str = "") -> str:
        """Why the person is not sent again; `same` says what the two rows share."""
        there = f"{same} as row {self.row} of run {self.run_id}".strip()
        if self.sure:
            return f"accepted before: {there}"
        return f"may have been sent before: {there}, which is unknown (`leadbyte-import resolve {self.run_id}`)"


@dataclass(frozen=True, slots=True)
class Before:
    """Who was sent before: how people are hashed, and where they are looked up (None: nobody is known)."""

    people: People
    known: Callable[[Sequence[bytes]], Mapping[bytes, Sent]] | None = None


def _joined(words: Sequence[str]) -> bytes:
    """Several words as one, so that no two lists of words become the same."""
    return "".join([f"{len(word)}:{word}" for word in words]).encode("utf-8", "surrogatepass")


def _read_or_made(path: Path, *, new: bool) -> bytes:
    try:
        return bytes.fromhex(path.read_text(encoding="ascii"))
    except FileNotFoundError:
        if not new:
            raise RunError(
                f"{path} is missing: without it nobody can tell who of the list was sent before",
                "restore it from a backup, or send without looking with --allow-resubmit",
            ) from None
        secret = secrets.token_bytes(_KEY_BYTES)
        with whole_file(path) as file:
            file.write(secret.hex().encode())
        return secret


def secret_of(path: Path, *, new: bool) -> bytes:
    """The secret of an output folder's hashes, made when it is `new` there.

    Raises RunError where it is missing although there are hashes, or is no secret.
    """
    try:
        with _one_maker:  # two jobs of a night may begin in a new folder at once, and must have one secret
            secret = _read_or_made(path, new=new)
    except ValueError:
        secret = b""
    if len(secret) != _KEY_BYTES:
        raise RunError(f"{path} does not hold what was written there", "restore it from a backup")
    return secret
