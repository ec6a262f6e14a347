"""Whatever is wrong before the first lead: exit code 2, a message with the next step, and nothing is sent."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import openpyxl
import pytest

from pipeline.sandbox import Sandbox

from .user import HEADER, LIST, MAPPING, InProcess, Ran, User

NOBODY = 65534
RUN = ("run", "list.csv", "--mapping", "map.yaml")
CHECK = ("check", "list.csv", "--mapping", "map.yaml")
MAP = ("map", "list.csv", "--campaign", "EXAMPLE-CAMPAIGN", "--mapping", "new.yaml")


@dataclass(frozen=True)
class Bad:
    """One bad input. `files` stand in place of the good ones (None: not there, "/": a folder of that name).

    `thing`, `place` and `next_step` are words that the message must hold.
    """

    name: str
    thing: str
    place: str
    next_step: str
    args: tuple[str, ...] = RUN
    files: dict[str, str | bytes | None] = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict)


def workbook(**sheets: list[list[str]]) -> bytes:
    book, file = openpyxl.Workbook(), io.BytesIO()
    assert book.active is not None
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(file)
    return file.getvalue()


def archive() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("list.csv", LIST)
    return file.getvalue()


def using(name: str) -> tuple[str, ...]:
    return ("run", name, "--mapping", "map.yaml")


def mapped(old: str, new: str) -> dict[str, str | bytes | None]:
    assert old in MAPPING
    return {"map.yaml": MAPPING.replace(old, new)}


ROWS = [line.split(",") for line in LIST.splitlines()]

LISTS = [
    Bad("missing", "does not exist", "list.csv", "Check the name", files={"list.csv": None}),
    Bad("misspelt", "does not exist", "lists.csv", "Did you mean list.csv?", using("lists.csv")),
    Bad("empty", "is empty", "list.csv", "Check that", files={"list.csv": ""}),
    Bad("blank lines only", "is empty", "list.csv", "Check that", files={"list.csv": "\n\n"}),
    Bad("header only", "no rows below", "list.csv", "Check that", files={"list.csv": HEADER}),
    Bad("a folder", "is a folder", "list.csv", "Name the list inside", files={"list.csv": "/"}),
    Bad("workbook named csv", "is an Excel workbook", "list.csv", "Rename it to list.xlsx",
        files={"list.csv": workbook(A=ROWS)}),
    Bad("web page named csv", "a web page", "list.csv", "log-in page", files={"list.csv": "<!DOCTYPE html><html>"}),
    Bad("zip named csv", "a zip archive", "list.csv", "Unpack it", files={"list.csv": archive()}),
    Bad("two headers alike", "have the same header", "column A (1)", "Rename one",
        files={"list.csv": LIST.replace("Surname", "first_name")}),
    Bad("address for a header", "has an e-mail address for a header", "column B (2)", "--no-header",
        files={"list.csv": LIST.replace("Surname", "a@example.com")}),
    Bad("open quote", "never closed", "line 2", "Correct it there", files={"list.csv": LIST.replace("Doe", '"Doe')}),
]  # fmt: skip

OTHERS = [
    Bad("csv named xlsx", "it is plain text", "list.xlsx", "rename it to .csv", using("list.xlsx"),
        files={"list.xlsx": LIST}),
    Bad("unknown ending", "'.doc'", "list.doc", "Known are .csv", using("list.doc"), files={"list.doc": LIST}),
    Bad("damaged workbook", "incomplete or damaged", "list.xlsx", "again", using("list.xlsx"),
        files={"list.xlsx": workbook(A=ROWS)[:-300]}),
    Bad("empty workbook", "no sheet holds data", "list.xlsx", "Check that", using("list.xlsx"),
        files={"list.xlsx": workbook(A=[])}),
    Bad("several sheets", "2 sheets with data", "list.xlsx", "Choose one: --sheet One", using("list.xlsx"),
        files={"list.xlsx": workbook(One=ROWS, Two=ROWS)}),
    Bad("unknown sheet", "no sheet 'Three'", "list.xlsx", "1 'One', 2 'Two'",
        (*using("list.xlsx"), "--sheet", "Three"), files={"list.xlsx": workbook(One=ROWS, Two=ROWS)}),
    Bad("sheet of a csv", "has no sheets", "list.csv", "Leave out --sheet", (*RUN, "--sheet", "1")),
    Bad("delimiter nonsense", "not a delimiter", "--delimiter 'xx'", "Use comma", (*RUN, "--delimiter", "xx")),
    Bad("encoding nonsense", "not an encoding", "--encoding 'klingon'", "cp1252", (*RUN, "--encoding", "klingon")),
]  # fmt: skip

MAPPINGS = [
    Bad("missing", "does not exist", "map.yaml", "leadbyte-import map", files={"map.yaml": None}),
    Bad("not YAML", "not valid YAML", "map.yaml, line 3", "check indentation",
        files={"map.yaml": "a: b\nc: [d\n: e"}),
    Bad("tab", "not valid YAML", "map.yaml, line 2", "check", files={"map.yaml": "columns:\n\tEmail: Email\n"}),
    Bad("no mapping", "not a mapping file", "map.yaml", "docs/mapping.md", files={"map.yaml": "just words"}),
    Bad("empty", "not a mapping file", "map.yaml", "docs/mapping.md", files={"map.yaml": ""}),
    Bad("unknown key", "unknown key 'colums'", "map.yaml", "did you mean 'columns'",
        files=mapped("columns:", "colums:")),
    Bad("unknown key inside", "dateformat", "map.yaml", "did you mean 'date_format'",
        files=mapped("Car: make_of_car", "Car: {field: make_of_car, dateformat: x}")),
    Bad("duplicate key", "'Email' stands twice", "map.yaml, line 6", "keep one",
        files=mapped("  Car:", "  Email: Email\n  Car:")),
    Bad("duplicate key at the top", "'campaign' stands twice", "map.yaml, line 2", "keep one",
        files=mapped("columns:", "campaign: B\ncolumns:")),
    Bad("header the file lacks", "no column 'E-mail address'", "columns", "did you mean 'Email'",
        files=mapped("Email: Email", "E-mail address: Email")),
    Bad("label the campaign lacks", "no field 'Lastname1'", "columns, 'Surname'", "did you mean 'Last_Name'",
        files=mapped("Last_Name", "Lastname1")),
    Bad("required field unfed", "required field 'make_of_car' is fed by nothing", "make_of_car", "docs/mapping.md",
        files=mapped("  Car: make_of_car\n", "") | {"list.csv": LIST.replace("Car,", "").replace("Ford,", "")}),
    Bad("column forgotten", "neither mapped nor ignored", "'Car'", "add it to `columns:` or `ignore:`",
        files=mapped("  Car: make_of_car\n", "")),
    Bad("field fed twice", "'Email' is fed twice", "by Email and by Car", "join:",
        files=mapped("make_of_car", "Email")),
    Bad("dedupe by what is not fed", "nothing feeds the field 'DOB'", "dedupe", "docs/mapping.md",
        files={"map.yaml": MAPPING + "dedupe: [DOB]\n"}),
    Bad("no campaign", "names no campaign", "map.yaml", "--campaign",
        files=mapped("campaign: EXAMPLE-CAMPAIGN\n", "")),
]  # fmt: skip

ACCOUNT = [
    Bad("campaign unknown", "no campaign 'EXAMPLE-CAMPAIN'", "did you mean 'EXAMPLE-CAMPAIGN'",
        "leadbyte-import campaigns", (*RUN, "--campaign", "EXAMPLE-CAMPAIN")),
    Bad("campaign unknown to fields", "no campaign 'NOPE'", "in this account", "leadbyte-import campaigns",
        ("fields", "NOPE")),
    Bad("campaign unknown to map", "no campaign 'NOPE'", "in this account", "leadbyte-import campaigns",
        ("map", "list.csv", "--campaign", "NOPE")),
    Bad("campaign inactive", "is not active", "OLD-CAMPAIGN", "activate it", (*RUN, "--campaign", "OLD-CAMPAIGN")),
    Bad("campaign archived", "is archived", "ARCHIVED-CAMPAIGN", "choose another",
        (*RUN, "--campaign", "ARCHIVED-CAMPAIGN")),
    Bad("no account", "no LeadByte account", "LEADBYTE_ACCOUNT", ".env", env={"LEADBYTE_BASE_URL": ""}),
    Bad("key missing", "no API key", "LEADBYTE_API_KEY", ".env", env={"LEADBYTE_API_KEY": ""}),
    Bad("key of blanks", "no API key", "LEADBYTE_API_KEY", ".env", env={"LEADBYTE_API_KEY": "  "}),
    Bad("key refused", "refused the API key", "HTTP 401", "check LEADBYTE_API_KEY",
        env={"LEADBYTE_API_KEY": "another-k3y"}),
    Bad("key refused to campaigns", "refused the API key", "HTTP 401", "check LEADBYTE_API_KEY", ("campaigns",),
        env={"LEADBYTE_API_KEY": "another-k3y"}),
    Bad("http", "not an https address", "http://leadbyte.example", "LEADBYTE_BASE_URL=https://",
        env={"LEADBYTE_BASE_URL": "http://leadbyte.example"}),
    Bad("http to what looks like loopback", "not an https address", "http://127.0.0.1.example", "https://",
        env={"LEADBYTE_BASE_URL": "http://127.0.0.1.example"}),
    Bad("another scheme", "not an https address", "ftp://leadbyte.example", "https://",
        env={"LEADBYTE_BASE_URL": "ftp://leadbyte.example"}),
    Bad("no address", "not an https address", "LEADBYTE_BASE_URL", "https://", env={"LEADBYTE_BASE_URL": "nonsense"}),
    Bad("password in the address", "base URL", "leadbyte.example", "LEADBYTE_BASE_URL=https://",
        env={"LEADBYTE_BASE_URL": "https://me:another-k3y@leadbyte.example"}),
    Bad("nobody there", "could not be asked", "http://127.0.0.1:9", "check the address",
        env={"LEADBYTE_BASE_URL": "http://127.0.0.1:9"}),
    Bad("unknown version", "LEADBYTE_API_VERSION", "'v1.2' or 'v1.3'", "docs/configuration.md",
        env={"LEADBYTE_API_VERSION": "v7"}),
]  # fmt: skip

FLAGS = [
    *(Bad(f"rate {text!r}", "is not a rate", f"--rate {text!r}", "5/s or 300/m", (*RUN, "--rate", text))
      for text in ("0/s", "0", "fast", "-1/s", "5", "5/week", "1e3/s", "nan/s", "")),
    *(Bad(f"max-invalid {text!r}", "neither a share nor a number", f"--max-invalid {text!r}", "20% or 500",
          (*RUN, "--max-invalid", text)) for text in ("lots", "101%", "-1", "20 %%", "0.5", "")),
    Bad("rate of resume", "is not a rate", "--rate '0/s'", "5/s or 300/m", ("resume", "20260101", "--rate", "0/s")),
    Bad("max-invalid of resume", "neither a share", "--max-invalid 'x'", "20% or 500",
        ("resume", "20260101", "--max-invalid", "x")),
    Bad("limit", "--limit", "0", "run --help", (*RUN, "--limit", "0")),
    Bad("max-errors", "--max-errors", "'x'", "run --help", (*RUN, "--max-errors", "x")),
    Bad("unknown option", "No such option", "--mappin", "run --help", ("run", "list.csv", "--mappin", "map.yaml")),
    Bad("no mapping", "Missing option", "--mapping", "run --help", ("run", "list.csv")),
    Bad("unknown command", "No such command", "'rum'", "leadbyte-import --help", ("rum", "list.csv")),
    Bad("output is a file", "cannot be written to", "output folder list.csv", "--output DIR",
        (*RUN, "--output", "list.csv")),
    Bad("output below a file", "cannot be written to", "list.csv/runs", "--output DIR",
        (*RUN, "--output", "list.csv/runs")),
    Bad("the usual output is a file", "cannot be written to", "output folder output", "--output DIR",
        files={"output": "a file"}),
    Bad("mapping cannot be written", "cannot be written", "list.csv/new.yaml", "--mapping",
        ("map", "list.csv", "--campaign", "EXAMPLE-CAMPAIGN", "--mapping", "list.csv/new.yaml")),
    *(Bad(f"{command} without journal", "no journal", "elsewhere", "--output DIR",
          (command, "20260101", "--output", "elsewhere"), {"elsewhere": "/"}) for command in ("resume", "results")),
    *(Bad(f"{command} without folder", "no journal", "nowhere", "--output DIR",
          (command, "20260101", "--output", "nowhere")) for command in ("resume", "results")),
    Bad("sandbox on a foreign address", "for this machine only", "203.0.113.1", "--host",
        ("sandbox", "--host", "203.0.113.1", "--port", "0")),
    Bad("sandbox on no port", "--port", "99999", "sandbox --help", ("sandbox", "--port", "99999")),
    *(Bad(f"sandbox with {flag} {text}", flag, text, "sandbox --help", ("sandbox", "--port", "0", flag, text))
      for flag in ("--rate-limit", "--latency") for text in ("nan", "inf")),
    Bad("sandbox without rate", "--rate-limit", "0", "sandbox --help",
        ("sandbox", "--port", "0", "--rate-limit", "0")),
]  # fmt: skip


def meet(person: InProcess, bad: Bad, args: tuple[str, ...] = ()) -> Ran:
    for name, content in bad.files.items():
        (person.folder / name).unlink(missing_ok=True)
        if content == "/":
            (person.folder / name).mkdir()
        elif content is not None:
            person.write(name, content)
    before = tree(person.folder)
    ran = person.enter(*(args or bad.args), **bad.env)
    assert tree(person.folder) == before, "it was refused before anything was written"
    return ran


def tree(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


def assert_refused(user: User, ran: Ran, *words: str) -> None:
    assert ran.code == 2, ran
    assert ran.out == ""
    for word in words:
        assert word in ran.err
    assert "Traceback" not in ran.err
    assert "\n  next: " in ran.err or "--help' for help." in ran.err
    assert user.sandbox.record() == []
    assert_no_key(user, ran.err)


def assert_no_key(user: User, *texts: str) -> None:
    written = [path.read_bytes().decode("latin-1") for path in user.folder.rglob("*") if path.is_file()]
    for text in (*texts, *written):
        assert user.sandbox.key not in text
        assert "another-k3y" not in text


def named(bad: Bad) -> str:
    return bad.name.replace(" ", "-")


@pytest.mark.parametrize("args", [RUN, CHECK, MAP], ids=["run", "check", "map"])
@pytest.mark.parametrize("bad", [one for one in LISTS if one.args == RUN], ids=named)
def test_a_bad_list_is_refused_by_every_command_that_reads_it(
    person: InProcess, bad: Bad, args: tuple[str, ...]
) -> None:
    assert_refused(person, meet(person, bad, args), bad.thing, bad.place, bad.next_step)


@pytest.mark.parametrize("bad", [one for one in LISTS if one.args != RUN] + OTHERS, ids=named)
def test_a_list_that_cannot_be_trusted_is_refused(person: InProcess, bad: Bad) -> None:
    assert_refused(person, meet(person, bad), bad.thing, bad.place, bad.next_step)


@pytest.mark.parametrize("args", [RUN, CHECK], ids=["run", "check"])
@pytest.mark.parametrize("bad", MAPPINGS, ids=named)
def test_a_bad_mapping_is_refused_before_any_row_is_read(person: InProcess, bad: Bad, args: tuple[str, ...]) -> None:
    assert_refused(person, meet(person, bad, args), bad.thing, bad.place, bad.next_step)


@pytest.mark.parametrize("bad", ACCOUNT, ids=named)
def test_a_wrong_account_key_or_campaign_is_refused(person: InProcess, bad: Bad) -> None:
    assert_refused(person, meet(person, bad), bad.thing, bad.place, bad.next_step)


@pytest.mark.parametrize("bad", FLAGS, ids=named)
def test_wrong_options_are_refused(person: InProcess, bad: Bad) -> None:
    assert_refused(person, meet(person, bad), bad.thing, bad.place, bad.next_step)


def test_all_faults_of_a_mapping_are_told_at_once(person: InProcess) -> None:
    person.write("map.yaml", MAPPING.replace("Last_Name", "Lastnam").replace("  Car: make_of_car\n", ""))
    ran = person.enter(*RUN)
    assert_refused(person, ran, "no field 'Lastnam'", "column 'Car' is neither", "required field 'make_of_car'")


@pytest.mark.parametrize("command", ["resume", "results"])
def test_an_unknown_run_is_refused_with_the_latest_runs(person: InProcess, command: str) -> None:
    assert person.enter(*CHECK).code == 0
    (known,) = [path.name for path in (person.folder / "output").iterdir() if path.is_dir()]
    ran = person.enter(command, "20260101T000000Z-0000")
    assert_refused(person, ran, "no run '20260101T000000Z-0000'", "in output", known)


def test_a_journal_that_is_none_is_refused_and_kept(person: InProcess) -> None:
    (person.folder / "output").mkdir()
    broken = person.write("output/journal.sqlite3", "no database, but long enough to be taken for one" * 99)
    before = broken.read_bytes()
    assert_refused(person, person.enter(*RUN), "cannot be opened", "output/journal.sqlite3", "another --output")
    assert broken.read_bytes() == before


def test_loopback_is_the_one_place_where_http_will_do(person: InProcess) -> None:
    port = person.sandbox.port
    for host in ("127.0.0.1", "localhost"):
        ran = person.enter("campaigns", LEADBYTE_BASE_URL=f"http://{host}:{port}/")
        assert (ran.code, ran.err) == (0, "")
        assert "EXAMPLE-CAMPAIGN" in ran.out


def test_a_taken_port_of_the_sandbox_is_named(person: InProcess) -> None:
    port = str(person.sandbox.port)
    ran = person.enter("sandbox", "--port", port)
    assert_refused(person, ran, "cannot listen", f"127.0.0.1 port {port}", "--port 0")


# ---------------------------------------------------------------------- permissions, also for root


@contextmanager
def without_privileges() -> Iterator[None]:
    """Root may read anything: for a while this process is nobody, as far as files go."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that anybody may enter, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="leadbyte-import-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("closed", "mode", "words"),
    [
        ("list.csv", 0o000, ("list.csv may not be read", "permission denied", "Ask its owner")),
        ("map.yaml", 0o000, ("map.yaml cannot be read", "ermission", "next: ")),
        ("output", 0o500, ("output folder output cannot be written to", "Permission denied", "--output DIR")),
    ],
)
def test_what_may_not_be_read_or_written_is_refused(
    open_folder: Path,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    closed: str,
    mode: int,
    words: tuple[str, ...],
) -> None:
    person = InProcess(open_folder, sandbox, monkeypatch, capfd)
    assert person.enter(*CHECK).code == 0  # all is well as yet, and everything has been imported
    shutil.rmtree(open_folder / "output")
    (open_folder / "output").mkdir()
    (open_folder / closed).chmod(mode)
    with without_privileges():
        ran = person.enter(*RUN)
    (open_folder / closed).chmod(0o700)
    assert_refused(person, ran, *words)


@pytest.mark.parametrize(
    ("content", "words"), [("/", ("map.yaml cannot be read",)), (b"\xff\xfeA", ("map.yaml", "UTF-8"))]
)
def test_a_mapping_that_cannot_be_read_is_refused(
    person: InProcess, content: str | bytes, words: tuple[str, ...]
) -> None:
    ran = meet(person, Bad("", "", "", "", files={"map.yaml": content}))
    assert_refused(person, ran, *words, "next: ")
