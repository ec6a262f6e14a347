"""Archives: one list in each, none, two, in another archive, broken, with a password."""

from __future__ import annotations

import bz2
import io
import lzma
import tarfile
import zlib
from typing import Final

from tests.files.case import Case, listed, person, refused, text, valid
from tests.files.xlsx import workbook, zipped

_LIST: Final = text(person(1), person(2)).encode()
_ROWS: Final = valid(2, 3)


def cases() -> list[Case]:
    return [*_single(), *_zips(), *_refused()]


def gz(content: bytes, level: int = 0) -> bytes:
    """By hand: the bytes that Python writes differ from release to release."""
    packer = zlib.compressobj(level, zlib.DEFLATED, -15)
    body = packer.compress(content) + packer.flush()
    size = (len(content) & 0xFFFFFFFF).to_bytes(4, "little")
    return b"\x1f\x8b\x08" + bytes(6) + b"\xff" + body + zlib.crc32(content).to_bytes(4, "little") + size


def zst(content: bytes) -> bytes:
    """A frame with its size (up to 255 bytes) and one raw block."""
    block = (len(content) << 3 | 1).to_bytes(3, "little")
    return b"\x28\xb5\x2f\xfd\x20" + bytes([len(content)]) + block + content


def _single() -> list[Case]:
    short = text(person(1)).encode()
    return [
        listed("archives/list.csv.gz", gz(_LIST), _ROWS),
        listed("archives/two-streams.csv.gz", gz(_LIST[:50]) + gz(_LIST[50:]), _ROWS),
        listed("archives/list.csv.bz2", bz2.compress(_LIST), _ROWS),
        listed("archives/list.csv.xz", lzma.compress(_LIST, preset=0), _ROWS),
        listed("archives/list.csv.zst", zst(short), valid(2)),
        listed("archives/no-inner-ending.gz", gz(_LIST), _ROWS),
        listed(
            "archives/utf16.csv.gz", gz(b"\xff\xfe" + _LIST.decode().encode("utf-16-le")), _ROWS, decisions=["utf-16"]
        ),
        listed(
            "archives/book.xlsx.gz", gz(workbook([["Email"], ["ann1@example.com"]])), valid(2), mapping="email only"
        ),
    ]


def _zips() -> list[Case]:
    read = ["the only list in"]
    return [
        listed("archives/one.zip", zipped({"list.csv": _LIST}), _ROWS, decisions=read),
        listed(
            "archives/nested-name.zip",
            zipped({"May/": b"", "May/read me.md": b"x", "May/list.csv": _LIST}),
            _ROWS,
            decisions=["May/list.csv"],
        ),
        listed(
            "archives/from-a-mac.zip",
            zipped({"list.csv": _LIST, "__MACOSX/._list.csv": b"\0\5\x16\7"}),
            _ROWS,
            decisions=read,
        ),
        listed("archives/name-that-climbs.zip", zipped({"../../list.csv": _LIST}), _ROWS, decisions=read),
        listed(
            "archives/book-inside.zip",
            zipped({"book.xlsx": workbook([["Email"], ["ann1@example.com"]])}),
            valid(2),
            mapping="email only",
            decisions=["book.xlsx"],
        ),
        refused(
            "archives/two.zip", zipped({"a.csv": _LIST, "b.csv": _LIST}), "2 lists in it: a.csv, b.csv", "Unpack"
        ),
        refused("archives/none.zip", zipped({"read me.md": b"x"}), "no list in it", ".csv"),
        refused("archives/empty.zip", zipped({}), "no list in it: it is empty", ".csv"),
        refused("archives/password.zip", _encrypted(zipped({"list.csv": _LIST})), "password", "Unpack"),
        refused("archives/truncated.zip", zipped({"list.csv": _LIST})[:-30], "damaged", "again"),
        refused(
            "archives/bad-checksum.zip",
            zipped({"list.csv": _LIST}).replace(b"Smith", b"Smyth", 1),
            "damaged",
            "again",
        ),
        refused(
            "archives/workbook.zip", workbook([["Email"], ["ann1@example.com"]]), "it is a workbook (.xlsx)", "Rename"
        ),
    ]


def _refused() -> list[Case]:
    packed = gz(_LIST)
    return [
        refused("archives/truncated.csv.gz", packed[:-40], "breaks off", "again"),
        refused("archives/bad-checksum.csv.gz", packed.replace(b"Smith", b"Smyth", 1), "damaged", "again"),
        refused("archives/truncated.csv.bz2", bz2.compress(_LIST)[:-20], "breaks off", "again"),
        refused("archives/truncated.csv.xz", lzma.compress(_LIST, preset=0)[:-20], "breaks off", "again"),
        refused("archives/truncated.csv.zst", zst(text(person(1)).encode())[:-20], "breaks off", "again"),
        refused("archives/twice.csv.gz.gz", gz(packed), "archive in an archive", "Unpack"),
        refused("archives/tar.gz", gz(_tar()), "tar archive", "Unpack"),
        refused("archives/plain.csv.gz", _LIST, "not what its name says", "log-in"),
        refused("archives/gz-named.csv", packed, "a gzip archive", "gz-named.csv.gz"),
        refused("archives/zst-named.csv", zst(text(person(1)).encode()), "a Zstandard archive", "zst-named.csv.zst"),
        refused("archives/twice-as-one.csv.gz", gz(packed), "there is a .gz in it", "Unpack"),
        refused("archives/nowhere.zip", _elsewhere(zipped({"list.csv": _LIST})), "makes no sense", "again"),
        refused("archives/empty.csv.gz", gz(b""), "is empty", "completed"),
    ]


def _encrypted(archive: bytes) -> bytes:
    """Set the flag of encryption in both headers of the one member."""
    data = bytearray(archive)
    data[6] |= 1
    data[archive.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def _elsewhere(archive: bytes) -> bytes:
    """Let the list of contents be where no file begins: before the archive."""
    end = archive.rindex(b"PK\x05\x06")
    return archive[: end + 16] + (1 << 31).to_bytes(4, "little") + archive[end + 20 :]


def _tar() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        info = tarfile.TarInfo("list.csv")
        info.size = len(_LIST)
        archive.addfile(info, io.BytesIO(_LIST))
    return file.getvalue()
