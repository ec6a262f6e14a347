"""Finding out how a text file is written: its encoding (and whether all of it decodes), its delimiter."""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from pipeline.errors import InputError
from pipeline.load.files import blocks, head
from pipeline.load.guess import Evidence, candidates
from pipeline.load.headers import header_at, width_of
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


#: Python's own ways to write text in source code and host names.
_NOT_OF_FILES: Final = ("unicode-escape", "raw-unicode-escape", "utf-7", "idna", "punycode", "undefined")
#: What a person is told to do about a guess.
_LOOK: Final = "a guess: look at names with accents, else say --encoding"


@dataclass(frozen=True, slots=True)
class Encoding:
    """How the whole file decodes, why that was chosen, and the SHA-256 that came with the same pass."""

    name: str
    reason: str
    sha256: str

    def decisions(self) -> tuple[str, ...]:
        """Say what was chosen, where it is not UTF-8."""
        if not self.reason or self.name == "utf-8-sig":
            return ()
        return (f"read as {self.name} ({self.reason})",)


@dataclass(frozen=True, slots=True)
class _Fault:
    """The first thing that is not text: in which line, and what it is (a byte with its offset, or a NUL)."""

    line: int
    what: str
    nul: bool = False


def find_encoding(path: Path, wanted: str) -> Encoding:
    """Decode the whole file as told, by its byte order mark, as UTF-16 or UTF-8, or else as what looks likeliest.

    Raises InputError where it does not decode to the last byte: no character is ever replaced or dropped.
    """
    start = head(path)
    marked = next((name for mark, name in _MARKS if start.startswith(mark)), "")
    digest = hashlib.sha256()
    if wanted:
        name, reason = _chosen(wanted, marked), "as told"
    elif marked:
        name, reason = marked, "by its byte order mark"
    elif (wide := _without_mark(start)) and _decode(path, wide) is None:
        name, reason = wide, "by its zero bytes; it has no byte order mark"
    else:
        name, reason = "utf-8", ""
    fault = _decode(path, name, digest.update)
    if fault is None:
        return Encoding(name, reason, digest.hexdigest())
    if reason or fault.nul:
        raise _undecodable(path, name, fault)
    return Encoding(_guessed(path, fault), f"not UTF-8; {_LOOK}", digest.hexdigest())


def _without_mark(start: bytes) -> str:
    """UTF-16 shows by zero bytes in half of the even or of the odd places, and none in the others; else ""."""
    even, odd = start[0::2].count(0), start[1::2].count(0)
    if min(even, odd) or 4 * max(even, odd) < len(start):
        return ""
    return "utf-16-le" if odd else "utf-16-be"


def _guessed(path: Path, fault: _Fault) -> str:
    """Return the likeliest encoding of a file that is not UTF-8, because of `fault`. Raises InputError."""
    evidence, utf8 = Evidence(), 0
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    for block in blocks(path):
        evidence.add(block)
        if not block.isascii():
            utf8 += _balance(decoder.decode(block))
    if utf8 > 0:
        raise InputError(
            f"{path}, line {fault.line}: {fault.what}, while other characters of the file are written in UTF-8",
            "Lists in two encodings were joined, or it is damaged there: correct that line, or say --encoding.",
        )
    for name in candidates(evidence):
        found = _decode(path, name)
        if found is None:
            return name
        raise _undecodable(path, name if found.nul else f"utf-8 nor {name}", found)
    raise InputError(
        f"{path}, line {fault.line}: {fault.what} in UTF-8, and no other encoding makes sense of it",
        "Ask who made the list for its encoding, and name it with --encoding (cp850, cp1250, iso-8859-2, ...).",
    )


def _balance(text: str) -> int:
    """Ten for each character beyond ASCII that is UTF-8, less one for each byte that is not (a lone surrogate)."""
    sound = text.encode("utf-8", "ignore")
    strange = len(text) - len(sound.decode())
    ascii_ones = np.count_nonzero(np.frombuffer(sound, np.uint8) < 0x80)
    return 10 * int(len(text) - strange - ascii_ones) - strange


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
        if name in _NOT_OF_FILES:
            raise LookupError(name)  # noqa: TRY301  # one answer to all that cannot be used
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
    done, fault = 0, None
    for block in _closed(blocks(path)):
        also(block)
        if fault is not None:
            continue
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeError as error:
            fault = _fault_at(error, done + len(block), _lines_before(path, name, done))
            continue
        if "\0" in text:
            before = text[: text.index("\0")]
            fault = _Fault(_lines_before(path, name, done) + _breaks(before), "a NUL character", nul=True)
        done += len(block)
    return fault


def _lines_before(path: Path, name: str, size: int) -> int:
    """The number of the line that goes on behind the first `size` bytes, which are whole blocks."""
    decoder = codecs.getincrementaldecoder(name)("strict")
    line, done = 1, 0
    for block in blocks(path):
        if done >= size:
            break
        line += _breaks(decoder.decode(block))
        done += len(block)
    return line


def _closed(stream: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the blocks and then an empty one, which tells the decoder that the file ends here."""
    yield from stream
    yield b""


def _fault_at(error: UnicodeError, end: int, line: int) -> _Fault:
    """Name the byte; `end` is the file's offset of the end of what the decoder was working on."""
    if not isinstance(error, UnicodeDecodeError):  # UTF-16 and UTF-32, told without their byte order
        return _Fault(line, "at offset 0 there is no byte order mark, which this encoding begins with")
    before = error.object[: error.start].decode(error.encoding, "replace")
    offset = end - len(error.object) + error.start
    wrong = error.object[error.start : error.end]
    if len(wrong) > 1 and error.encoding.startswith("utf-8"):
        wrong = wrong[:1]
    shown = wrong.hex(" ")
    what = f"byte 0x{shown}" if len(wrong) == 1 else f"bytes {shown}"
    verb = "is" if len(wrong) == 1 else "are"
    return _Fault(line + _breaks(before), f"{what} at offset {offset} {verb} no character")


def _breaks(text: str) -> int:
    return text.count("\n") or text.count("\r")


def delimiter_of(word: str) -> str:
    """Return the delimiter that the user's word stands for. Raises InputError when it cannot be one."""
    character = _WORDS.get(word.strip().lower(), word)
    if len(character) != 1 or character.isalnum() or character in '"\r\n\0 ':
        raise InputError(
            f"--delimiter {word!r} is not a delimiter",
            "Use comma, semicolon, tab, pipe, or one punctuation mark.",
        )
    return character


def delimiter_in_first_line(text: str) -> str:
    """Return the delimiter that Excel's first line `sep=;` names, or "" where the text does not begin so."""
    found = re.match(r'"?sep=([^\r\n"])"?(?=[\r\n])', text, re.IGNORECASE)
    return found[1] if found and not found[1].isalnum() and found[1] != " " else ""


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
    header, *others = records[header_at(records) :]
    width = width_of(header)
    if width < 2 or max(map(len, others), default=0) < 2:
        return (False, 0, 0.0)
    share = sum(len(record) >= width and is_blank(record[width:]) for record in others) / len(others)
    return (share >= 0.5, width, share)
