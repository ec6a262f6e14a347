"""Workbooks written by hand: what the libraries that write them would not, and the same bytes every time."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from typing import Final, TypeAlias
from xml.sax.saxutils import escape

_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
#: Cell styles by number: 1 a date, 2 a date with time, 3 text, 4 scientific, 5 zeros before a number, 6 a time of the
#: day, 7 hours beyond a day.
_STYLES: Final = (
    f'<styleSheet xmlns="{_MAIN}"><numFmts count="1"><numFmt numFmtId="170" formatCode="00000000000"/></numFmts>'
    '<fonts count="1"><font/></fonts><fills count="1"><fill/></fills><borders count="1"><border/></borders>'
    '<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="8"><xf numFmtId="0"/>'
    + "".join(f'<xf numFmtId="{number}" applyNumberFormat="1"/>' for number in (14, 22, 49, 11, 170, 21, 46))
    + "</cellXfs></styleSheet>"
)


@dataclass(frozen=True, slots=True)
class Raw:
    """A cell as its XML: attributes (beyond the place) and content."""

    attributes: str
    content: str


Cell: TypeAlias = str | float | Raw | None
Rows: TypeAlias = list[list[Cell]]


def date(serial: float, style: int = 1) -> Raw:
    """A cell that shows a number as a date."""
    return Raw(f's="{style}"', f"<v>{serial}</v>")


def formula(text: str, value: str | None = None, kind: str = "str") -> Raw:
    """A formula, with its last result if it was ever calculated."""
    result = "" if value is None else f"<v>{escape(value)}</v>"
    return Raw(f't="{kind}"' if value is not None else "", f"<f>{escape(text)}</f>{result}")


def error(words: str) -> Raw:
    """An error cell."""
    return Raw('t="e"', f"<v>{words}</v>")


def letters(column: int) -> str:
    """The letters of a column (from 1, up to ZZ)."""
    high, low = divmod(column - 1, 26)
    return (chr(64 + high) if high else "") + chr(65 + low)


def cell_xml(place: str, cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case Raw():
            return f'<c r="{place}" {cell.attributes}>{cell.content}</c>'
        case str():
            return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(cell)}</t></is></c>'
        case _:
            return f'<c r="{place}"><v>{cell!r}</v></c>'


def sheet_xml(
    rows: Rows,
    *,
    first_row: int = 1,
    first_column: int = 1,
    hidden: tuple[int, ...] = (),
    dimension: str = "",
    columns: str = "",
    after: str = "",
    extra_rows: str = "",
) -> str:
    """A sheet. `hidden` are row numbers; `columns`, `extra_rows` and `after` are XML for their places."""
    body = ""
    for number, cells in enumerate(rows, first_row):
        shown = "".join(cell_xml(f"{letters(at)}{number}", cell) for at, cell in enumerate(cells, first_column))
        veil = ' hidden="1"' if number in hidden else ""
        body += f'<row r="{number}"{veil}>{shown}</row>'
    claimed = f'<dimension ref="{dimension}"/>' if dimension else ""
    return (
        f'<worksheet xmlns="{_MAIN}">{claimed}{columns}<sheetData>{body}{extra_rows}</sheetData>{after}</worksheet>'
    )


def book(
    sheets: dict[str, str],
    *,
    states: dict[str, str] | None = None,
    properties: str = "",
    shared: str = "",
    extra: dict[str, bytes] | None = None,
    packed: int = zipfile.ZIP_STORED,
    macros: bool = False,
) -> bytes:
    """A workbook of sheets (name -> XML). `states` by name: hidden, veryHidden. `shared` is the string table."""
    kind = "application/vnd.ms-excel.sheet.macroEnabled.main+xml" if macros else f"{_TYPE}.sheet.main+xml"
    types = f'<Override PartName="/xl/workbook.xml" ContentType="{kind}"/>'
    types += f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>'
    listed, links, parts = "", f'<Relationship Id="s" Type="{_OFFICE}/styles" Target="styles.xml"/>', {}
    if shared:
        types += f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_TYPE}.sharedStrings+xml"/>'
        links += f'<Relationship Id="t" Type="{_OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
        parts["xl/sharedStrings.xml"] = shared.encode()
    for number, (name, xml) in enumerate(sheets.items(), 1):
        state = f' state="{states[name]}"' if states and name in states else ""
        listed += f'<sheet name="{escape(name)}" sheetId="{number}"{state} r:id="r{number}"/>'
        links += f'<Relationship Id="r{number}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{number}.xml"/>'
        types += f'<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType="{_TYPE}.worksheet+xml"/>'
        parts[f"xl/worksheets/sheet{number}.xml"] = (_HEAD + xml).encode()
    default = '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    default += '<Default Extension="xml" ContentType="application/xml"/>'
    default += '<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/>'
    root = f'<Relationship Id="r1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
    texts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">{default}{types}</Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{root}</Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">{properties}'
        f"<sheets>{listed}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{links}</Relationships>',
        "xl/styles.xml": _STYLES,
    }
    return zipped({name: (_HEAD + xml).encode() for name, xml in texts.items()} | parts | (extra or {}), packed)


def workbook(rows: Rows) -> bytes:
    """A workbook of one plain sheet."""
    return book({"Leads": sheet_xml(rows)})


def strings_xml(items: list[str], before: str = "") -> str:
    """A table of shared strings from the XML of each; `before` is what stands before the root (a document type)."""
    inside = "".join(f"<si>{one}</si>" for one in items)
    return f'{_HEAD}{before}<sst xmlns="{_MAIN}" count="{len(items)}" uniqueCount="{len(items)}">{inside}</sst>'


def zipped(members: dict[str, bytes], packed: int = zipfile.ZIP_STORED) -> bytes:
    """A zip archive without times, so that its bytes are always the same."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", packed) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name)
            info.compress_type, info.create_system = packed, 3
            archive.writestr(info, content)
    return file.getvalue()


def edited(content: bytes, *changes: tuple[str, str]) -> bytes:
    """A workbook with texts replaced in all of its parts."""
    parts = {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            xml = archive.read(name).decode()
            for old, new in changes:
                xml = xml.replace(old, new)
            parts[name] = xml.encode()
    return zipped(parts)
