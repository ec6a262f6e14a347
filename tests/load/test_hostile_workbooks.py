"""Workbooks made to do harm: the user gets an answer within the limits, and the machine stays up."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from pipeline.errors import InputError
from pipeline.load import early, open_list
from pipeline.load.confined import Confined, Limits

from .making import LEADS, rows_of, write_sheets, write_xlsx
from .making_workbooks import SHEET, header, rewrite, row, text, write_xml

#: Enough for any workbook of the tests, and a hostile one is stopped sooner.
SMALL = Limits(memory=512 << 20, seconds=20)
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems do not limit the address space")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "list.xlsx"


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    def started(path: Path, sheet: str, called: str) -> Confined:
        return Confined("pipeline.load.sheets", [str(path), sheet, called], called, cure=early._CURE, limits=SMALL)

    monkeypatch.setattr(early, "_started", started)


def refusal(path: Path) -> InputError:
    began = time.monotonic()
    with pytest.raises(InputError) as caught:
        list(open_list(path).chunks())
    assert time.monotonic() - began < 60
    assert caught.value.hint
    assert str(path) in caught.value.message
    return caught.value


def test_a_cell_in_the_last_corner_is_refused(path: Path) -> None:
    write_xml(path, header() + row(1_048_576, '<c r="XFD1048576"><v>1</v></c>'))
    error = refusal(path)
    assert error.message.endswith("needs more than 512 MB of memory to open: it is damaged, or too large to be read")
    assert "Open it in a spreadsheet program" in error.hint
    assert "as .xlsx or CSV" in error.hint


def test_a_cell_beyond_the_last_corner_is_refused(path: Path) -> None:
    write_xml(path, header() + row(9_999_999, '<c r="ZZZZ9999999"><v>1</v></c>'))
    refusal(path)


def test_a_bomb_of_blanks_is_harmless_or_refused(path: Path) -> None:
    cells = f'<row r="2">{" " * (256 << 20)}</row>'
    write_xml(path, header() + cells)
    assert path.stat().st_size < 1 << 20
    refusal(path)


def test_a_bomb_of_cells_is_refused(path: Path) -> None:
    one = "<row>" + f'<c t="str"><v>{"x" * 100}</v></c>' * 1000 + "</row>"
    write_xml(path, header() + one * 4000)
    assert "512 MB" in refusal(path).message


def test_a_bomb_of_shared_texts_is_refused(path: Path) -> None:
    write_xml(path, header() + row(2, '<c r="A2" t="s"><v>0</v></c>'))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", f"<sst><si><t>{'x' * (800 << 20)}</t></si></sst>")
    assert "512 MB" in refusal(path).message


@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml"])
def test_entities_that_grow_are_refused_or_left_alone(path: Path, part: str) -> None:
    write_xml(path, header() + row(2, text("A2", "&e9;"), text("B2", "b")))
    entities = '<!ENTITY e0 "ha">' + "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 20}">' for n in range(1, 10))
    rewrite(path, part, lambda content: f"<!DOCTYPE x [{entities}]>".encode() + content)
    if part == SHEET:
        refusal(path)


def test_an_entity_that_names_a_file_is_not_read(path: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    write_xml(path, header() + row(2, text("A2", "&x;"), text("B2", "b")))
    entity = f'<!DOCTYPE x [<!ENTITY x SYSTEM "file://{tmp_path}/secret.txt">]>'
    rewrite(path, SHEET, lambda content: entity.encode() + content)
    try:
        (chunk,) = open_list(path).chunks()
    except InputError:
        return
    assert "secret" not in str(rows_of(chunk))


def test_a_list_of_contents_without_end_is_refused_at_once(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        for number in range(20_000):
            archive.writestr(f"{'x' * 100}{number}", "")
    assert "damaged" in refusal(path).message


@pytest.mark.parametrize("size", [0, 100, 0x7FFFFFFF])
def test_a_part_that_lies_about_its_size_is_read_whole_or_refused(path: Path, size: int) -> None:
    write_sheets(path, {"May": LEADS})
    content = path.read_bytes()
    at = content.rindex(b"PK\x01\x02", 0, content.rindex(SHEET.encode()))
    path.write_bytes(content[: at + 24] + size.to_bytes(4, "little") + content[at + 28 :])
    try:
        outcome: object = [rows_of(chunk) for chunk in open_list(path).chunks()]
    except InputError as error:
        outcome = "damaged" in error.message
    assert outcome in (True, [{2: LEADS[1]}])


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.99])
def test_a_workbook_that_is_only_a_beginning_is_refused(path: Path, share: float) -> None:
    write_xlsx(path, {(number, 1): f"v{number}" for number in range(1, 500)})
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    assert "damaged" in refusal(path).message


@pytest.mark.parametrize("content", [bytes(4096), b"\xff" * 4096, bytes(range(256)) * 16])
def test_an_older_workbook_of_nonsense_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "list.xls"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + content)
    refusal(path)


def test_macros_are_never_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsm"
    write_sheets(path, {"May": LEADS})
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0 no macro")
    (chunk,) = open_list(path).chunks()
    assert rows_of(chunk) == {2: LEADS[1]}


def test_no_child_is_left_of_a_list_that_was_only_opened(path: Path) -> None:
    write_xlsx(path, {(number, 1): f"{number}" + "x" * 1000 for number in range(1, 900)})
    code = (
        "import sys; from pathlib import Path; from pipeline.load import open_list; "
        "source = open_list(Path(sys.argv[1])); print(source._table._waiting._child._process.pid)"
    )
    done = subprocess.run([sys.executable, "-c", code, path], stdout=subprocess.PIPE, text=True, check=True)
    with pytest.raises(ProcessLookupError):
        os.kill(int(done.stdout), 0)
