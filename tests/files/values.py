"""Cells of text files: odd characters, what Excel has done to values, dates."""

from __future__ import annotations

from tests.files.case import Case, listed, person, refused, text, valid


def cases() -> list[Case]:
    return [*_characters(), *_values(), *_dates()]


def _characters() -> list[Case]:
    return [
        refused("characters/nul.csv", text(person(1), person(2, Surname="Smi\0th")), "line 3: a NUL", "export"),
        refused("characters/nuls-at-the-end.csv", text(person(1)) + "\0" * 64, "line 3: a NUL", "export"),
        listed(
            "characters/control.csv",
            text(person(1, Car="Fo\x07rd"), person(2)),
            {2: "invalid", 3: "valid"},
            reasons={"2": "U+0007"},
            cells={"2": {"Car": "Fo\x07rd"}},
        ),
        listed(
            "characters/control-beyond-ascii.csv",
            text(person(1, Car="Ford\x92s"), person(2, Car="a\x85b"), person(3, Car="a\x81b"), person(4, Car="£ é")),
            {2: "invalid", 3: "invalid", 4: "invalid", 5: "valid"},
            reasons={
                "2": "(U+0092: it was read in the wrong encoding, and is ’ in cp1252)",
                "3": "(U+0085: it was read in the wrong encoding, and is … in cp1252)",
                "4": "holds a control character (U+0081)",
            },
            cells={"2": {"Car": "Ford\x92s"}},
        ),
        listed(
            "characters/delete.csv",
            text(person(1, Car="Ford\x7f"), person(2)),
            {2: "invalid", 3: "valid"},
            reasons={"2": "U+007F"},
        ),
        listed(
            "characters/vertical-tab.csv",
            text(person(1, Car="a\x0bb"), person(2, Car="c\x0cd"), person(3), end="\n"),
            {2: "invalid", 3: "invalid", 4: "valid"},
            reasons={"2": "U+000B", "3": "U+000C"},
        ),
        listed(
            "characters/mark-in-a-cell.csv",
            text(person(1), person(2, First_name="\ufeffAnn"), person(3, Car="\u200bFord")),
            valid(2, 3, 4),
            cells={"3": {"First name": "\ufeffAnn"}, "4": {"Car": "\u200bFord"}},
        ),
        listed(
            "characters/tab-in-a-cell.csv",
            text(person(1, Car="Ford\tKa")),
            valid(2),
            cells={"2": {"Car": "Ford\tKa"}},
        ),
        listed(
            "characters/formula.csv",
            text(person(1, Car="=1+1"), person(2, Car="@SUM(A1)")),
            valid(2, 3),
            cells={"2": {"Car": "'=1+1"}, "3": {"Car": "'@SUM(A1)"}},
        ),
    ]


def _values() -> list[Case]:
    return [
        listed(
            "values/na-and-null.csv",
            text(
                person(1, Surname="NA"),
                person(2, Surname="Null"),
                person(3, Surname="Nan"),
                person(4, First_name="True"),
            ),
            valid(2, 3, 4, 5),
            cells={
                "2": {"Surname": "NA"},
                "3": {"Surname": "Null"},
                "4": {"Surname": "Nan"},
                "5": {"First name": "True"},
            },
        ),
        listed(
            "values/leading-zeros.csv",
            text(person(1, Car="00772"), person(2, Car="1E5"), person(3, Car="01/02/03")),
            valid(2, 3, 4),
            cells={"2": {"Car": "00772"}, "3": {"Car": "1E5"}, "4": {"Car": "01/02/03"}},
        ),
        listed(
            "values/blanks-around.csv", text(person(1, Car="  Ford  ")), valid(2), cells={"2": {"Car": "  Ford  "}}
        ),
        listed(
            "values/lost-zero.csv",
            text(person(1, Phone="7700900123"), person(2)),
            valid(2, 3),
            damage=["lost_zero"],
            cells={"2": {"Phone": "7700900123"}},
        ),
        listed(
            "values/scientific.csv",
            text(person(1, Phone="7.7009E+09"), person(2)),
            {2: "invalid", 3: "valid"},
            damage=["scientific"],
            cells={"2": {"Phone": "7.7009E+09"}},
            reasons={"2": "Phone_1"},
        ),
        listed(
            "values/decimals.csv",
            text(person(1, Phone="7700900123.0"), person(2)),
            valid(2, 3),
            damage=["decimals", "lost_zero"],
        ),
        listed(
            "values/error-text.csv",
            text(person(1, Phone="#N/A"), person(2, Car="#REF!"), person(3)),
            {2: "invalid", 3: "valid", 4: "valid"},
            damage=["error_text", "error_text"],
        ),
        listed(
            "values/placeholder.csv",
            text(person(1, Phone="NULL"), person(2)),
            {2: "invalid", 3: "valid"},
            damage=["placeholder"],
        ),
        listed(
            "values/swapped.csv",
            text(*(person(n, Email=f"07700 90000{n}", Phone=f"ann{n}@example.com") for n in range(1, 5))),
            dict.fromkeys((2, 3, 4, 5), "invalid"),
            damage=["swapped"],
        ),
        listed(
            "values/empty-column.csv",
            text(*(person(n, Born="") for n in (1, 2, 3))),
            valid(2, 3, 4),
            damage=["empty"],
        ),
        listed(
            "values/twice.csv",
            text(person(1), person(2), person(1, Email="ANN1@EXAMPLE.COM", Phone="")),
            valid(2, 3) | {4: "duplicate"},
        ),
        listed(
            "values/plus-44.csv",
            text(person(1, Phone="+447700900123"), person(2, Phone="447700900123")),
            valid(2) | {3: "duplicate"},
            cells={"2": {"Phone": "+447700900123"}},
        ),
    ]


def _dates() -> list[Case]:
    return [
        listed(
            "dates/serial.csv",
            text(person(1, Born="29221"), person(2)),
            {2: "invalid", 3: "valid"},
            damage=["serial_date"],
            cells={"2": {"Born": "29221"}},
        ),
        listed(
            "dates/no-such-day.csv",
            text(person(1, Born="31/02/1980"), person(2, Born="29/02/1981")),
            {2: "invalid", 3: "invalid"},
        ),
        listed(
            "dates/ambiguous.csv",
            text(person(1, Born="03/04/1980"), person(2, Born="1980-04-03")),
            {2: "invalid", 3: "valid"},
            mapping="no date format",
            damage=["ambiguous_date"],
        ),
        listed(
            "dates/other-order.csv",
            text(person(1, Born="04/13/1980"), person(2)),
            {2: "invalid", 3: "valid"},
            damage=["other_order"],
        ),
        listed("dates/short-year.csv", text(person(1, Born="13/02/80"), person(2)), {2: "invalid", 3: "valid"}),
    ]
