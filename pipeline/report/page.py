"""report.html: one file that needs nothing else, for the person who decides what becomes of the list."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from pipeline.files import whole_file
from pipeline.model import Severity
from pipeline.report import charts, fields, trend, view
from pipeline.report.drawing import Chart
from pipeline.report.shape import WHOLE_ROWS, where_faults_sit
from pipeline.report.showing import begun, cut, file_name, name, when
from pipeline.report.verdict import number_of, verdict

if TYPE_CHECKING:
    from pathlib import Path

    from jinja2 import Environment

    from pipeline.report.contents import Report
    from pipeline.report.fields import FieldView
    from pipeline.report.verdict import Verdict

#: The page is never larger, whatever the list.
LARGEST: Final = 1_000_000
_NUMBERS: Final = ("", "", "two ", "three ")


def page(report: Report) -> str:
    """The report as HTML. Without `report.show_data` every cell of the list in it is masked."""
    return _environment().get_template("page.html").render(_shown(report) | _assets())


def write_page(path: Path, report: Report) -> None:
    """Write report.html, whole or not at all. Raises ConfigError where it cannot be written."""
    with whole_file(path) as file:
        file.write(page(report).encode("utf-8", "replace"))


def _shown(report: Report) -> dict[str, Any]:
    """What the template shows, by the name that it has there."""
    summary, profile, delivery = report.summary, report.profile, report.delivery
    said, shown = verdict(summary, profile), fields.fields(report)
    blocks, good = fields.blocks(shown), trend.good_rows(profile)
    at_fault = {one.called: fields.rows_at_fault(one) for one in profile.fields} | {
        WHOLE_ROWS: sum(one.rows for one in profile.counted(Severity.FAULT))
    }
    anchors = {one.label: one.ident for one in blocks}
    notes = [one for one in (report.reading, *summary.notes) if one]
    return {
        "file": file_name(summary.file),
        "campaign": name(summary.campaign_name),
        "kind": "Dry run: nothing was sent" if summary.dry_run else "Sent to LeadByte",
        "at": when(summary.started_at),
        "headline": said.headline.replace(" %", "\u00a0%"),
        "blocked": cut(said.blocked),
        "stopped": cut(summary.stopped) if summary.outcomes.get("not_sent") else "",
        "lacking": [cut(one) for one in summary.lacking],
        "dry_run": summary.dry_run,
        "parts_of_bar": view.parts(summary),
        "fixes_title": _fixes_title(said),
        "fixes": [(cut(one.text), one.cure, anchors.get(name(one.label), "")) for one in said.fixes],
        "warned": number_of(profile.warned) if profile.warned else "",
        "next_step": _next_step(cut(summary.next_step, 2_000)),
        "files": _files(report),
        "show_data": report.show_data,
        "pictures": _pictures([
            charts.faults_per_field(at_fault),
            charts.where_in_file(profile.strip, view.last_row(report), where_faults_sit(profile.strip, at_fault)),
        ]) if summary.outcomes.get("invalid") else [],
        "record": fields.record(report),
        "sending": delivery and _pictures([
            charts.responses_by_code(delivery.responses),
            charts.rate_over_time(delivery.moments, delivery.sending),
            charts.latency_over_time(delivery.moments),
            charts.funnel(delivery.funnel, delivery.waiting),
        ]),
        "fields": shown, "of_fields": len(profile.fields), "blocks": blocks,
        "blocked_out": sum(_tells(one) for one in shown) - len(blocks), "anchors": anchors,
        "damage": view.sentences(begun(one.text) for one in summary.damage), "of_damage": len(summary.damage),
        "ignored": view.sentences(map(name, profile.ignored)), "of_ignored": len(profile.ignored),
        "notes": view.sentences(notes), "of_notes": len(notes),
        "repeated": profile.repeated, "sent_before": profile.sent_before,
        "sent_already": profile.sent_already, "sent_mended": profile.sent_mended,
        "whole_list": not report.to_be_mended,
        "suppressed": summary.outcomes.get("suppressed", 0),
        "vendor": name(report.vendor),
        "better_or_worse": trend.better_or_worse(report), "over_all": trend.over_all(report),
        "earlier": charts.earlier_lists(report, good),
        "worst": view.worst(report),
        "facts": view.facts(report),
    }  # fmt: skip


def _pictures(some: list[Chart | None]) -> list[Chart]:
    return [one for one in some if one]


def _tells(one: FieldView) -> bool:
    return bool(one.faults or one.warnings or one.damage)


def _fixes_title(said: Verdict) -> str:
    if not said.fixes:
        return ""
    if all(one.warning for one in said.fixes):
        return "Nothing to fix, but worth a look"
    number = len(said.fixes)
    return "Fix this first" if number == 1 else f"Fix these {_NUMBERS[number]}first"


def _next_step(words: str) -> tuple[str, str]:
    """What is said of the next step, and the command that it ends with."""
    before, program, after = words.partition("leadbyte-import ")
    if not program or before.endswith("`"):
        return begun(words), ""
    return begun(before.strip()), program + after


def _files(report: Report) -> list[tuple[str, str]]:
    """The files beside the page, and what they are for."""
    summary = report.summary
    found = [
        (report.fix_me, "the rows to mend: correct the coloured cells, then import it"),
        (summary.results, "every row with its outcome"),
        (summary.issues, "every fault of every row"),
        (summary.vendor_note, "a note to the vendor, without personal data"),
    ]
    return [(file_name(path), what) for path, what in found if path]


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("pipeline.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["number"] = lambda number: f"{number:,}"
    made.filters["unbroken"] = lambda words: words.replace(" ", "\u00a0")
    return made


@cache
def _assets() -> dict[str, str]:
    """Style and script as they stand on the page, and their hashes: nothing else may be loaded or run there."""
    from importlib.resources import files

    from markupsafe import Markup

    folder = files("pipeline.report") / "templates"
    style, script = ((folder / one).read_text(encoding="utf-8") for one in ("page.css", "page.js"))
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    return {"style": Markup(style), "script": Markup(script), "policy": Markup(policy)}  # noqa: S704 - our own files


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
