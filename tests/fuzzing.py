"""Helpers of the fuzz tests: bytes that were damaged, and what `check` must make of whatever bytes it is given."""

from __future__ import annotations

import csv
import io
import re
import signal
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import FrameType
from typing import Any, Final, Literal, NoReturn, TypeVar
from xml.etree import ElementTree

import pytest
from hypothesis import strategies as st

from pipeline.errors import ImportFailure
from pipeline.load import ReadOptions, Source, open_list
from pipeline.model import Campaign, Reply
from pipeline.report import Summary
from pipeline.results import COLUMNS
from pipeline.run import import_list
from pipeline.world import Order, World
from tests.builders import EXAMPLE, HEADERS, good_row

#: Seconds of processor time that an example may take: a small list takes some hundredths.
PATIENCE: Final = 20.0

T = TypeVar("T")

# ---------------------------------------------------------------------- damage


@dataclass(frozen=True, slots=True)
class Edit:
    """One piece of damage. `at` is a place in the content (modulo its length), `size` a number of bytes."""

    kind: Literal["insert", "replace", "delete", "repeat", "truncate"]
    at: int
    size: int
    what: bytes

    def done(self, content: bytes) -> bytes:
        at = self.at % (len(content) + 1)
        before, here, after = content[:at], content[at : at + self.size], content[at + self.size :]
        match self.kind:
            case "insert":
                return before + self.what + here + after
            case "replace":
                return before + self.what + content[at + len(self.what) :]
            case "delete":
                return before + after
            case "repeat":
                return before + here * 3 + after
            case "truncate":
                return before


def damaged(content: bytes, edits: Sequence[Edit]) -> bytes:
    for edit in edits:
        content = edit.done(content)
    return content


def edits(*splices: bytes, most: int = 6) -> st.SearchStrategy[list[Edit]]:
    """Some damage, in which `splices` are likelier than any bytes."""
    one = st.builds(
        Edit,
        kind=st.sampled_from(["insert", "replace", "delete", "repeat", "truncate"]),
        at=st.integers(0, 1 << 16),
        size=st.integers(0, 200),
        what=st.sampled_from(splices) | st.binary(max_size=4),
    )
    return st.lists(one, min_size=1, max_size=most)


# ---------------------------------------------------------------------- what check makes of it


class NoPost:
    """LeadByte with the specification's campaign. To post to it is the failure."""

    address = "https://fuzz.leadbyte.example"

    def campaign(self, wanted: str) -> Campaign:  # noqa: ARG002  # the Service's
        return EXAMPLE

    def post(self, campaign: str, lead: Any, on_sent: Callable[[], None]) -> Reply:  # noqa: ARG002  # the Service's
        pytest.fail("a dry run has posted a lead")

    def queue(self, queue_id: str, on_sent: Callable[[], None]) -> NoReturn:  # noqa: ARG002
        pytest.fail("a dry run has asked the queue")

    def search(self, campaign_id: str, by: str, value: str, on_sent: Callable[[], None]) -> NoReturn:  # noqa: ARG002
        pytest.fail("a dry run has searched")


@dataclass(frozen=True, slots=True)
class Checked:
    """A list that `check` went through: what it was read as, the summary, and the lines of its results.csv."""

    source: Source
    summary: Summary
    rows: list[int]
    cells: list[list[str]]


def check(content: bytes, name: str, fit: bool = True, **options: Any) -> Checked | None:
    """Do what `check` does with a file of these bytes; None where it was refused as it should be.

    `fit`: with a mapping made for whatever header the file has, so that its rows are reached; else with one fixed.
    """
    with tempfile.TemporaryDirectory() as folder, _no_hang():
        path = Path(folder) / name
        path.write_bytes(content)
        read = ReadOptions(**options)
        source = _opened(path, read)
        mapping = Path(folder) / "mapping.yaml"
        headers = source.headers if fit and source else HEADERS
        mapping.write_text(_mapping(headers), encoding="utf-8")
        order = Order(str(path), mapping, Path(folder) / "output", dry_run=True, read=read)
        try:
            summary = _without_panic(lambda: import_list(order, NoPost(), World()))
        except ImportFailure as failure:
            check_refusal(failure)
            left = [one.name for one in order.output.glob("*") if one.is_dir()]
            assert not left, f"a refused list left folders behind: {left}"
            return None
        return _read_back(source, summary)


def check_refusal(failure: ImportFailure) -> None:
    """A person can read what is wrong, and what to do."""
    for text in (failure.message, failure.hint):
        assert text.strip(), "a refusal without words"
        odd = {letter for letter in text if letter != "\n" and not letter.isprintable()}
        assert not odd, f"a refusal with {odd}: {text!r}"


def _opened(path: Path, read: ReadOptions) -> Source | None:
    """The list alone, of which the mapping and the independent count need the header; archives have none."""
    try:
        return _without_panic(lambda: open_list(path, read))
    except ImportFailure:
        return None


def _without_panic(act: Callable[[], T]) -> T:
    """A panic of a Rust library is no Exception, and Hypothesis would let it pass as an interrupt."""
    try:
        return act()
    except Exception:
        raise
    except BaseException as error:
        if type(error).__name__ == "PanicException":
            pytest.fail(f"a library panicked: {error}")
        raise


def _read_back(source: Source | None, summary: Summary) -> Checked:
    """The results, once their numbers add up."""
    with Path(summary.results).open(encoding="utf-8-sig", newline="") as file:
        header, *lines = csv.reader(file, strict=True)
    width = len(header)
    rows = [int(line[0]) for line in lines]
    assert tuple(header[: len(COLUMNS)]) == COLUMNS
    assert {len(line) for line in lines} <= {width}, "a line of results.csv has another width"
    assert sum(summary.outcomes.values()) == summary.rows, "outcomes do not add up to the rows"
    assert len(rows) == summary.rows, "results.csv has another number of rows than the summary"
    assert all(one < other for one, other in pairwise(rows)), "rows are not in strict order"
    assert set(summary.outcomes) >= {line[1] for line in lines}
    for outcome, number in summary.outcomes.items():
        assert sum(line[1] == outcome for line in lines) == number, f"another number of rows is {outcome}"
    assert all(line[6] for line in lines if line[1] == "invalid"), "an invalid row without a reason"
    return Checked(source, summary, rows, [line[len(COLUMNS) :] for line in lines])  # type: ignore[arg-type]


def _mapping(headers: Sequence[str]) -> str:
    """A mapping of the headers that are HEADERS, the others ignored, required fields fed from somewhere."""
    fields = {
        "First name": "First_Name",
        "Surname": "Last_Name",
        "E-mail": "Email",
        "Mobile": "Phone_1",
        "Born": '{field: DOB, date_format: "%d/%m/%Y"}',
        "Sex": "{field: Gender, values: {woman: Female, man: Male}}",
        "Post code": "Postcode",
        "Car": "make_of_car",
        "Mortgage": "mortgage_type",
    }
    needed = {
        "First_Name": "Ann",
        "Last_Name": "Smith",
        "Email": "ann@example.com",
        "make_of_car": "Ford",
        "SID": "1",
    }
    mapped = [header for header in headers if header in fields]
    constants = {label: text for label, text in needed.items() if label not in {fields[one] for one in mapped}}
    others = [header for header in headers if header not in fields]
    if not mapped:  # a mapping has a column
        mapped, fields = [others.pop(0)], fields | {headers[0]: "mortgage_type"}
    lines = ["campaign: EXAMPLE-CAMPAIGN", "columns:"]
    lines += [f"  {_quoted(header)}: {fields[header]}" for header in mapped]
    lines += ["constants:", *(f"  {label}: {_quoted(text)}" for label, text in constants.items())]
    lines += [f"ignore: [{', '.join(map(_quoted, others))}]"]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A YAML string, whatever the text holds."""
    inner = "".join(
        letter if (letter.isascii() and letter.isalnum()) or letter in " -" else f"\\U{ord(letter):08x}"
        for letter in text
    )
    return f'"{inner}"'


@contextmanager
def _no_hang() -> Iterator[None]:
    """Fail where an example takes more processor time than it may (the clock of pytest-timeout is left alone)."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        pytest.fail(f"no end after {PATIENCE:g} s")

    if not hasattr(signal, "setitimer"):  # Windows: pytest-timeout alone
        yield
        return
    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, PATIENCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


# ---------------------------------------------------------------------- an independent count of text

_NAMES_DELIMITER: Final = re.compile(r'"?sep=[^\r\n"]"?(?=[\r\n])', re.IGNORECASE)


def check_nothing_lost(content: bytes, checked: Checked) -> None:
    """Compare with Python's csv module over the whole text: each record that shows something, with its cells."""
    source = checked.source
    text = content.decode(source.encoding)
    first = 0 if _NAMES_DELIMITER.match(text) else 1
    csv.field_size_limit(max(len(content), 131_072))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=source.delimiter, strict=True)
    records = {row: cells for row, cells in enumerate(reader, first) if row > source.header_row and row}
    records = {row: cells for row, cells in records.items() if any(cell.strip() for cell in cells)}
    assert checked.rows == list(records), "other rows than the file has"
    width = len(source.headers)
    for row, found in zip(checked.rows, checked.cells, strict=True):
        expected = (records[row] + [""] * width)[:width]
        # a cell that a spreadsheet would run as a formula has an apostrophe before it
        assert all(got in (cell, f"'{cell}") for got, cell in zip(found, expected, strict=True)), f"row {row}: cells"


# ---------------------------------------------------------------------- an independent count of a sheet

_MAIN: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def plainly_filled(sheet: bytes) -> list[int]:
    """The rows of an .xlsx sheet that hold a value for certain; none where the XML is not in plain order."""
    try:
        root = ElementTree.fromstring(sheet)  # noqa: S314  # ours, and damaged; no entity of it is of use
    except ElementTree.ParseError:
        return []
    rows = root.findall(f"./{_MAIN}sheetData/{_MAIN}row")
    numbers = [row.get("r", "") for row in rows]
    if not all(number.isascii() and number.isdigit() for number in numbers):
        return []
    if sorted(set(numbers), key=int) != numbers or any(not _in_order(row) for row in rows):
        return []
    return [
        int(row.get("r", ""))
        for row in rows
        if any(v.text and v.text.strip() for v in row.findall(f"{_MAIN}c/{_MAIN}v"))
    ]


def _in_order(row: ElementTree.Element) -> bool:
    """Whether each cell says that it is in this row, and where."""
    places = [cell.get("r", "") for cell in row.findall(f"{_MAIN}c")]
    columns = [place.removesuffix(row.get("r", "")) for place in places]
    plain = all(re.fullmatch("[A-Z]", column) for column in columns)
    return plain and sorted(set(columns)) == columns


# ---------------------------------------------------------------------- sound lists, to be damaged


def table(rows: int = 8) -> list[list[str]]:
    """A list with what a vendor's has: accents, line breaks, quotes, wrong rows, empty rows."""
    odd: list[Mapping[str, str]] = [
        {},
        {"First_name": "Zoë", "Surname": "O’Brien"},
        {"Car": 'The "Shed"\nLeeds', "Mortgage": "Fixed, 5 years; or | so"},
        {"Mobile": "7.7009E+09", "Post_code": ""},
        {"Born": "31/02/1980", "Sex": "=1+1"},
        {"E_mail": "no address", "Car": "  "},
    ]
    return [list(HEADERS), *(good_row(number, **odd[number % len(odd)]) for number in range(rows))]


def as_csv(
    rows: Sequence[Sequence[str]], delimiter: str = ",", quoting: Literal[0, 1, 2] = 0, end: str = "\r\n"
) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator=end).writerows(rows)
    return out.getvalue()
