from __future__ import annotations

import base64
import hashlib
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from pipeline.errors import ConfigError
from pipeline.model import Severity
from pipeline.report.contents import Report
from pipeline.report.page import LARGEST, page, write_page
from pipeline.report.profile import RuleCount
from tests.report.sample import (
    ALL_BAD,
    ALL_GOOD,
    DRY,
    EVENLY,
    FIELDS,
    NASTY,
    PROFILE,
    REAL,
    RECONCILED,
    SAMPLES,
    SMALL,
    SUMMARY,
    enormous,
    fault,
    field,
    hostile,
)

VOID = {"meta", "link", "input", "br", "img", "hr"}


class Parsed(HTMLParser):
    """The page as a browser reads it: elements with their attributes, and texts by the element that they stand in."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}>"

    def handle_data(self, data: str) -> None:
        self.texts.append((self.open[-1] if self.open else "", data))

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def inside(self, *tags: str) -> list[str]:
        return [text for tag, text in self.texts if tag in tags]

    @property
    def text(self) -> str:
        shown = (text for tag, text in self.texts if tag not in ("style", "script"))
        return re.sub(r"[^\S\xa0]+", " ", " ".join(shown))


PAGES = {name: page(report) for name, report in SAMPLES.items()}
every_page = pytest.mark.parametrize("html", PAGES.values(), ids=PAGES)


def shown(report: Report) -> str:
    return Parsed(page(report)).text


# ---------------------------------------------------------------------- its form


@every_page
def test_the_verdict_is_the_first_heading(html: str) -> None:
    headings = [tag for tag, _ in Parsed(html).elements if re.fullmatch("h[1-6]", tag)]
    assert headings[0] == "h1"
    assert headings.count("h1") == 1
    levels = [int(tag[1]) for tag in headings]
    assert all(after - before <= 1 for before, after in pairwise(levels))


@every_page
def test_ids_are_unique_and_whatever_is_pointed_at_is_there(html: str) -> None:
    elements = Parsed(html).elements
    ids = [attributes["id"] for _, attributes in elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    pointed = [
        one
        for _, attributes in elements
        for key in ("aria-labelledby", "aria-describedby", "aria-controls", "for")
        for one in attributes.get(key, "").split()
    ]
    pointed += [one["href"][1:] for one in Parsed(html).all("a") if one["href"].startswith("#")]
    assert set(pointed) <= set(ids)


@every_page
def test_nothing_is_loaded_from_anywhere(html: str) -> None:
    parsed = Parsed(html)
    assert {tag for tag, _ in parsed.elements} & {
        "img",
        "iframe",
        "object",
        "embed",
        "form",
        "base",
        "audio",
        "video",
    } == set()
    assert [one["href"] for one in parsed.all("link")] == ["data:,"]
    assert not any("src" in attributes for _, attributes in parsed.elements)
    links = {one["href"] for one in parsed.all("a")}
    assert all(re.fullmatch(r"#[a-z0-9-]+|[A-Za-z0-9.-]+\.(?:csv|xlsx|txt)", one) for one in links), links
    (style,) = parsed.inside("style")
    assert "@import" not in style
    assert set(re.findall(r"url\((.*?)\)", style)) == {"#p-duplicate", "#p-suppressed", "#p-rejected", "#p-unknown"}


@every_page
def test_only_our_own_style_and_script_may_work(html: str) -> None:
    parsed = Parsed(html)
    (policy,) = [one["content"] for one in parsed.all("meta") if one.get("http-equiv") == "Content-Security-Policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert (rules["base-uri"], rules["form-action"]) == ("'none'", "'none'")
    for tag in ("style", "script"):
        (text,) = parsed.inside(tag)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert rules[f"{tag}-src"] == f"'sha256-{digest}'"
    assert not any("style" in attributes for _, attributes in parsed.elements)
    assert not any(name.startswith("on") for _, attributes in parsed.elements for name in attributes)
    assert html.index("Content-Security-Policy") < html.index("<style")


@every_page
def test_tables_say_what_their_rows_and_columns_are(html: str) -> None:
    parsed = Parsed(html)
    assert all(one.get("scope") in ("col", "row") for one in parsed.all("th"))
    boxes = [attributes for _, attributes in parsed.elements if "scroll" in attributes.get("class", "").split()]
    assert boxes
    for box in boxes:
        assert (box["role"], box["tabindex"]) == ("region", "0")
        assert box.get("aria-label") or box.get("aria-labelledby")


def test_the_page_is_in_english_and_fits_a_phone() -> None:
    parsed = Parsed(PAGES["dry"])
    assert parsed.all("html") == [{"lang": "en"}]
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in parsed.all("meta")


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_colours_stand_out_from_what_they_are_on(scheme: int) -> None:
    """By WCAG AA: texts at 4.5 to 1 (axe sees those that it can), parts of pictures at 3 to 1."""
    (style,) = Parsed(PAGES["dry"]).inside("style")
    colours = dict(
        re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", re.findall(r":root \{(.*?)\}", style, re.DOTALL)[scheme])
    )
    texts = {"ink": "paper ground notice", "soft": "paper ground", "link": "paper ground", "mark-ink": "mark"}
    for text, grounds in texts.items():
        assert all(contrast(colours[text], colours[ground]) >= 4.5 for ground in grounds.split()), text
    shapes = [
        "ok",
        "invalid",
        "rejected",
        "failed",
        "unknown",
        "duplicate",
        "suppressed",
        "not-sent",
        "plain",
        "light",
        "notice-line",
    ]
    for shape in shapes:
        assert contrast(colours[shape], colours["paper"]) >= 3, shape
    assert contrast(colours["plain"], colours["light"]) >= 2
    assert set(colours) == {*shapes, *texts, "paper", "ground", "line", "mark", "notice"}


# ---------------------------------------------------------------------- what it says


def test_it_says_what_would_be_sent_and_the_three_things_to_fix() -> None:
    parsed = Parsed(PAGES["dry"])
    assert parsed.inside("h1") == ["9,022 of 9,996 rows would be sent (90.3\xa0%), 974 not."]
    assert "Dry run: nothing was sent" in parsed.text
    assert "Fix these three first" in parsed.text
    assert "Email (column 'E-mail address') is not a valid e-mail address (297 rows, first in row 4)" in parsed.text
    assert "Take the address from its source again" in parsed.text
    assert "leadbyte-import run lists/november/solar-leads-2026-11.csv" in parsed.text


@pytest.mark.parametrize("name", ["dry", "real", "reconciled", "all-bad", "all-good", "small"])
def test_the_outcomes_on_the_page_are_those_of_the_run(name: str) -> None:
    outcomes = SAMPLES[name].summary.outcomes
    html = PAGES[name]
    bar = re.findall(r"<rect [^>]*><title>([a-z ]+): ([\d,]+)</title>", html[: html.index("</figure>")])
    assert {word.replace(" ", "_"): int(rows.replace(",", "")) for word, rows in bar} == outcomes
    lengths = [float(one) for one in re.findall(r'x="([\d.]+)" width', html[: html.index("</figure>")])]
    assert lengths == sorted(lengths)


@pytest.mark.parametrize(
    ("report", "title"),
    [(SMALL, "Fix this first"), (ALL_BAD, "Fix these two first"), (DRY, "Fix these three first")],
)
def test_the_things_to_fix_are_counted_in_words(report: Report, title: str) -> None:
    assert title in shown(report)


def test_a_good_list_has_nothing_to_fix_and_no_picture_of_faults() -> None:
    text = shown(ALL_GOOD)
    assert "All 9,996 rows would be sent." in text
    assert "to fix" not in text.lower()
    assert "Where the faults are" not in text
    assert "Field by field" in text


def test_warnings_alone_are_worth_a_look() -> None:
    fields = tuple(replace(one, faults=one.faults[-1:]) for one in PROFILE.fields[2:4])
    report = replace(ALL_GOOD, profile=replace(ALL_GOOD.profile, fields=fields, warned=152))
    text = shown(report)
    assert "Nothing to fix, but worth a look" in text
    assert "152 rows have one" in text
    assert "Warnings: these rows are sent all the same" in text
    assert "140 rows: is a role's address" in text


def test_a_list_that_a_run_would_refuse_says_why() -> None:
    text = shown(ALL_BAD)
    assert "As it stands, a run would send nothing. 9,996 of 9,996 rows are invalid, more than --max-invalid" in text
    assert "Were the two swapped in the mapping, or in the file?" in text
    blocked = shown(replace(DRY, summary=replace(SUMMARY, blocked="this list was sent before")))
    assert "could be sent (90.3" in blocked
    assert "would be sent" not in blocked


def test_a_run_that_stopped_says_why_and_how_to_go_on() -> None:
    text = shown(REAL)
    assert "The run stopped early. LeadByte answered -4" in text
    assert "leadbyte-import resume 20261123T114050Z-f5c9" in text


def test_a_run_that_ended_did_not_stop_early() -> None:
    assert "stopped early" not in shown(replace(REAL, summary=replace(REAL.summary, outcomes={"accepted": 9_996})))


def test_what_a_real_run_did_is_shown_and_a_dry_run_did_nothing() -> None:
    real, dry = shown(REAL), shown(DRY)
    for words in ("LeadByte's answers, by code", "Leads a second, over time", "Seconds until LeadByte's answer"):
        assert words in real
        assert words not in dry
    assert "Number matched TPS database" in real


def test_the_funnel_is_there_once_the_queue_was_asked() -> None:
    assert "From sent to sold" not in shown(REAL)
    assert "From sent to sold" in shown(RECONCILED)


def test_each_field_says_where_it_comes_from_how_full_and_how_right_it_is() -> None:
    html = PAGES["dry"]
    row = next(one for one in html.split("<tr>") if ">Phone_1</a>" in one)
    assert re.findall(r"<td[^>]*>(.*?)</td>", row) == [
        "Mobile", "UK Mobile Number", "no", "99.2 %", "98.2 %", "175", "12",
    ]  # fmt: skip
    text = Parsed(html).text
    assert "phone_1 · not required · UK Mobile Number · from column “Mobile”" in text
    assert "· 99.2\xa0%\xa0filled · 98.2\xa0%\xa0valid" in text
    assert "131 rows: is not a UK mobile number: 10 digits after the first 0 are expected, this has 9" in text
    assert re.search(r"row 31\s+07\*\*\* \*\*\*012", text)
    assert "A UK mobile has 07 and nine digits more." in text
    assert "The campaign's choices: Male, Female, M, F" in text


def test_columns_damage_and_decisions_are_told() -> None:
    text = shown(DRY)
    assert "Column 'Mobile' (Phone_1): 1,204 phone numbers had lost the leading 0" in text
    assert "read as cp1252 (not UTF-8)" in text
    assert re.search(r"Columns that are not sent\s+Notes", text)


def test_rows_as_a_whole_stand_apart_from_warnings_about_other_columns() -> None:
    text = shown(DRY)
    assert text.index("Rows as a whole") < text.index("the row looks like a footer")
    assert text.index("Warnings about columns that feed no field") < text.index("column 'IP' is the same")


def test_duplicates_are_told_by_where_the_other_one_is() -> None:
    rows = dict(re.findall(r'<tr><th scope="row">([^<]*)</th><td class="n">([\d,]+)</td></tr>', PAGES["dry"]))
    assert rows["The same person earlier in this list"] == "226"
    assert rows["Sent to this campaign with another list"] == "12"
    assert rows["On a suppression list"] == "0"


def test_a_vendors_list_stands_beside_the_earlier_ones() -> None:
    text = shown(DRY)
    assert "Beside earlier lists of Sunny Leads Ltd" in text
    assert "Worse than the last one (solar-leads-2026-10.csv, 2 Oct 2026)" in text
    assert "Beside earlier lists" not in shown(SMALL)
    assert "first list of Sunny Leads Ltd" in shown(replace(SMALL, vendor="Sunny Leads Ltd"))


def test_the_worst_rows_say_how_many_there_are_beside_them() -> None:
    assert "200 of the 744 rows that break a rule, those with most faults first" in shown(DRY)
    assert "Every row that breaks a rule, those with most faults first." in shown(SMALL)
    assert re.search(r"The worst rows\s+None\.", shown(ALL_GOOD))


def test_rows_of_which_nothing_is_kept_are_counted_all_the_same() -> None:
    purged = replace(DRY, profile=replace(PROFILE, worst=()))
    assert "744 rows break a rule or were not taken; nothing is kept of their cells." in shown(purged)


def test_a_table_of_many_columns_shows_those_at_fault() -> None:
    headers = tuple(f"Column {at}" for at in range(300))
    cells = tuple(f"c{at}" for at in range(300))
    worst = tuple(replace(PROFILE.worst[0], row=row, cells=cells, faulty=(7, 250)) for row in range(2, 12))
    html = page(replace(SMALL, profile=replace(SMALL.profile, headers=headers, worst=worst)))
    assert "20 of the list's 300 columns are shown" in Parsed(html).text
    assert ">Column 250</th>" in html
    assert ">Column 20</th>" not in html


def test_files_are_linked_in_the_same_folder_and_only_those_that_exist() -> None:
    assert [one["href"] for one in Parsed(PAGES["dry"]).all("a") if not one["href"].startswith("#")] == [
        "fix-me.xlsx",
        "results.csv",
        "issues.csv",
    ]
    none = replace(SMALL, summary=replace(SMALL.summary, results="", issues="", vendor_note="x/vendor-note.txt"))
    assert [one["href"] for one in Parsed(page(none)).all("a") if not one["href"].startswith("#")] == [
        "vendor-note.txt"
    ]


def test_a_file_that_could_not_be_written_is_told() -> None:
    lacking = replace(SMALL, summary=replace(SUMMARY, lacking=("fix-me.xlsx (No space left on device)",)))
    assert "Could not be written: fix-me.xlsx (No space left on device)" in shown(lacking)


def test_a_list_without_rows_is_a_page_too() -> None:
    profile = replace(
        SMALL.profile, rows=0, whole_rows=0, fields=(), worst=(), strip=replace(SMALL.profile.strip, counts={})
    )
    assert "The list has no rows." in shown(
        replace(SMALL, summary=replace(SUMMARY, rows=0, outcomes={}), profile=profile)
    )


# ---------------------------------------------------------------------- whose data


def test_cells_are_masked() -> None:
    html = PAGES["dry"]
    for cell in (
        "ann.example.com",
        "07700 90012",
        "Quillfeather",
        "jane.example.com",
        "called twice",
        "info@example.com",
    ):
        assert cell not in html
    assert "This page holds personal data" not in html
    assert "Cells are masked." in html


def test_with_show_data_cells_are_shown_and_the_page_says_so() -> None:
    html = PAGES["even"]
    for cell in ("ann.example.com", "07700 90012", "Quillfeather", "called twice", "info@example.com"):
        assert cell in html
    assert "This page holds personal data" in html
    assert "Cells are masked." not in html


def test_cells_quoted_by_an_error_are_masked_too() -> None:
    worst = (replace(SMALL.profile.worst[0], errors="has 3 cells, the header has 2; beyond the last column: 'Jane'"),)
    report = replace(SMALL, profile=replace(SMALL.profile, worst=worst))
    assert "Jane" not in page(report)
    assert "Jane" in page(replace(report, show_data=True))


# ---------------------------------------------------------------------- hostile lists


@pytest.mark.parametrize("show_data", [True, False])
def test_no_text_of_a_list_becomes_markup(show_data: bool) -> None:
    html = page(hostile(show_data=show_data))
    parsed = Parsed(html)
    assert len(parsed.inside("script")) == len(parsed.inside("style")) == 1
    assert parsed.open == []
    assert parsed.all("img") == []
    assert {tag for tag, _ in parsed.elements} == {tag for one in PAGES.values() for tag, _ in Parsed(one).elements}


def test_hostile_texts_are_shown_as_they_are() -> None:
    text = Parsed(PAGES["hostile"]).text
    for one in (
        "<script>alert(1)</script>",
        "</style><img src=x onerror=alert(1)>",
        "{{ 7 * 7 }}",
        "&amp;<!--",
        "]]>",
    ):
        assert one in text


def test_nothing_on_the_page_is_unseen_or_turns_what_is_around_it() -> None:
    assert not set(PAGES["hostile"]) & set("\x00\x07\x1b\u202a\u202b\u202c\u202d\u202e\u2028\u2066\u2067\u2068\u2069")
    assert "⟨U+202E⟩gnp.exe" in PAGES["hostile"]


def test_half_a_surrogate_pair_can_be_written(tmp_path: Path) -> None:
    write_page(tmp_path / "report.html", replace(DRY, vendor="a\ud800b"))
    assert "a⟨U+D800⟩b" in (tmp_path / "report.html").read_text(encoding="utf-8")


# ---------------------------------------------------------------------- its size


@pytest.mark.parametrize("character", ["&", "😀"])
def test_the_page_stays_small_whatever_the_list(character: str) -> None:
    html = page(enormous(character))
    assert len(html.encode()) < LARGEST
    Parsed(html)


def test_what_is_left_out_is_told() -> None:
    text = shown(enormous(columns=200, headers=300))
    assert re.search(r"The \d+ fields of most faults are shown; \d+ more are fed", text)
    assert re.search(r"\d+ more fields have faults or warnings, without room for them here", text)
    assert re.search(r"\d+ of the 4,440 rows that break a rule", text)
    assert "of the list's 300 columns are shown" in text
    assert len(re.findall(r"And [\d,]+ more\.", text)) >= 3


def test_a_usual_page_is_fit_for_a_mail() -> None:
    assert max(len(html.encode()) for html in PAGES.values()) < 250_000


# ---------------------------------------------------------------------- the file


def test_the_page_is_written_whole_for_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    write_page(path, SMALL)
    assert path.read_text(encoding="utf-8") == page(SMALL)
    if sys.platform != "win32":
        assert path.stat().st_mode & 0o777 == 0o600


def test_a_page_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be written"):
        write_page(tmp_path / "nowhere" / "report.html", SMALL)


def test_the_same_report_is_the_same_page() -> None:
    assert page(EVENLY) == PAGES["even"]


def test_drawing_is_paid_for_by_pages_only() -> None:
    code = "import sys, pipeline.report.page; print({'jinja2', 'pygal', 'markupsafe'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True, timeout=60)
    assert done.stdout == "set()\n"


@pytest.mark.parametrize("text", NASTY)
def test_a_vendor_of_any_name_is_text(text: str) -> None:
    Parsed(page(replace(SMALL, vendor=text)))


def test_each_cure_stands_below_the_faults_that_it_mends() -> None:
    text = shown(DRY)
    words = [
        "214 rows: is not a valid", "22 rows: is not a valid", "How to fix it: Take the address",
        "31 rows: is required",
        "How to fix it: The campaign takes no lead without it", "140 rows: is a role's address",
        "Nobody knows who reads it",
    ]  # fmt: skip
    places = [text.index(one, text.index("Field by field")) for one in words]
    assert places == sorted(places)
    whole = text[text.index("Rows as a whole") :]
    words = ["looks like a footer", "Every row needs", "Warnings about columns", "the same on more", "So many people"]
    places = [whole.index(one) for one in words]
    assert places == sorted(places)


def test_a_column_that_is_only_checked_stands_everywhere_a_field_does() -> None:
    empty = fault("optin_url", "is empty: nothing shows where consent was given", 400, "")
    page_of = field(
        "Opt page", "Opt page", "", empty, name="", required=False, filled=9_600, valid=9_600, at_fault=400
    )
    text = shown(replace(EVENLY, profile=replace(EVENLY.profile, fields=(*FIELDS, page_of))))
    assert "look at column 'Opt page' as a whole, which has" in text
    assert (
        "Column 'Opt page' is empty: nothing shows where consent was given (400 rows, first in row 4) Examples"
        in text
    )
    html = page(replace(EVENLY, profile=replace(EVENLY.profile, fields=(*FIELDS, page_of))))
    row = next(one for one in html.split("<tr>") if "Opt page" in one and "checked, not sent" in one)
    assert re.findall(r"<td[^>]*>(.*?)</td>", row) == [
        "Opt page",
        "checked, not sent",
        "no",
        "96 %",
        "100 %",
        "400",
        "0",
    ]
    assert html.count("column &#39;Opt page&#39;") >= 4, (
        "in the sentence, the picture, the table and a block of its own"
    )


def test_rows_whose_kinds_of_faults_are_not_listed_are_counted() -> None:
    rules = (RuleCount(Severity.FAULT, "alphabetical", 400, (4,)),)
    names = field("First_Name", "First name", "Alphabetical", fault("alphabetical", "contains “<”", 21), rules=rules,
                  at_fault=408)  # fmt: skip
    text = shown(replace(EVENLY, profile=replace(EVENLY.profile, fields=(names,))))
    assert "379 more rows: other kinds, each of them rarer; issues.csv has them all" in text
    assert "First_Name (column 'First name') contains “<” (400 rows, first in row 4)" in text
    assert "other kinds, each of them rarer" not in shown(EVENLY)


def test_how_the_list_was_read_is_told_in_the_plain_case_too() -> None:
    plain = replace(SMALL, reading="read as UTF-8, cells separated by commas, header in row 1")
    assert "read as UTF-8, cells separated by commas" in shown(plain)
    assert "standard input" in shown(replace(SMALL, summary=replace(SMALL.summary, file="-")))
