"""leadbyte-import, every night, by Airflow 3: a DAG of one task. See docs/scheduling.md.

The task runs in an environment of its own, in which leadbyte-import is installed: Airflow and it need not agree on
the versions of anything. In Airflow 2 the second import is `from airflow.decorators import dag, task`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import dag, task

PYTHON = "/opt/leadbyte-import/bin/python"
JOBS = "/srv/leadbyte/jobs.yaml"


# The text of this function is taken to the other Python, so it imports what it needs itself. It is not retried: what
# can be tried again was tried, and what a night has left the next one finishes.
@task.external_python(
    python=PYTHON, expect_airflow=False, retries=0, execution_timeout=timedelta(hours=23, minutes=30)
)
def import_tonight(jobs: str) -> dict[str, Any]:
    """A night: its digest (pipeline/nightly/digest.schema.json). Fails when somebody must act, and says why.

    Airflow tells people then; the channels under `tell:` in the jobs file are the command line's.
    """
    from pipeline.nightly.digest import as_json, words
    from pipeline.nightly.night import run_night

    night = run_night(jobs)
    if night.needs_a_person:
        raise RuntimeError(words(night))
    return as_json(night)


@dag(
    schedule="0 2 * * *",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,  # a night imports what is there: there are no nights to catch up with
    max_active_runs=1,
)
def leadbyte_nightly() -> None:
    """Import the night's lead files into LeadByte."""
    import_tonight(JOBS)


leadbyte_nightly()
