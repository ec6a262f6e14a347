"""Workbooks as a whole: layout, sheets, other kinds than .xlsx, and files that are broken or hostile."""

from __future__ import annotations

import re
from datetime import date as day
from typing import Final

from tests.files import ods
from tests.files.case import HEADER, Case, listed, person, refused, valid
from tests.files.sheet_cells import BORN, HEAD, lead
from tests.files.xls import Value, xls
from tests.files.xlsx import Raw, Rows, book, edited, sheet_xml, strings_xml, workbook, zipped

_LOCK: Final = '</sheetData><sheetProtection sheet="1"/>'


def cases() -> list[Case]:
    return [*_layout(), *_dialects(), *_sheets(), *_other_kinds(), *_broken()]


def _layout() -> list[Case]:
    three: Rows = [HEAD, lead(1), lead(2)]
    merged = '<mergeCells count="1"><mergeCell ref="B2:B3"/></mergeCells>'
    veiled = '<cols><col min="4" max="5" width="9" hidden="1"/></cols>'
    far = '<row r="1048576"><c r="A1048576" s="3"/></row>'
    no_places = "".join(
        "<row>" + "".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in cells) + "</row>"
        for cells in (HEADER, person(1))
    )
    return [
        listed(
            "workbooks/merged.xlsx",
            book({"Leads": sheet_xml([HEAD, lead(1), lead(2, Surname=None)], after=merged)}),
            {2: "valid", 3: "invalid"},
            reasons={"3": "Last_Name"},
            cells={"3": {"Surname": ""}},
            decisions=["merged"],
        ),
        listed(
            "workbooks/hidden-rows.xlsx",
            book({"Leads": sheet_xml([*three, lead(3)], hidden=(3, 4))}),
            valid(2, 3, 4),
            decisions=["2 rows hidden"],
        ),
        listed(
            "workbooks/hidden-columns.xlsx",
            book({"Leads": sheet_xml(three, columns=veiled)}),
            valid(2, 3),
            decisions=["2 columns hidden"],
        ),
        listed(
            "workbooks/phantom-rows.xlsx",
            book({"Leads": sheet_xml(three, dimension="A1:F1048576", extra_rows=far)}),
            valid(2, 3),
        ),
        listed("workbooks/wrong-dimension.xlsx", book({"Leads": sheet_xml(three, dimension="A1")}), valid(2, 3)),
        listed(
            "workbooks/header-in-row-3.xlsx",
            book({"Leads": sheet_xml(three, first_row=3)}),
            valid(4, 5),
            decisions=["row 3"],
        ),
        listed(
            "workbooks/title-above.xlsx", workbook([["Leads of May"], [], *three]), valid(4, 5), decisions=["row 3"]
        ),
        listed("workbooks/from-column-c.xlsx", book({"Leads": sheet_xml(three, first_column=3)}), valid(2, 3)),
        refused(
            "workbooks/repeated-header-from-column-c.xlsx",
            book({"Leads": sheet_xml([["Email", "E-mail"], ["a", "b"]], first_column=3)}),
            "column C (3) 'Email' and column D (4) 'E-mail'",
            "Rename",
        ),
        listed(
            "workbooks/blank-rows.xlsx",
            workbook([HEAD, lead(1), [], [" ", None, ""], lead(2)]),
            valid(2, 5),
            blank=2,
        ),
        listed(
            "workbooks/long-row.xlsx",
            workbook([HEAD, [*lead(1), None, "x"], lead(2)]),
            {2: "invalid", 3: "valid"},
            reasons={"2": "beyond the last column: 'x'"},
        ),
        listed(
            "workbooks/stray-cell-in-the-last-column.xlsx",
            book({"Leads": sheet_xml(three, extra_rows='<row r="4"><c r="XFD4"><v>1</v></c></row>')}),
            valid(2, 3) | {4: "invalid"},
            reasons={"4": "beyond the last column: '1'"},
        ),
        listed(
            "workbooks/short-row.xlsx",
            workbook([HEAD, lead(1)[:2], lead(2)]),
            {2: "invalid", 3: "valid"},
            reasons={"2": "Email"},
        ),
        listed(
            "workbooks/total.xlsx",
            workbook([HEAD, lead(1), lead(2), ["Total", None, None, None, None, 2]]),
            valid(2, 3) | {4: "invalid"},
            reasons={"4": "footer or total"},
        ),
        listed("workbooks/cells-without-places.xlsx", book({"Leads": sheet_xml([], extra_rows=no_places)}), valid(2)),
    ]


def _dialects() -> list[Case]:
    """What other programs write, all of it allowed: prefixes, absolute places, the strict kind, rows in any order."""
    sheet = sheet_xml([HEAD, lead(1), lead(2)])
    plain = workbook([HEAD, lead(1), lead(2)])
    prefixed = re.sub(r"<(/?)(?=[a-zA-Z])", r"<\1x:", sheet).replace("xmlns=", "xmlns:x=")
    strict = edited(
        plain,
        (
            "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
            "http://purl.oclc.org/ooxml/spreadsheetml/main",
        ),
        (
            "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
            "http://purl.oclc.org/ooxml/officeDocument/relationships",
        ),
    )
    head, first, second = re.findall("<row .*?</row>", sheet)
    return [
        listed("workbooks/prefixes.xlsx", book({"Leads": prefixed}), valid(2, 3)),
        listed("workbooks/name-of-sheet.xlsx", book({"Läufe & <Mai> 'x'": sheet}), valid(2, 3)),
        listed("workbooks/strict.xlsx", strict, valid(2, 3)),
        listed(
            "workbooks/absolute-places.xlsx",
            edited(plain, ('"worksheets/sheet1.xml"', '"/xl/worksheets/sheet1.xml"')),
            valid(2, 3),
        ),
        listed(
            "workbooks/rows-in-any-order.xlsx",
            book({"Leads": sheet_xml([], extra_rows=second + head + first)}),
            valid(2, 3),
        ),
        listed("workbooks/protected-sheet.xlsx", book({"Leads": sheet.replace("</sheetData>", _LOCK)}), valid(2, 3)),
    ]


def _sheets() -> list[Case]:
    leads, empty, notes = sheet_xml([HEAD, lead(1)]), sheet_xml([]), sheet_xml([["Notes"], ["none"]])
    two = book({"Notes": notes, "Leads May": leads})
    return [
        refused("workbooks/two-sheets.xlsx", two, "2 sheets with data: 'Notes', 'Leads May'", "--sheet"),
        listed(
            "workbooks/two-sheets-by-name.xlsx",
            two,
            valid(2),
            "--sheet",
            "Leads May",
            decisions=["'Leads May' (as told)"],
        ),
        listed(
            "workbooks/two-sheets-by-number.xlsx", two, valid(2), "--sheet", "2", decisions=["'Leads May' (as told)"]
        ),
        refused("workbooks/no-such-sheet.xlsx", two, "no sheet 'June'", "'Leads May'", "--sheet", "June"),
        listed(
            "workbooks/one-of-three.xlsx",
            book({"Sheet1": empty, "Leads": leads, "Sheet3": empty}),
            valid(2),
            decisions=["the only one of 3"],
        ),
        refused(
            "workbooks/hidden-sheet.xlsx",
            book({"Leads": leads, "Old": notes}, states={"Old": "veryHidden"}),
            "'Old' (hidden)",
            "--sheet",
        ),
        refused(
            "workbooks/empty-sheets.xlsx",
            book({"Sheet1": empty, "Sheet2": empty}),
            "no sheet holds data",
            "right file",
        ),
        refused(
            "workbooks/empty-sheet-by-name.xlsx",
            book({"Leads": leads, "Other": empty}),
            "'Other' is empty",
            "'Leads'",
            "--sheet",
            "Other",
        ),
        refused("workbooks/header-only.xlsx", workbook([HEAD]), "no rows below", "right file"),
    ]


def _other_kinds() -> list[Case]:
    one, two = person(1), person(2)
    typed: list[Value] = [one[0], one[1], one[2], 7700900123, day(1980, 2, 13), one[5]]
    macros = book(
        {"Leads": sheet_xml([HEAD, lead(1)])}, macros=True, extra={"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0"}
    )
    head = ods.row(*map(ods.cell, HEADER))
    born = ods.row(
        *map(ods.cell, one[:3]),
        ods.number("7700900123", "07700900123"),
        ods.date("1980-02-13", "13.02.80"),
        ods.cell("Ford"),
    )
    gap = ods.row(
        '<table:table-cell table:number-columns-repeated="1024"/>', attributes='table:number-rows-repeated="3"'
    )
    tail = ods.row(
        '<table:table-cell table:number-columns-repeated="16384"/>', attributes='table:number-rows-repeated="1048570"'
    )
    wrong = ods.row(
        *map(ods.cell, two[:5]),
        '<table:table-cell table:formula="of:=NA()" office:value-type="string" '
        'office:string-value=""><text:p>#N/A</text:p></table:table-cell>',
    )
    return [
        listed("workbooks/old.xls", xls([[*HEADER], [*one], [*two]]), valid(2, 3)),
        listed(
            "workbooks/old-typed.xls",
            xls([[*HEADER], typed]),
            valid(2),
            mapping="iso dates",
            damage=["lost_zero"],
            cells={"2": {"Phone": "7700900123"} | BORN},
        ),
        listed("workbooks/open.ods", ods.ods([HEADER, one, two]), valid(2, 3)),
        listed(
            "workbooks/open-typed.ods",
            ods.document(head + born),
            valid(2),
            mapping="iso dates",
            damage=["lost_zero"],
            cells={"2": {"Phone": "7700900123"} | BORN},
        ),
        listed(
            "workbooks/open-repeated-rows.ods",
            ods.document(head + ods.row(*map(ods.cell, one)) + gap + ods.row(*map(ods.cell, two)) + tail),
            valid(2, 6),
            blank=3,
        ),
        listed(
            "workbooks/open-error.ods",
            ods.document(head + ods.row(*map(ods.cell, one)) + wrong),
            {2: "valid", 3: "invalid"},
            reasons={"3": "F3 holds the error #N/A"},
        ),
        listed("workbooks/macros.xlsm", macros, valid(2)),
    ]


def _broken() -> list[Case]:
    whole = workbook([HEAD, lead(1), lead(2)])
    lines = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    laughs = strings_xml(["<t>&a9;</t>"], f'<!DOCTYPE sst [<!ENTITY a0 "ha">{lines}]>')
    outside = strings_xml(["<t>&x;</t>"], '<!DOCTYPE sst [<!ENTITY x SYSTEM "file:///etc/passwd">]>')
    shared = {"Leads": sheet_xml([HEAD, lead(1, Car=Raw('t="s"', "<v>0</v>"))])}
    cut_xml = book({"Leads": sheet_xml([HEAD, lead(1), lead(2)])[:-150]})
    return [
        refused("workbooks/truncated.xlsx", whole[: len(whole) // 2], "incomplete or damaged", "again"),
        refused("workbooks/sheet-breaks-off.xlsx", cut_xml, "damaged", "again"),
        refused("workbooks/checksum.xlsx", whole.replace(b"ann1@", b"bob1@", 1), "damaged", "again"),
        refused("workbooks/sheet-missing.xlsx", zipped({"xl/workbook.xml": b"<workbook/>"}), "damaged", "again"),
        refused("workbooks/billion-laughs.xlsx", book(shared, shared=laughs), "damaged", "again"),
        refused("workbooks/entity-of-a-file.xlsx", book(shared, shared=outside), "damaged", "again"),
        refused(
            "workbooks/unknown-type-of-cell.xlsx",
            workbook([HEAD, lead(1, Car=Raw('t="zz"', "<v>1</v>"))]),
            "damaged",
            "again",
        ),
        listed(
            "workbooks/control-character.xlsx",
            workbook([HEAD, lead(1, Car=Raw('t="inlineStr"', "<is><t>a_x0007_b</t></is>")), lead(2)]),
            {2: "invalid", 3: "valid"},
            reasons={"2": "U+0007"},
            cells={"2": {"Car": "a\x07b"}},
        ),
        refused("workbooks/string-missing.xlsx", book(shared, shared=strings_xml([])), "damaged", "again"),
        refused("workbooks/truncated.xls", xls([[*HEADER], [*person(1)]])[:2048], "damaged", "again"),
        refused("workbooks/truncated.ods", ods.ods([HEADER, person(1)])[:400], "incomplete or damaged", "again"),
    ]
