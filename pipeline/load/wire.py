"""How a sheet's rows go from the child that reads the workbook to the parent, column by column and without a copy.

A message is its length (8 bytes), the length of its head (4), the head (JSON), blanks up to a multiple of 8, and
the content. A batch's content: the row numbers, for each column the offsets of its cells (one more than rows),
then the columns' text in UTF-8; all numbers are 8 bytes in the machine's own order, as Arrow's large_string has it.
This module loads nothing big: the child does without Arrow.
"""

from __future__ import annotations

import json
import sys
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any, Final

_NUMBER: Final = 8


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows of a sheet, in their order, as they came over.

    `numbers`: the rows' own numbers, `columns`: for each column its offsets and its text; `faults` by row number.
    """

    numbers: memoryview
    columns: list[tuple[memoryview, memoryview]]
    faults: dict[int, str]


def message(head: dict[str, Any], content: Sequence[bytes] = ()) -> bytes:
    """Return the bytes of a message."""
    start = json.dumps(head).encode()
    start += b" " * (-(len(start) + 4) % _NUMBER)
    size = 4 + len(start) + sum(map(len, content))
    return b"".join((_bytes(size, 8), _bytes(len(start), 4), start, *content))


def batch_message(numbers: Sequence[int], columns: Sequence[Sequence[str]], faults: dict[int, str]) -> bytes:
    """Return the bytes of a batch: the rows' numbers, the text of their cells by column, the faults by row number."""
    packed = [_packed(cells) for cells in columns]
    head = {"rows": len(numbers), "sizes": [len(text) for _, text in packed], "faults": faults}
    offsets, texts = zip(*packed, strict=True) if packed else ((), ())
    return message(head, (array("q", numbers).tobytes(), *offsets, *texts))


def read_message(read: Callable[[int], bytes]) -> tuple[dict[str, Any], memoryview] | None:
    """Read the next message with `read` (n bytes, fewer at the end); None at the end."""
    size = read(8)
    if not size:
        return None
    body = memoryview(read(int.from_bytes(size, sys.byteorder)))
    start = 4 + int.from_bytes(body[:4], sys.byteorder)
    return json.loads(bytes(body[4:start])), body[start:]


def as_batch(head: dict[str, Any], content: memoryview) -> Batch:
    """Divide a batch's content."""
    rows, sizes = head["rows"], head["sizes"]
    width = (rows + 1) * _NUMBER
    texts = rows * _NUMBER + width * len(sizes)
    ends = list(accumulate(sizes, initial=texts))
    columns = [
        (content[rows * _NUMBER + width * place :][:width], content[start:end])
        for place, (start, end) in enumerate(pairwise(ends))
    ]
    return Batch(content[: rows * _NUMBER], columns, {int(row): fault for row, fault in head["faults"].items()})


def _packed(cells: Sequence[str]) -> tuple[bytes, bytes]:
    whole = "".join(cells)
    text = whole.encode()
    lengths = map(len, cells) if len(text) == len(whole) else (len(cell.encode()) for cell in cells)
    return array("q", accumulate(lengths, initial=0)).tobytes(), text


def _bytes(number: int, size: int) -> bytes:
    return number.to_bytes(size, sys.byteorder)
