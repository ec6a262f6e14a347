"""OpenDocument spreadsheets, written by hand."""

from __future__ import annotations

from typing import Final
from xml.sax.saxutils import escape

from tests.files.xlsx import zipped

_NS: Final = "urn:oasis:names:tc:opendocument:xmlns"
_MIME: Final = "application/vnd.oasis.opendocument.spreadsheet"


def cell(text: str) -> str:
    """A cell of text."""
    return f'<table:table-cell office:value-type="string"><text:p>{escape(text)}</text:p></table:table-cell>'


def number(value: str, shown: str) -> str:
    """A number, and how it shows."""
    attributes = f'office:value-type="float" office:value="{value}"'
    return f"<table:table-cell {attributes}><text:p>{shown}</text:p></table:table-cell>"


def date(value: str, shown: str) -> str:
    """A date, and how it shows."""
    return (
        f'<table:table-cell office:value-type="date" office:date-value="{value}"><text:p>{shown}</text:p>'
        "</table:table-cell>"
    )


def row(*cells: str, attributes: str = "") -> str:
    """A row of the XML of its cells."""
    return f"<table:table-row {attributes}>{''.join(cells)}</table:table-row>"


def document(rows: str) -> bytes:
    """A document of one table, given the XML of its rows."""
    spaces = " ".join(f'xmlns:{name}="{_NS}:{name}:1.0"' for name in ("office", "table", "text"))
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<office:document-content {spaces} office:version="1.2">'
        "<office:body>"
        f'<office:spreadsheet><table:table table:name="Leads">{rows}</table:table></office:spreadsheet>'
        "</office:body></office:document-content>"
    )
    entries = "".join(
        f'<manifest:file-entry manifest:full-path="{path}" manifest:media-type="{kind}"/>'
        for path, kind in (("/", _MIME), ("content.xml", "text/xml"))
    )
    manifest = f'<manifest:manifest xmlns:manifest="{_NS}:manifest:1.0">{entries}</manifest:manifest>'
    return zipped(
        {"mimetype": _MIME.encode(), "content.xml": content.encode(), "META-INF/manifest.xml": manifest.encode()}
    )


def ods(rows: list[list[str]]) -> bytes:
    """A document of one table of text."""
    return document("".join(row(*map(cell, cells)) for cells in rows))
