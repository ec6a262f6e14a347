"""Headers and rows of text files: what stands where it should not."""

from __future__ import annotations

from tests.files.case import HEADER, Case, listed, person, refused, text, valid


def cases() -> list[Case]:
    return [*_headers(), *_no_headers(), *_blank(), *_ragged(), *_footers()]


def _with(*changes: tuple[int, str]) -> list[str]:
    header = list(HEADER)
    for at, name in changes:
        header[at] = name
    return header


def _headers() -> list[Case]:
    one, two = person(1), person(2)
    return [
        listed(
            "headers/title-above.csv",
            "Leads of May\r\n\r\n" + text(one, two),
            valid(4, 5),
            decisions=["the header is in row 3"],
        ),
        listed(
            "headers/row-as-told.csv",
            "Leads,of,May,,,\r\nby,a,vendor,,,\r\n" + text(one, two),
            valid(4, 5),
            "--header-row",
            "3",
            decisions=["row 3 (as told)"],
        ),
        refused("headers/row-beyond.csv", text(one), "no header in row 9", "--header-row", "--header-row", "9"),
        refused(
            "headers/row-empty.csv", "\r\n" + text(one), "no header in row 1", "--header-row", "--header-row", "1"
        ),
        listed("headers/blank-lines-above.csv", "\r\n,,,\r\n" + text(one), valid(4), decisions=["row 3"]),
        refused(
            "headers/repeated.csv", text([*one, "x"], header=[*HEADER, "Email"]), "column G (7) 'Email'", "Rename"
        ),
        refused(
            "headers/alike.csv",
            text([*one, "x"], header=[*HEADER, "first_NAME"]),
            "column A (1) 'First name'",
            "Rename",
        ),
        listed(
            "headers/empty-in-the-middle.csv",
            text([*one[:2], "x", *one[2:]], header=[*HEADER[:2], "", *HEADER[2:]]),
            valid(2),
            mapping="column C",
            decisions=["'Column C'"],
        ),
        listed("headers/empty-at-the-end.csv", text([*one, "", ""], header=[*HEADER, "", " "]), valid(2)),
        refused(
            "headers/not-in-the-mapping.csv",
            text([*one, "x"], header=[*HEADER, "Notes"]),
            "column 'Notes' is neither mapped nor ignored",
            "mapping",
        ),
        refused(
            "headers/missing.csv",
            text(one[:2] + one[3:], header=HEADER[:2] + HEADER[3:]),
            "the file has no column 'Email'",
            "mapping",
        ),
        listed("headers/line-break.csv", text(one, header=_with((0, '"First\r\nname"'))), valid(2)),
        listed(
            "headers/odd-spaces.csv", text(one, header=_with((0, "First\u00a0name "), (1, "\ufeffSurname"))), valid(2)
        ),
        listed(
            "headers/other-case.csv",
            text(one, header=["FIRST_NAME", "surname", "E-Mail", "phone", "BORN", "car"]),
            valid(2),
        ),
        listed(
            "headers/again-among-the-rows.csv",
            text(one, HEADER, two),
            valid(2, 4) | {3: "invalid"},
            reasons={"3": "Email"},
        ),
        listed("headers/mark-and-quotes.csv", "\ufeff" + text(one, header=_with((0, '"First name"'))), valid(2)),
        listed(
            "headers/joined-with-mark.csv",
            "\ufeff" + text(one) + "\ufeff" + text(two),
            valid(2, 4) | {3: "invalid"},
            reasons={"3": "Email"},
        ),
        refused("headers/one-byte.csv", "x", "no rows below", "right file"),
        refused("headers/only.csv", text(), "no rows below", "right file"),
        refused("headers/empty-file.csv", "", "is empty", "completed"),
        refused("headers/nothing-but-mark.csv", "\ufeff", "is empty", "right file"),
        refused("headers/nothing-but-blanks.csv", "\r\n , \r\n,,\r\n", "is empty", "right file"),
    ]


def _no_headers() -> list[Case]:
    bare = text(person(1), person(2), header=[])
    return [
        listed(
            "headers/none-as-told.csv",
            bare,
            valid(1, 2),
            "--no-header",
            mapping="letters",
            decisions=["no header"],
            cells={"1": {"Column C": "ann1@example.com"}},
        ),
        refused("headers/none.csv", bare, "e-mail address", "--no-header"),
        refused(
            "headers/none-and-row.csv", bare, "exclude each other", "one of them", "--no-header", "--header-row", "2"
        ),
    ]


def _blank() -> list[Case]:
    one, two = person(1), person(2)
    bare = text(two, header=[])
    return [
        listed("blank/lines.csv", text(one) + "\r\n\r\n" + bare + "\r\n", valid(2, 5), blank=3),
        listed("blank/only-separators.csv", text(one) + ",,,,,\r\n" + bare + ",,,,,\r\n", valid(2, 4), blank=2),
        listed("blank/only-spaces.csv", text(one) + "  , ,\t,,\u00a0,\r\n   \r\n" + bare, valid(2, 5), blank=2),
        listed("blank/only-quotes.csv", text(one) + '"","","","","",""\r\n' + bare, valid(2, 4), blank=1),
        listed("blank/trailing-separators.csv", text([*one, "", ""], [*two, "", ""]), valid(2, 3)),
        listed(
            "blank/trailing-separators-everywhere.csv",
            text([*one, ""], [*two, ""], header=[*HEADER, ""]),
            valid(2, 3),
        ),
    ]


def _ragged() -> list[Case]:
    one, two, three = person(1), person(2), person(3)
    wide = {"3": "beyond the last column: 'x'"}
    return [
        listed(
            "ragged/short.csv",
            text(one, two[:4], three),
            valid(2, 4) | {3: "invalid"},
            reasons={"3": "has 4 cells, the header has 6"},
            cells={"3": {"Phone": two[3], "Born": "", "Car": ""}},
        ),
        listed("ragged/long.csv", text(one, [*two, "x"], three), valid(2, 4) | {3: "invalid"}, reasons=wide),
        listed(
            "ragged/all-long.csv",
            text([*one, "x"], [*two, "x"]),
            {2: "invalid", 3: "invalid"},
            reasons=wide,
            cells={"2": {"First name": "Ann", "Car": "Ford"}},
        ),
        listed(
            "ragged/comma-not-quoted.csv",
            text(one, person(2, Surname="Smith, Dr"), three),
            valid(2, 4) | {3: "invalid"},
            reasons={"3": "has 7 cells"},
        ),
        listed(
            "ragged/broken-in-two.csv",
            text(one) + "Ann,Smith,ann2@example.com,07700\r\n900002,13/02/1980,Ford\r\n",
            valid(2) | {3: "invalid", 4: "invalid"},
            reasons={"3": "has 4 cells", "4": "has 3 cells"},
        ),
    ]


def _footers() -> list[Case]:
    one, two = person(1), person(2)
    said = "footer or total"
    return [
        listed(
            "footers/total.csv",
            text(one, two, ["Total", "", "", "", "", "2"]),
            valid(2, 3) | {4: "invalid"},
            reasons={"4": said},
        ),
        listed(
            "footers/records.csv",
            text(one, two) + "\r\n2 records exported\r\n",
            valid(2, 3) | {5: "invalid"},
            reasons={"5": said},
            blank=1,
        ),
        listed(
            "footers/end-of-file.csv",
            text(one, ["-- end of file --", "", "", "", "", ""]),
            valid(2) | {3: "invalid"},
            reasons={"3": said},
        ),
        listed(
            "footers/a-person.csv",
            text(person(1, Surname="Total"), person(2, First_name="Grand", Surname="Total")),
            valid(2, 3),
            cells={"2": {"Surname": "Total"}},
        ),
    ]
