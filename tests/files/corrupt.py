"""Workbooks that contradict themselves, which their readers would read in one way or another; and a sound .xlsb."""

from __future__ import annotations

import io
import zipfile
from typing import Final

from tests.files import ods, xls, xlsb
from tests.files.case import HEADER, Case, listed, person, refused, valid
from tests.files.sheet_cells import BORN, HEAD, lead
from tests.files.xlsx import Raw, Rows, book, date, sheet_xml, strings_xml, workbook, zipped

_TEXTS: Final = strings_xml(["<t>Ford</t>", "<t>Opel</t>"])
_AGAIN: Final = "save it again"
_ENDLESS: Final = "holds the error #NUM!"


def cases() -> list[Case]:
    return [*_texts(), *_places(), *_numbers(), *_wide(), *_binary()]


def _texts() -> list[Case]:
    """A cell that names a text of the table by what is no number of it."""

    def naming(index: str) -> bytes:
        return book(
            {"Leads": sheet_xml([HEAD, lead(1), lead(2, Car=Raw('t="s"', f"<v>{index}</v>"))])}, shared=_TEXTS
        )

    return [
        listed("workbooks/text-by-number.xlsx", naming("1"), valid(2, 3), cells={"3": {"Car": "Opel"}}),
        refused("workbooks/text-minus-one.xlsx", naming("-1"), "cell F3 names no text: number '-1'", _AGAIN),
        refused("workbooks/text-by-name.xlsx", naming("x"), "cell F3 names no text: number 'x'", _AGAIN),
        refused("workbooks/text-by-fraction.xlsx", naming("1.0"), "cell F3 names no text: number '1.0'", _AGAIN),
        refused(
            "workbooks/text-beyond-the-table.xlsx",
            naming("2"),
            "damaged: a cell names a text that is not in it",
            _AGAIN,
        ),
        refused("workbooks/two-values.xlsx", naming("1</v><v>0"), "cell F3 has two values", _AGAIN),
    ]


def _places() -> list[Case]:
    """Rows and cells that have the same place."""
    three: Rows = [HEAD, lead(1), lead(2)]

    def with_row(xml: str) -> bytes:
        return book({"Leads": sheet_xml(three, extra_rows=xml)})

    return [
        refused(
            "workbooks/row-twice.xlsx",
            with_row('<row r="3"><c r="F3"><v>1</v></c></row>'),
            "row 3 stands in the sheet twice",
            _AGAIN,
        ),
        listed("workbooks/row-twice-once-empty.xlsx", with_row('<row r="3"/>'), valid(2, 3)),
        refused(
            "workbooks/cell-twice.xlsx",
            with_row('<row r="4"><c r="A4"><v>1</v></c><c r="A4"><v>2</v></c></row>'),
            "cell A4 stands in the sheet twice",
            _AGAIN,
        ),
        refused(
            "workbooks/cell-of-another-row.xlsx",
            with_row('<row r="4"><c r="F3"><v>1</v></c></row>'),
            "a cell of row 4 says that it is F3",
            _AGAIN,
        ),
        listed(
            "workbooks/rows-without-numbers.xlsx",
            book({"Leads": sheet_xml(three).replace('<row r="2">', "<row>").replace('<row r="3">', "<row>")}),
            valid(2, 3),
        ),
    ]


def _numbers() -> list[Case]:
    """Numbers that are none: infinity and "not a number"."""
    odd: Rows = [
        HEAD,
        lead(1, Car=Raw("", "<v>1e400</v>")),
        lead(2, Car=Raw("", "<v>NaN</v>")),
        lead(3, Born=Raw('s="1"', "<v>NaN</v>")),
        lead(4, Car=1e300),
    ]
    endless = ods.cell("x").replace('office:value-type="string"', 'office:value-type="float" office:value="1e400"')
    head, one = ods.row(*map(ods.cell, HEADER)), person(1)
    return [
        listed(
            "workbooks/numbers-without-end.xlsx",
            workbook(odd),
            {2: "invalid", 3: "invalid", 4: "invalid", 5: "valid"},
            reasons={"2": f"F2 {_ENDLESS}", "3": f"F3 {_ENDLESS}", "4": f"E4 {_ENDLESS}"},
            cells={"2": {"Car": "#NUM!"}, "4": {"Born": "#NUM!"}},
        ),
        refused(
            "workbooks/date-without-end.xlsx",
            workbook([HEAD, lead(1, Born=Raw('s="1"', "<v>-1e400</v>"))]),
            "damaged: something in it makes no sense",
            _AGAIN,
        ),
        listed(
            "workbooks/old-number-without-end.xls",
            xls.xls([[*HEADER], [*person(1)[:5], float("inf")], [*person(2)]]),
            {2: "invalid", 3: "valid"},
            reasons={"2": f"F2 {_ENDLESS}"},
        ),
        listed(
            "workbooks/open-number-without-end.ods",
            ods.document(head + ods.row(*map(ods.cell, one[:5]), endless)),
            {2: "invalid"},
            reasons={"2": f"F2 {_ENDLESS}"},
        ),
    ]


def _wide() -> list[Case]:
    """Parts in UTF-16, which the standard allows."""
    plain = book({"Leads": sheet_xml([HEAD, lead(1, Born=date(29264))])})
    return [
        refused(
            "workbooks/utf16-sheet.xlsx",
            _in_utf16(plain, "xl/worksheets/sheet1.xml"),
            "the sheet 'Leads' is written in UTF-16",
            _AGAIN,
        ),
        refused("workbooks/utf16-book.xlsx", _in_utf16(plain, "xl/workbook.xml"), "not XML in UTF-8", _AGAIN),
        refused("workbooks/utf16-styles.xlsx", _in_utf16(plain, "xl/styles.xml"), "not XML in UTF-8", _AGAIN),
        refused(
            "workbooks/utf16-content.ods",
            _in_utf16(ods.ods([HEADER, person(1)]), "content.xml"),
            "names no sheet of cells, or does not do so in UTF-8",
            _AGAIN,
        ),
    ]


def _in_utf16(content: bytes, part: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[part] = b"\xff\xfe" + parts[part].decode().replace("UTF-8", "UTF-16").encode("utf-16-le")
    return zipped(parts)


def _binary() -> list[Case]:
    def row(number: int, born: xlsb.Cell, car: xlsb.Cell, phone: xlsb.Cell = "") -> list[xlsb.Cell]:
        first, last, mail, called, *_ = person(number)
        return [first, last, mail, phone or called, born, car]

    sound: list[list[xlsb.Cell]] = [
        [*HEADER],
        row(1, xlsb.real(29264, 1), xlsb.shared(1), xlsb.real(7700900123)),
        row(2, xlsb.short(29264, style=1), xlsb.short(7)),
        row(3, xlsb.real(29264, 1), xlsb.short(1250, hundredths=True)),
        row(4, xlsb.short(2926400, hundredths=True, style=1), xlsb.real(29264.5, 2)),
        row(5, xlsb.calculated("1980-02-13"), xlsb.real(0.25, 3)),
        row(6, "1980-02-13", xlsb.real(1.25, 4)),
        row(7, "1980-02-13", xlsb.truth(True)),
        row(8, "1980-02-13", xlsb.calculated(2.5)),
        row(9, "1980-02-13", xlsb.calculated(False)),
    ]
    wrong: list[list[xlsb.Cell]] = [
        [*HEADER],
        row(1, "1980-02-13", xlsb.error(0x07)),
        row(2, "1980-02-13", xlsb.calculated(None)),
        row(3, xlsb.real(float("nan"), 1), "Ford"),
        row(4, "1980-02-13", xlsb.Bin(1)),
        row(5, "1980-02-13", "Ford"),
    ]
    cars = ["Opel 東京", "7", "12.5", "1980-02-13 12:00:00", "06:00:00", "30:00:00", "TRUE", "2.5", "FALSE"]
    return [
        listed(
            "workbooks/every-kind-of-cell.xlsb",
            xlsb.xlsb(sound, ["Ford", "Opel 東京"], hidden=(3,)),
            valid(*range(2, 11)),
            mapping="iso dates",
            cells={str(row): {"Car": car} | BORN for row, car in enumerate(cars, 2)},
            damage=["lost_zero"],
            decisions=["1 row hidden"],
        ),
        listed(
            "workbooks/every-kind-of-error.xlsb",
            xlsb.xlsb(wrong, []),
            dict.fromkeys((2, 3, 4, 5), "invalid") | {6: "valid"},
            mapping="iso dates",
            reasons={"2": "F2 holds the error #DIV/0!", "3": "F3 holds the error #N/A", "4": f"E4 {_ENDLESS}"},
            cells={"4": {"Born": "#NUM!"}, "5": {"Car": ""}},
        ),
    ]
