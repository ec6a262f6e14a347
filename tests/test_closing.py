"""The end of a run: what its summary says, also of a run that an older version began."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.closing import report_run
from pipeline.journal import SENDING, Journal
from pipeline.model import Outcome, PlannedRow
from pipeline.stopping import INTERRUPTED

AT = "2026-01-01T00:00:00+00:00"


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal(tmp_path / "journal.sqlite3")
    yield opened
    opened.close()


def first_about(output: Path) -> dict[str, Any]:
    """What a run of the first version that sent leads knows of itself."""
    return {
        "file": "leads.csv",
        "path": "/lists/leads.csv",
        "sha256": "0" * 64,
        "read": {"sheet": "", "delimiter": "", "encoding": ""},
        "headers": ["Email"],
        "decisions": [],
        "mapping": "leads.yaml",
        "mapping_text": "campaign: C\ncolumns: {Email: Email}\n",
        "campaign": {"id": "1", "reference": "C", "name": "A campaign", "country": "GB", "fields": []},
        "asked_campaign": "",
        "address": "https://acme.leadbyte.com",
        "output": str(output),
        "dry_run": False,
        "rate": "5/s",
        "limit": None,
        "max_invalid": "20%",
        "max_errors": 10,
        "phone_format": "",
        "rows": 2,
        "blank_rows": 0,
        "notes": [],
    }


def begun(journal: Journal, output: Path) -> str:
    """A run of two rows: one invalid, one not sent yet."""
    journal.begin("RUN", AT, first_about(output))
    invalid = PlannedRow(2, ("nobody",), {}, Outcome.INVALID, "Email is bad")
    journal.plan("RUN", [invalid, PlannedRow(3, ("a@b.example",), {"email": "a@b.example"}, None, "")], [])
    journal.note("RUN", state=SENDING, stopped=INTERRUPTED, finished_at=AT)
    return "RUN"


def test_a_run_of_the_first_version_is_reported(journal: Journal, tmp_path: Path) -> None:
    summary = report_run(journal, journal.run(begun(journal, tmp_path)), 1.0, 0.0)

    assert summary.outcomes == {"invalid": 1, "not_sent": 1}
    assert (summary.reasons, summary.damage) == ((), ())
    assert summary.next_step == f"leadbyte-import resume RUN --output {tmp_path}"
    assert (tmp_path / "RUN" / "results.csv").exists()


@pytest.mark.parametrize(("now", "code"), [(True, 130), (False, 3)])
def test_only_an_interrupt_of_this_launch_is_its_exit_code(
    journal: Journal, tmp_path: Path, now: bool, code: int
) -> None:
    """`reconcile` of a run that was interrupted weeks ago was not interrupted."""
    summary = report_run(journal, journal.run(begun(journal, tmp_path)), 1.0, 0.0, interrupted=now)

    assert summary.exit_code == code
    assert summary.stopped == INTERRUPTED
