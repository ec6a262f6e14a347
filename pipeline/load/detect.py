"""Finding out how a text file is written: its encoding (and whether all of it decodes), its delimiter."""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipeline.errors import InputError
from pipeline.load.files import blocks, head
from pipeline.load.records import is_blank

DELIMITERS: Final = (",", ";", "\t", "|")
_WORDS: Final = {"comma": ",", "semicolon": ";", "tab": "\t", "\\t": "\t", "pipe": "|"}
#: The longer marks first: UTF-32's little-endian mark begins with UTF-16's.
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Encoding:
    """How the whole file decodes, why that was chosen, and the SHA-256 that came with the same pass."""

    name: str
    reason: str
    sha256: str


@dataclass(frozen=True, slots=True)
class _Fault:
    """The first thing that is not text: in which line, and what it is (a byte with its offset, or a NUL)."""

    line: int
    what: str
    nul: bool = False


def find_encoding(path: Path, wanted: str) -> Encoding:
    """Decode the whole file as `wanted`, by its byte order mark, as UTF-8 or as cp1252, in that order.

    Raises InputError where it does not decode to the last byte: no character is ever replaced or dropped.
    """
    marked = next((name for mark, name in _MARKS if head(path).startswith(mark)), "")
    name = _chosen(wanted, marked) if wanted else marked or "utf-8"
    digest = hashlib.sha256()
    fault = _decode(path, name, digest.update)
    if fault is None:
        return Encoding(name, "as told" if wanted else "by its byte order mark" if marked else "", digest.hexdigest())
    if not wanted and not marked and not fault.nul:
        fault = _decode(path, "cp1252")
        if fault is None:
            return Encoding("cp1252", "not UTF-8", digest.hexdigest())
        name = "cp1252" if fault.nul else "utf-8 nor cp1252"
    raise _undecodable(path, name, fault)


def _undecodable(path: Path, name: str, fault: _Fault) -> InputError:
    if fault.nul:
        return InputError(
            f"{path}, line {fault.line}: {fault.what}, so it is not a text file (read as {name})",
            "If it is text in UTF-16, say --encoding utf-16-le; else export the list as CSV or .xlsx.",
        )
    either = "neither" if " nor " in name else "not"
    return InputError(
        f"{path}, line {fault.line}: {fault.what}; the file is {either} {name}",
        "Name its encoding with --encoding (cp1252, iso-8859-15, utf-16-le, ...), or save it again as UTF-8.",
    )


def _chosen(wanted: str, marked: str) -> str:
    """Return the codec for the user's word; one that reads over the mark where the file has the same one."""
    try:
        name = codecs.lookup(wanted).name
        b"a".decode(wanted)
    except UnicodeError:
        pass  # a text encoding that needs more than one byte
    except (LookupError, ValueError) as error:
        raise InputError(
            f"--encoding {wanted!r} is not an encoding that is known here",
            "Common ones are utf-8, cp1252, iso-8859-1, utf-16, mac-roman.",
        ) from error
    family = {
        "utf-8-sig": ("utf-8",),
        "utf-16": ("utf-16-le", "utf-16-be"),
        "utf-32": ("utf-32-le", "utf-32-be"),
    }
    return marked if name in family.get(marked, ()) else name


def _decode(path: Path, name: str, also: Callable[[bytes], object] = len) -> _Fault | None:
    """Decode all of the file; return the first fault. Each block is given to `also` in any case."""
    decoder = codecs.getincrementaldecoder(name)("strict")
    line, done, fault = 1, 0, None
    for block in _closed(blocks(path)):
        also(block)
        if fault is not None:
            continue
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeError as error:
            fault = _fault_at(error, done + len(block), line)
            continue
        if "\0" in text:
            before = text[: text.index("\0")]
            fault = _Fault(line + _breaks(before), "a NUL character", nul=True)
        line += _breaks(text)
        done += len(block)
    return fault


def _closed(stream: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the blocks and then an empty one, which tells the decoder that the file ends here."""
    yield from stream
    yield b""


def _fault_at(error: UnicodeError, end: int, line: int) -> _Fault:
    """Name the byte; `end` is the file's offset of the end of what the decoder was working on."""
    if not isinstance(error, UnicodeDecodeError):
        return _Fault(line, "bytes that cannot be decoded")
    before = error.object[: error.start].decode("latin-1")
    offset = end - len(error.object) + error.start
    byte = error.object[error.start]
    return _Fault(line + _breaks(before), f"byte 0x{byte:02x} at offset {offset} is no character")


def _breaks(text: str) -> int:
    return text.count("\n") or text.count("\r")


def delimiter_of(word: str) -> str:
    """Return the delimiter that the user's word stands for. Raises InputError when it cannot be one."""
    character = _WORDS.get(word.strip().lower(), word)
    if len(character) != 1 or character.isalnum() or character in '"\r\n ':
        raise InputError(
            f"--delimiter {word!r} is not a delimiter",
            "Use comma, semicolon, tab, pipe, or one punctuation mark.",
        )
    return character


def find_delimiter(sample: Callable[[str], list[list[str]]]) -> str:
    """Return the delimiter that gives the header the most columns and the first records the same number.

    `sample` parses the first records with a delimiter. Where none divides header and records, the list has one
    column, and the comma stands.
    """
    return max(DELIMITERS, key=lambda delimiter: _fit(sample(delimiter)))


def _fit(parsed: list[list[str]]) -> tuple[bool, int, float]:
    """How well a delimiter fits: most records as wide as the header, the header's width, their share."""
    records = [record for record in parsed if not is_blank(record)]
    if not records:
        return (False, 0, 0.0)
    header, *others = records
    width = max(number for number, cell in enumerate(header, 1) if cell.strip())
    if width < 2 or max(map(len, others), default=0) < 2:
        return (False, 0, 0.0)
    share = sum(len(record) >= width and is_blank(record[width:]) for record in others) / len(others)
    return (share >= 0.5, width, share)
