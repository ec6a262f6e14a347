"""How text is divided into rows and cells: delimiters, quotes, line ends."""

from __future__ import annotations

from tests.files.case import Case, listed, person, refused, text, valid


def cases() -> list[Case]:
    return [*_delimiters(), *_quotes(), *_stray_quotes(), *_line_ends()]


def _divided(sep: str) -> str:
    return text(person(1), person(2, Car="Ford, blue" if sep != "," else "Ford"), sep=sep)


def _delimiters() -> list[Case]:
    rows = valid(2, 3)
    comma = {"3": {"Car": "Ford, blue", "Surname": "Smith"}}
    return [
        listed("delimiters/comma.csv", _divided(","), rows),
        listed("delimiters/semicolon.csv", _divided(";"), rows, cells=comma, decisions=["separated by ;"]),
        listed("delimiters/tab.csv", _divided("\t"), rows, cells=comma, decisions=["separated by tabs"]),
        listed("delimiters/tab.tsv", _divided("\t"), rows, cells=comma),
        listed("delimiters/pipe.txt", _divided("|"), rows, cells=comma, decisions=["separated by |"]),
        listed(
            "delimiters/caret-told.csv",
            _divided("^"),
            rows,
            "--delimiter",
            "^",
            cells=comma,
            decisions=["separated by ^"],
        ),
        listed("delimiters/sep-line.csv", "sep=;\r\n" + _divided(";"), rows, decisions=["first line says"]),
        listed("delimiters/sep-line-odd.csv", "sep=^\r\n" + _divided("^"), rows, decisions=["first line says"]),
        listed(
            "delimiters/more-commas-than-semicolons.csv",
            text(*(person(n, Car="a, b, c, d, e, f, g") for n in range(4)), sep=";"),
            valid(2, 3, 4, 5),
            cells={"2": {"Car": "a, b, c, d, e, f, g"}},
            decisions=["separated by ;"],
        ),
        listed(
            "delimiters/mixed.csv",
            text(person(1), person(2)) + ";".join(person(3)) + "\r\n" + text(person(4), header=[]),
            valid(2, 3, 5) | {4: "invalid"},
            reasons={"4": "has 1 cell, the header has 6"},
            cells={"4": {"First name": ";".join(person(3))}},
        ),
        listed(
            "delimiters/one-column.csv",
            "Email\r\nann1@example.com\r\nann2@example.com\r\n",
            rows,
            mapping="email only",
            decisions=["a list of one column"],
        ),
        refused(
            "delimiters/wrong-as-told.csv",
            _divided(","),
            "the file has no column 'Surname'",
            "mapping",
            "--delimiter",
            "semicolon",
        ),
        refused(
            "delimiters/no-delimiter.csv",
            _divided(","),
            "--delimiter 'x' is not a delimiter",
            "semicolon",
            "--delimiter",
            "x",
        ),
    ]


def _quotes() -> list[Case]:
    quoted = text(*([f'"{cell}"' for cell in cells] for cells in (person(1), person(2))))
    return [
        listed("quotes/all.csv", quoted, valid(2, 3), cells={"2": {"First name": "Ann", "Car": "Ford"}}),
        listed(
            "quotes/doubled.csv",
            text(person(1, Car='"Ford ""Ka"""'), person(2, Car='""""')),
            valid(2, 3),
            cells={"2": {"Car": 'Ford "Ka"'}, "3": {"Car": '"'}},
        ),
        listed(
            "quotes/line-break.csv",
            text(person(1, Car='"Ford\r\nblue"'), person(2, Car='"Ford\n\nred"'), person(3)),
            valid(2, 3, 4),
            cells={"2": {"Car": "Ford\r\nblue"}, "3": {"Car": "Ford\n\nred"}, "4": {"Car": "Ford"}},
        ),
        listed(
            "quotes/delimiter.csv",
            text(person(1, Car='"Ford, blue"'), person(2)),
            valid(2, 3),
            cells={"2": {"Car": "Ford, blue"}},
        ),
        listed(
            "quotes/middle.csv",
            text(person(1, Car='5" pipe'), person(2, Car='6" by 4"')),
            valid(2, 3),
            cells={"2": {"Car": '5" pipe'}, "3": {"Car": '6" by 4"'}},
        ),
        listed(
            "quotes/single.csv",
            text(person(1, Car="'Ford"), person(2, Car="Ford's")),
            valid(2, 3),
            cells={"2": {"Car": "'Ford"}},
        ),
        listed(
            "quotes/empty.csv",
            text(person(1, Phone='""', Born='""'), person(2)),
            valid(2, 3),
            cells={"2": {"Phone": "", "Born": ""}},
        ),
        listed(
            "quotes/blank-before.csv",
            text(person(1, Car=' "Ford"'), person(2)),
            valid(2, 3),
            cells={"2": {"Car": ' "Ford"'}},
        ),
        listed(
            "quotes/header.csv",
            text(person(1), header=['"First name"', '"Surname"', '"Email"', "Phone", "Born", '"Car"']),
            valid(2),
        ),
    ]


def _stray_quotes() -> list[Case]:
    """Quotes out of place: no neighbour may vanish in such a cell."""
    return [
        refused("quotes/stray.csv", text(person(1), person(2, Surname='"Smith"s'), person(3)), "line 3", "twice"),
        refused("quotes/backslash.csv", text(person(1, Car='"Ford \\"Ka\\""'), person(2)), "line 2", "twice"),
        refused(
            "quotes/unclosed-first.csv", text(person(1, First_name='"Ann'), person(2), person(3)), "line 2", "swallow"
        ),
        refused("quotes/blank-after.csv", text(person(1), person(2, Surname='"Smith" ')), "line 3", "twice"),
        refused("quotes/only.csv", '"', "line 1", "swallow"),
        refused("quotes/unclosed-last.csv", text(person(1), person(2, Car='"Ford')), "line 3", "swallow"),
        refused(
            "quotes/unclosed-header.csv",
            text(person(1), header=['"First name', "Surname", "Email", "Phone", "Born", "Car"]),
            "line 1",
            "swallow",
        ),
        listed(
            "quotes/swallowing-exactly.csv",
            text(person(1), person(2, Surname='"Smith'), person(3, Surname='Smith"'), person(4)),
            valid(2, 4) | {3: "invalid"},
            reasons={"3": "stray"},
        ),
    ]


def _line_ends() -> list[Case]:
    rows = valid(2, 3)
    one, two = person(1), person(2)
    return [
        listed("line-ends/lf.csv", text(one, two, end="\n"), rows),
        listed("line-ends/crlf.csv", text(one, two), rows),
        listed("line-ends/cr.csv", text(one, two, end="\r"), rows, cells={"3": {"Car": "Ford"}}),
        listed(
            "line-ends/mixed.csv",
            text(one, end="\n")
            + text(two, header=[], end="\r")
            + text(person(3), header=[])
            + text(person(4), header=[], end="\n"),
            valid(2, 3, 4, 5),
        ),
        listed("line-ends/none-at-the-end.csv", text(one, two)[:-2], rows, cells={"3": {"Car": "Ford"}}),
        listed("line-ends/cr-cr-lf.csv", text(one, two, end="\r\r\n"), valid(3, 5), blank=3, decisions=[]),
        listed("line-ends/lf-cr.csv", text(one, two, end="\n\r"), valid(3, 5), blank=3),
        listed(
            "line-ends/lf-in-quotes-of-crlf.csv",
            text(person(1, Car='"a\nb"'), person(2, Car='"c\rd"')),
            rows,
            cells={"2": {"Car": "a\nb"}, "3": {"Car": "c\rd"}},
        ),
        listed(
            "line-ends/other-separators.csv",
            text(person(1, Car="a\u2028b"), person(2, Car="c\u0085d"), end="\n"),
            {2: "valid", 3: "invalid"},
            cells={"2": {"Car": "a\u2028b"}, "3": {"Car": "c\u0085d"}},
            reasons={"3": "control character (U+0085: "},
        ),
        listed(
            "line-ends/ctrl-z-at-the-end.csv",
            text(one, two) + "\x1a",
            rows | {4: "invalid"},
            reasons={"4": "control character"},
        ),
    ]
