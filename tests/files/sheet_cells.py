"""Cells of workbooks: typed values, formulas, errors."""

from __future__ import annotations

from typing import Final

from tests.files.case import HEADER, Case, listed, person, valid
from tests.files.xlsx import Cell, Raw, book, date, error, formula, sheet_xml, strings_xml, workbook

HEAD: Final[list[Cell]] = [*HEADER]
BORN: Final = {"Born": "1980-02-13"}
#: 13 February 1980 as Excel keeps it, counting from 1900 and from 1904.
_SERIAL, _SERIAL_1904 = 29264, 27802


def lead(number: int, **changes: Cell) -> list[Cell]:
    """A person's cells, some of them typed."""
    cells: list[Cell] = [*person(number)]
    for header, cell in changes.items():
        cells[HEADER.index(header.replace("_", " "))] = cell
    return cells


def cases() -> list[Case]:
    return [*_values(), *_odd_values(), *_formulas()]


def _values() -> list[Case]:
    era = book(
        {"Leads": sheet_xml([HEAD, lead(1, Born=date(_SERIAL_1904))])}, properties='<workbookPr date1904="1"/>'
    )
    zeros = Raw('s="5"', "<v>7700900123</v>")
    scientific = Raw('s="4"', "<v>7.700900123E9</v>")
    words = strings_xml(
        [
            '<r><t>Fo</t></r><r><t xml:space="preserve">rd </t></r>',
            "<t>東京</t><rPh sb='0' eb='2'><t>トウキョウ</t></rPh>",
            "<t>a_x000D_\nb</t>",
        ]
    )
    shared = book(
        {"Leads": sheet_xml([HEAD, *(lead(n, Car=Raw('t="s"', f"<v>{n - 1}</v>")) for n in (1, 2))])}, shared=words
    )
    return [
        listed("workbooks/text.xlsx", workbook([HEAD, lead(1), lead(2)]), valid(2, 3)),
        listed(
            "workbooks/dates-1900.xlsx",
            workbook([HEAD, lead(1, Born=date(_SERIAL))]),
            valid(2),
            mapping="iso dates",
            cells={"2": BORN},
        ),
        listed("workbooks/dates-1904.xlsx", era, valid(2), mapping="iso dates", cells={"2": BORN}),
        listed(
            "workbooks/date-with-time.xlsx",
            workbook([HEAD, lead(1, Car=date(_SERIAL + 0.5, 2))]),
            valid(2),
            cells={"2": {"Car": "1980-02-13 12:00:00"}},
        ),
        listed(
            "workbooks/date-cells-for-another-format.xlsx",
            workbook([HEAD, lead(1, Born=date(_SERIAL))]),
            {2: "valid"},
            mapping="no date format",
            cells={"2": BORN},
        ),
        listed(
            "workbooks/phone-numbers.xlsx",
            workbook([HEAD, lead(1, Phone=7700900123), lead(2)]),
            valid(2, 3),
            damage=["lost_zero"],
            cells={"2": {"Phone": "7700900123"}},
        ),
        listed(
            "workbooks/phone-shown-with-zero.xlsx",
            workbook([HEAD, lead(1, Phone=zeros)]),
            valid(2),
            damage=["lost_zero"],
            cells={"2": {"Phone": "7700900123"}},
        ),
        listed(
            "workbooks/phone-shown-scientific.xlsx",
            workbook([HEAD, lead(1, Phone=scientific)]),
            valid(2),
            damage=["lost_zero"],
            cells={"2": {"Phone": "7700900123"}},
        ),
        listed(
            "workbooks/scientific-text.xlsx",
            workbook([HEAD, lead(1, Phone="7.7009E+09"), lead(2)]),
            {2: "invalid", 3: "valid"},
            damage=["scientific"],
        ),
        listed(
            "workbooks/numbers.xlsx",
            workbook(
                [
                    HEAD,
                    lead(1, Car=0.5),
                    lead(2, Car=1e5),
                    lead(3, Car=-0.1 - 0.2),
                    lead(4, Car=123456789012345.0),
                    lead(5, Car=1.5e-7),
                ]
            ),
            valid(2, 3, 4, 5, 6),
            cells={
                "2": {"Car": "0.5"},
                "3": {"Car": "100000"},
                "5": {"Car": "123456789012345"},
                "6": {"Car": "0.00000015"},
            },
        ),
        listed(
            "workbooks/booleans.xlsx",
            workbook([HEAD, lead(1, Car=Raw('t="b"', "<v>1</v>")), lead(2, Car=Raw('t="b"', "<v>0</v>"))]),
            valid(2, 3),
            cells={"2": {"Car": "TRUE"}, "3": {"Car": "FALSE"}},
        ),
        listed(
            "workbooks/shared-strings.xlsx", shared, valid(2, 3), cells={"2": {"Car": "Ford "}, "3": {"Car": "東京"}}
        ),
        listed(
            "workbooks/text-that-looks-typed.xlsx",
            workbook(
                [
                    HEAD,
                    lead(1, Car="00772"),
                    lead(2, Car="1E5"),
                    lead(3, Surname="NA"),
                    lead(4, Surname="Null", Car="=1+1"),
                ]
            ),
            valid(2, 3, 4, 5),
            cells={"2": {"Car": "00772"}, "3": {"Car": "1E5"}, "4": {"Surname": "NA"}, "5": {"Car": "'=1+1"}},
        ),
        listed(
            "workbooks/line-break.xlsx",
            workbook([HEAD, lead(1, Car="Ford\nblue"), lead(2)]),
            valid(2, 3),
            cells={"2": {"Car": "Ford\nblue"}},
        ),
    ]


def _odd_values() -> list[Case]:
    escaped = strings_xml(["<t>a_x000D_b</t>", "<t>_x0041_1</t>", "<t/>"])
    by_number = sheet_xml([HEAD, *(lead(n, Car=Raw('t="s"', f"<v>{n - 1}</v>")) for n in (1, 2))])
    typed = [
        lead(1, Car=date(0.25, 6)),
        lead(2, Car=date(1.25, 7)),
        lead(3, Car=date(60, 1)),
        lead(4, Car=Raw("", "<v/>")),
    ]
    rich = Raw('t="inlineStr"', '<is><r><t>Fo</t></r><r><rPr><b/></rPr><t xml:space="preserve">rd </t></r></is>')
    iso = Raw('t="d"', "<v>1980-02-13</v>")
    return [
        listed(
            "workbooks/escaped-letters.xlsx",
            book({"Leads": by_number}, shared=escaped),
            valid(2, 3),
            cells={"2": {"Car": "a\rb"}, "3": {"Car": "A1"}},
        ),
        listed(
            "workbooks/times.xlsx",
            workbook([HEAD, *typed]),
            valid(2, 3) | {4: "valid", 5: "invalid"},
            cells={"2": {"Car": "06:00:00"}, "3": {"Car": "30:00:00"}, "5": {"Car": ""}},
        ),
        listed(
            "workbooks/rich-text.xlsx", workbook([HEAD, lead(1, Car=rich)]), valid(2), cells={"2": {"Car": "Ford "}}
        ),
        listed(
            "workbooks/iso-date-cells.xlsx",
            workbook([HEAD, lead(1, Born=iso)]),
            valid(2),
            mapping="iso dates",
            cells={"2": BORN},
        ),
        listed(
            "workbooks/more-than-15-digits.xlsx",
            workbook([HEAD, lead(1, Car=Raw("", "<v>12345678901234567890</v>"))]),
            valid(2),
            cells={"2": {"Car": "12345678901234567000"}},
        ),
        listed(
            "workbooks/date-far-off.xlsx",
            workbook([HEAD, lead(1, Born=date(99_999_999)), lead(2, Born=date(-1)), lead(3)]),
            {2: "invalid", 3: "invalid", 4: "valid"},
        ),
    ]


def _formulas() -> list[Case]:
    return [
        listed(
            "workbooks/formula-with-value.xlsx",
            workbook([HEAD, lead(1, Car=formula('"Fo"&"rd"', "Ford")), lead(2, Car=formula("1+1", "2", "n"))]),
            valid(2, 3),
            cells={"2": {"Car": "Ford"}, "3": {"Car": "2"}},
        ),
        listed(
            "workbooks/formula-without-value.xlsx",
            workbook([HEAD, lead(1, Phone=formula("A1&B1")), lead(2)]),
            {2: "invalid", 3: "valid"},
            reasons={"2": "D2 holds a formula that was never calculated"},
        ),
        listed(
            "workbooks/formula-shared.xlsx",
            workbook(
                [
                    HEAD,
                    lead(1, Car=Raw('t="str"', '<f t="shared" ref="F2:F3" si="0">A2</f><v>Ann</v>')),
                    lead(2, Car=Raw("", '<f t="shared" si="0"/>')),
                ]
            ),
            {2: "valid", 3: "invalid"},
            reasons={"3": "F3 holds a formula that was never calculated"},
        ),
        listed(
            "workbooks/formula-of-nothing.xlsx",
            workbook([HEAD, lead(1, Phone=formula("A9", "")), lead(2)]),
            valid(2, 3),
            cells={"2": {"Phone": ""}},
        ),
        listed(
            "workbooks/error-cells.xlsx",
            workbook(
                [HEAD, lead(1, Phone=error("#N/A")), lead(2, Car=Raw('t="e"', "<f>1/0</f><v>#DIV/0!</v>")), lead(3)]
            ),
            {2: "invalid", 3: "invalid", 4: "valid"},
            reasons={"2": "D2 holds the error #N/A", "3": "F3 holds the error #DIV/0!"},
            cells={"2": {"Phone": "#N/A"}, "3": {"Car": "#DIV/0!"}},
        ),
    ]
