"""The list inside an archive, written to standard output: runs in a child process (`pipeline.load.confined`).

What comes out is the length of the list's name (4 bytes), its name in UTF-8 ("" where the archive has none), and
its bytes. The size of it all is the reader's to limit: it comes in blocks, in flat memory.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

from pipeline.errors import InputError
from pipeline.load.files import BLOCK
from pipeline.load.formats import DELIMITED, WORKBOOKS

#: Bytes that the decoder of an .xz may take; one packed with `xz -9` takes 65 MB.
_XZ_MEMORY: Final = 256 << 20
_BY_HAND: Final = "Unpack it yourself and name the list."
_AGAIN: Final = "Download or export it again; if that does not help, unpack it yourself and name the list."
_ENCRYPTED: Final = 0x1
_SHOWN: Final = 10
#: The part that tells one zipped workbook from another.
_WORKBOOK_PARTS: Final = {"xl/workbook.xml": "xlsx", "xl/workbook.bin": "xlsb", "content.xml": "ods"}


def main(args: list[str]) -> None:
    """Write the list in the archive `kind path name`, `name` being how the user calls it. Raises InputError.

    The kind "workbook" writes the ending of the workbook that a zip archive is, "" where it is none, and no bytes.
    """
    kind, path, name = args
    out = sys.stdout.buffer
    with _sound(name), Path(path).open("rb") as file:
        blocks: Iterator[bytes]
        if kind == "workbook":
            inner, blocks = _workbook(zipfile.ZipFile(file).namelist()), iter(())
        elif kind == "zip":
            inner, blocks = _open_zip(file, name)
        else:
            inner, blocks = "", _UNPACKERS[kind](file)
        written = inner.encode()
        out.write(len(written).to_bytes(4, "big") + written)
        for block in blocks:
            out.write(block)
        out.flush()


@contextmanager
def _sound(name: str) -> Iterator[None]:
    """Turn what the decoders say into an InputError."""
    try:
        yield
    except BrokenPipeError:
        raise
    except EOFError as error:
        raise _incomplete(name) from error
    except (RuntimeError, NotImplementedError) as error:  # what zipfile says of a method it does not know
        raise InputError(f"{name} is packed in a way that cannot be read: {error}", _BY_HAND) from error
    except (OSError, lzma.LZMAError, zlib.error, zipfile.BadZipFile) as error:
        said = str(error)
        if "Truncated" in said:
            raise _incomplete(name) from error
        if "emory" in said:
            raise InputError(f"{name} needs too much memory to unpack", _BY_HAND) from error
        sums = "CRC" in said or "heck" in said or "ncorrect length" in said
        what = "what comes out is not what was packed" if sums else "what it says of itself makes no sense"
        raise InputError(f"{name} is a damaged archive: {what}", _AGAIN) from error


def _incomplete(name: str) -> InputError:
    return InputError(f"{name} is incomplete: the archive breaks off", _AGAIN)


# ---------------------------------------------------------------------- one list, packed


def _gz(file: BinaryIO) -> Iterator[bytes]:
    with gzip.GzipFile(fileobj=file) as packed:
        yield from iter(lambda: packed.read(BLOCK), b"")


def _zst(file: BinaryIO) -> Iterator[bytes]:
    import pyarrow as pa

    with pa.CompressedInputStream(pa.PythonFile(file, "r"), "zstd") as packed:
        yield from iter(lambda: packed.read(BLOCK), b"")


def _bz2(file: BinaryIO) -> Iterator[bytes]:
    return _streams(file, bz2.BZ2Decompressor)


def _xz(file: BinaryIO) -> Iterator[bytes]:
    return _streams(file, lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY))


def _streams(
    file: BinaryIO, decoder_for: Callable[[], bz2.BZ2Decompressor | lzma.LZMADecompressor]
) -> Iterator[bytes]:
    """Unpack the streams that stand one after the other in `file`.

    bz2.open and lzma.open would do, but end in silence where a second stream is damaged, and give all memory.
    """
    packed = file.read(BLOCK)
    while packed:
        decoder = decoder_for()
        while not decoder.eof:
            if decoder.needs_input and not packed:
                packed = file.read(BLOCK)
                if not packed:
                    raise EOFError
            yield decoder.decompress(packed, BLOCK)
            packed = b""
        packed = decoder.unused_data.lstrip(b"\0")  # zeros may fill up a stream
        while not packed and (more := file.read(BLOCK)):
            packed = more.lstrip(b"\0")


_UNPACKERS: Final[dict[str, Callable[[BinaryIO], Iterator[bytes]]]] = {
    "gz": _gz,
    "bz2": _bz2,
    "xz": _xz,
    "zst": _zst,
}


# ---------------------------------------------------------------------- zip: one list among what is in it


def _open_zip(file: BinaryIO, name: str) -> tuple[str, Iterator[bytes]]:
    archive = zipfile.ZipFile(file)
    member = _table(archive.infolist(), name)
    if member.flag_bits & _ENCRYPTED:
        raise InputError(f"{name} is protected with a password", _BY_HAND)

    def blocks() -> Iterator[bytes]:
        with archive.open(member) as packed:
            yield from iter(lambda: packed.read(BLOCK), b"")

    return _printable(member.filename), blocks()


def _table(members: list[zipfile.ZipInfo], name: str) -> zipfile.ZipInfo:
    """Return the only table. What a Mac adds for itself, and files that are hidden, do not count."""
    files = [one for one in members if not one.is_dir() and not _hidden(PurePosixPath(one.filename))]
    if ending := _workbook([one.filename for one in files]):
        raise InputError(
            f"{name} is not what its name says: it is a workbook (.{ending})", "Rename it to that and try again."
        )
    tables = [one for one in files if _ending(one.filename) in DELIMITED + WORKBOOKS]
    if len(tables) == 1:
        return tables[0]
    if tables:
        raise InputError(
            f"{name} has {len(tables)} lists in it: {_listed(tables)}", "Unpack it and name the one that you mean."
        )
    inside = f"it holds {_listed(files)}" if files else "it is empty"
    raise InputError(
        f"{name} has no list in it: {inside}",
        f"A list ends in {', '.join(f'.{one}' for one in DELIMITED + WORKBOOKS)}.",
    )


def _workbook(names: list[str]) -> str:
    return next((ending for part, ending in _WORKBOOK_PARTS.items() if part in names), "")


def _hidden(path: PurePosixPath) -> bool:
    return path.name.startswith(".") or "__MACOSX" in path.parts


def _ending(name: str) -> str:
    return PurePosixPath(name).suffix.lower().removeprefix(".")


def _listed(members: list[zipfile.ZipInfo]) -> str:
    shown = [_printable(one.filename) for one in members[:_SHOWN]]
    return ", ".join(shown) + (f" and {len(members) - _SHOWN} more" if len(members) > _SHOWN else "")


def _printable(name: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in name)[:200]
