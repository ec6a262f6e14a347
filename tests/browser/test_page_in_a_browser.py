"""report.html in a browser: complete, quiet, usable by mouse, keyboard and screen reader, on screen and paper."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from pipeline.report.contents import Report
from tests.report.sample import DRY, SAMPLES, enormous, hostile

from . import paper
from .conftest import Open, Ran

Write = Callable[[Report], Path]
RUNS = ("dry", "real", "reconciled")


def number(text: str | None) -> int:
    return int(re.sub(r"[^0-9]", "", text or ""))


def brief(report: Report) -> Report:
    """The same report of a shorter list: as many kinds of elements, and fewer of each."""
    profile, delivery = report.profile, report.delivery
    strip = replace(profile.strip, counts={one: bins[-12:] for one, bins in profile.strip.counts.items()})
    moments = delivery and replace(delivery, moments=delivery.moments[:6])
    return replace(report, profile=replace(profile, strip=strip, worst=profile.worst[:6]), delivery=moments)


def column(page: Page, at: int, table: str = "#rows") -> list[str]:
    """The texts of a column of the rows that are shown."""
    texts = page.locator(f"{table} tbody tr:visible > :nth-child({at})").all_inner_texts()
    return [one.replace("▸", "").strip() for one in texts]


# ---------------------------------------------------------------------- it loads nothing, and nothing goes wrong


@pytest.mark.parametrize("name", SAMPLES)
def test_it_asks_for_nothing_and_nothing_goes_wrong(name: str, show: Open, written: Write) -> None:
    opened = show(written(SAMPLES[name]))
    expect(opened.page.get_by_role("heading", level=1)).to_be_visible()
    for details in opened.page.locator("summary").all():
        details.click()
    opened.works()


def test_hostile_cells_do_nothing_even_where_they_are_shown_in_full(show: Open, written: Write) -> None:
    opened = show(written(hostile()))
    assert opened.page.locator("script").count() == 1
    assert opened.page.locator("img, iframe").count() == 0
    opened.works()


def test_an_injected_script_or_style_would_not_work(show: Open, written: Write, tmp_path: Path) -> None:
    path = written(DRY)
    attack = (
        "<script>window.hit = 1</script><style>h1 { color: rgb(1, 2, 3) }</style><img src='https://example.com/x'>"
    )
    attack += "<p id='it' style='color: rgb(1, 2, 3)' onclick='window.hit = 1'>x</p>"
    broken = tmp_path / "broken.html"
    broken.write_text(path.read_text(encoding="utf-8").replace("<main>", f"<main>{attack}"), encoding="utf-8")
    opened = show(broken)
    opened.page.locator("#it").click()
    assert opened.page.evaluate("window.hit") is None
    for one in ("h1", "#it"):
        assert opened.page.locator(one).evaluate("one => getComputedStyle(one).color") != "rgb(1, 2, 3)"
    assert opened.requests == []
    assert len(opened.wrong) >= 4


# ---------------------------------------------------------------------- its numbers are the run's


@pytest.mark.parametrize("name", RUNS)
def test_its_numbers_are_those_of_summary_json(name: str, show: Open, runs: dict[str, Ran]) -> None:
    run = runs[name]
    opened = show(run.report)
    page, summary = opened.page, run.summary
    expect(page.get_by_role("heading", level=1)).to_have_text(summary["verdict"].replace(" %", "\xa0%"))
    rows = page.locator(".outcomes tbody tr")
    found = {
        one.locator("b").inner_text().replace(" ", "_"): number(one.locator("td").first.inner_text())
        for one in rows.all()
    }
    assert found == summary["outcomes"]
    assert sum(found.values()) == summary["rows"]
    fixes = page.locator(".fixes li > p:first-child").all_inner_texts()
    assert [one.removesuffix(" Examples") for one in fixes] == summary["to_fix"]
    assert page.locator("#fields table tbody tr").count() == len(summary["fields"])
    for field in summary["fields"]:
        row = page.locator(
            "#fields table tbody tr", has=page.get_by_role("rowheader", name=field["label"], exact=True)
        )
        faults = [one for one in summary["faults"] if one["field"] == field["name"] and one["severity"] == "fault"]
        lacking = sum(one["rows"] for one in faults if one["rule"] == "required")
        assert number(row.locator("td").nth(5).inner_text()) == field["filled"] - field["valid"] + lacking
    for text in (one["text"] for one in summary["damage"]):
        expect(page.locator("#columns")).to_contain_text(text[1:])
    for text in summary["notes"]:
        expect(page.locator("#columns")).to_contain_text(text)
    assert summary["run_id"] in page.locator("#run").inner_text()
    opened.works()


@pytest.mark.parametrize("name", RUNS)
def test_its_links_lead_to_the_files_beside_it(name: str, show: Open, runs: dict[str, Ran]) -> None:
    links = show(runs[name].report).page.locator(".files a")
    for link in links.all():
        assert (runs[name].folder / (link.get_attribute("href") or "")).is_file()
    assert links.count() == 3


def test_the_key_and_the_data_are_not_in_it(runs: dict[str, Ran]) -> None:
    for name in RUNS:
        text = runs[name].report.read_text(encoding="utf-8")
        assert "k3y-that-nobody-may-see" not in text
        assert not re.search(r"person[0-9]+|Quillfeather|07700 ?900[0-9]{3}", text)


def test_a_real_run_shows_leadbytes_answers_and_the_time_they_took(show: Open, runs: dict[str, Ran]) -> None:
    opened = show(runs["real"].report)
    table = opened.page.locator("#responses tbody tr")
    opened.page.locator("#responses summary").click()
    found = {one.locator("th").inner_text(): number(one.locator("td").last.inner_text()) for one in table.all()}
    assert found["-15"] == 2
    assert found["2"] == runs["real"].summary["outcomes"]["accepted"]
    expect(opened.page.locator("#rate")).to_be_visible()
    expect(opened.page.locator("#latency")).to_be_visible()
    expect(opened.page.locator("#funnel")).to_have_count(0)
    opened.works()


def test_after_reconcile_the_funnel_ends_with_what_was_sold(show: Open, runs: dict[str, Ran]) -> None:
    opened = show(runs["reconciled"].report)
    opened.page.locator("#funnel summary").click()
    rows = opened.page.locator("#funnel tbody tr")
    assert number(rows.last.locator("td").first.inner_text()) == runs["reconciled"].summary["queue"]["sold"]
    assert rows.first.locator("th").inner_text() == "sent"
    opened.works()


def test_a_vendors_list_is_compared_with_the_one_before(show: Open, runs: dict[str, Ran]) -> None:
    section = show(runs["dry"].report).page.locator("#vendor")
    expect(section).to_contain_text("Beside earlier lists of Sunny Leads Ltd")
    expect(section).to_contain_text(
        re.compile(r"Better than the last one \(first-list\.csv, 2 Jan 2026\): .* percentage points more")
    )


# ---------------------------------------------------------------------- the table of the worst rows


def test_the_worst_rows_are_searched(show: Open, written: Write) -> None:
    opened = show(written(DRY))
    page = opened.page
    page.get_by_label("Find rows").fill("dob 9,9")
    assert column(page, 1) == ["9,990", "9,940"]
    expect(page.get_by_role("status")).to_have_text("2 of 200 rows")
    page.get_by_label("Find rows").fill("no such thing")
    expect(page.get_by_role("status")).to_have_text("0 of 200 rows")
    page.get_by_label("Find rows").fill("")
    assert len(column(page, 1)) == 200
    expect(page.get_by_role("status")).to_have_text("")
    opened.works()


def test_they_are_sorted_by_a_click(show: Open, written: Write) -> None:
    opened = show(written(DRY))
    page = opened.page
    head = page.get_by_role("columnheader", name="Row", exact=True)
    head.get_by_role("button").click()
    rows = [number(one) for one in column(page, 1)]
    assert rows == sorted(rows)
    expect(head).to_have_attribute("aria-sort", "ascending")
    assert page.locator("#rows [aria-sort]").count() == 1
    head.get_by_role("button").click()
    assert [number(one) for one in column(page, 1)] == rows[::-1]
    expect(head).to_have_attribute("aria-sort", "descending")
    opened.works()


def test_they_are_sorted_with_the_keyboard_alone(show: Open, written: Write) -> None:
    page = show(written(DRY)).page
    page.get_by_label("Find rows").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "scroll tall"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.innerText.trim()") == "Row"
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Enter")
    rows = [number(one) for one in column(page, 1)]
    assert rows == sorted(rows)


def test_shares_are_sorted_as_numbers(show: Open, written: Write) -> None:
    page = show(written(DRY)).page
    page.get_by_role("columnheader", name="Filled").get_by_role("button").click()
    shares = [float(one.removesuffix(" %").replace("\xa0%", "")) for one in column(page, 5, "#fields table")]
    assert shares == sorted(shares)
    assert shares[0] != shares[-1]


def test_what_is_sorted_stays_searched(show: Open, written: Write) -> None:
    page = show(written(DRY)).page
    page.get_by_label("Find rows").fill("dob")
    page.get_by_role("columnheader", name="Row", exact=True).get_by_role("button").click()
    rows = [number(one) for one in column(page, 1)]
    assert rows == sorted(rows)
    assert len(rows) == 20


def test_without_javascript_the_page_is_complete(show: Open, written: Write) -> None:
    page = show(written(DRY), script=False).page
    assert page.locator("#rows tbody tr").count() == 200
    assert page.locator("button").count() == 0
    expect(page.get_by_label("Find rows")).to_be_hidden()
    page.locator("#where-in-file summary").click()
    expect(page.locator("#where-in-file table")).to_be_visible()
    expect(page.locator("svg.chart").first).to_be_visible()


# ---------------------------------------------------------------------- everybody can use it


@pytest.mark.parametrize(
    ("name", "dark", "phone"),
    [("reconciled", False, False), ("reconciled", True, False), ("dry", True, True), ("all-bad", False, True),
     ("hostile", False, False), ("all-good", True, False)],
)  # fmt: skip
def test_axe_finds_nothing(name: str, dark: bool, phone: bool, show: Open, written: Write) -> None:
    assert violations(show(written(brief(SAMPLES[name])), dark=dark, phone=phone).page) == "[]"


def violations(page: Page) -> str:
    """What axe finds in the page with nothing folded up."""
    unfold(page)
    found = Axe().run(page)
    some = [
        (one["impact"], one["id"], one["help"], [node["html"][:200] for node in one["nodes"][:3]])
        for one in found.response["violations"]
    ]
    return json.dumps(some, indent=1)


def unfold(page: Page) -> None:
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")


@pytest.mark.parametrize("name", RUNS)
def test_axe_finds_nothing_in_the_page_of_a_real_run(name: str, show: Open, runs: dict[str, Ran]) -> None:
    assert violations(show(runs[name].report).page) == "[]"


def test_the_first_tab_offers_to_skip_to_the_verdict(show: Open, written: Write) -> None:
    page = show(written(DRY)).page
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the verdict")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_be_focused()


def test_every_picture_has_a_name_and_its_numbers(show: Open, written: Write) -> None:
    page = show(written(SAMPLES["reconciled"])).page
    pictures = page.get_by_role("img")
    assert pictures.count() == 8
    for one in pictures.all():
        figure = one.locator("xpath=ancestor::figure")
        assert figure.locator("table").count() == 1
    names = page.locator("figure h3").all_inner_texts()
    for name in names:
        assert page.get_by_role("img", name=name).count() == 1


@pytest.mark.parametrize("name", [*(one for one in SAMPLES if one != "even"), "long words"])
def test_on_a_phone_the_page_does_not_move_sideways(name: str, show: Open, written: Write) -> None:
    report = brief(enormous("W", columns=9, headers=20)) if name == "long words" else SAMPLES[name]
    page = show(written(report), phone=True).page
    unfold(page)
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    outside = page.evaluate(
        "[...document.querySelectorAll('main *')].filter(one => !one.closest('.scroll') && !one.closest('svg')"
        " && !one.classList.contains('unseen') && !one.closest('.unseen')"
        " && one.getBoundingClientRect().right > 361).map(one => one.outerHTML.slice(0, 100))"
    )
    assert outside == []


# ---------------------------------------------------------------------- as pictures, and on paper


def test_paper_is_light_without_controls_and_cuts_nothing_off(show: Open, written: Write) -> None:
    page = show(written(DRY), dark=True).page
    dark = page.evaluate("getComputedStyle(document.body).color")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 688, "height": 1000})  # what A4 is between the margins
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(27, 36, 48)" != dark
    for control in ("nav", ".search", "details", ".skip"):
        expect(page.locator(control).first).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= 688
    wide = page.evaluate("[...document.querySelectorAll('table')].filter(one => one.offsetWidth > 688).length")
    assert wide == 0
    expect(page.locator("#rows")).to_contain_text("Email is not a valid e-mail address")


@pytest.mark.parametrize("script", [True, False], ids=["sortable", "plain"])
def test_on_paper_each_page_of_a_table_begins_with_its_head(
    script: bool, show: Open, written: Write, tmp_path: Path
) -> None:
    page = show(written(DRY), script=script).page
    printed = paper.texts(page.pdf(path=tmp_path / "paper.pdf", prefer_css_page_size=True))
    rows = [one for one in printed if "the @ is missing (column" in one]
    assert len(rows) > 3
    assert [one.count("What is wrong") for one in rows] == [1] * len(rows)
    assert {one[:18] for one in rows[1:]} == {"Row\nWhat is wrong\n"}


def test_the_words_of_a_picture_can_be_read_on_a_phone(show: Open, written: Write) -> None:
    page = show(written(DRY), phone=True).page
    heights = page.locator(".bars text").evaluate_all("some => some.map(one => one.getBoundingClientRect().height)")
    assert min(heights) > 13  # of the line; its letters are a little smaller


def test_of_a_long_list_of_columns_only_the_first_are_unfolded(show: Open, written: Write) -> None:
    names = tuple(f"column {at}" for at in range(1, 290))
    page = show(written(replace(DRY, profile=replace(DRY.profile, ignored=names))), phone=True).page
    assert page.locator(".inline li:visible").count() == 20
    page.get_by_text("269 more", exact=True).click()
    assert page.locator(".inline li:visible").count() == 289


def test_it_is_photographed_in_light_dark_on_a_phone_and_on_paper(show: Open, written: Write, tmp_path: Path) -> None:
    path = written(brief(SAMPLES["reconciled"]))
    for look, how in {"light": {}, "dark": {"dark": True}, "phone": {"phone": True}}.items():
        show(path, **how).page.screenshot(path=tmp_path / f"{look}.png", full_page=True)
    paper = show(path).page.pdf(path=tmp_path / "paper.pdf", prefer_css_page_size=True)
    pages = len(re.findall(rb"/Type /Page\b", paper))
    assert 3 <= pages <= 8
    sizes = [(tmp_path / f"{look}.png").stat().st_size for look in ("light", "dark", "phone")]
    assert min(sizes) > 50_000
