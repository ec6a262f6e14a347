"""A month of nights in short, and a judge that can say no. The long form: `make month`."""

from __future__ import annotations

import copy
import os
import sys
from collections.abc import Callable
from fnmatch import fnmatch
from typing import Any

import pytest

from benchmarks.month.judge import Case
from benchmarks.month.leaks import HOLDS_PEOPLE
from benchmarks.month.month import Month, month
from benchmarks.month.said import Seen

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and forks as POSIX has them")


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Month:
    """Three nights with one trouble each but the first, kills, and a quiet one after them."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [one for one in os.environ if one.startswith("LEADBYTE_") or one.lower().endswith("_proxy")]:
            patch.delenv(name)
        return month(tmp_path_factory.mktemp("month") / "place", nights=3, seed=8, kill=0.5, quiet=1)


def test_every_row_is_accounted_for_nobody_is_sent_twice_and_the_digests_say_what_happened(lived: Month) -> None:
    assert lived.wrong == []
    assert lived.kills > 0
    assert len(lived.case.lists) > 5
    assert sum(len(one.arrivals) for one in lived.case.seen) > 10


def test_what_is_searched_for_people_and_keys_is_there_and_each_exception_is_needed(lived: Month) -> None:
    folder = lived.place.folder
    written = {path.name for path in folder.rglob("*") if path.is_file() and path.stat().st_size}
    assert {"common.text.log", "common.json.log", "run.log", "summary.json", "journal.sqlite3"} <= written
    assert {one[-4:] for one in written} >= {".out", ".err"}
    assert {each["channel"] for seen in lived.case.seen for each in seen.heard} == {"mail", "hook", "ping"}
    held = {one.partition(" has ")[0] for one in lived.held}
    assert [one for one in HOLDS_PEOPLE if not any(fnmatch(name, one) for name in held)] == []


def told(case: Case) -> Seen:
    """A launch that told of a list that it imported."""
    return next(one for one in case.seen if any(report["state"] == "imported" for report in one.reports))


def _sent_twice(case: Case) -> None:
    seen = next(one for one in case.seen if any(not each["fault"] for each in one.arrivals))
    seen.arrivals = [*seen.arrivals, next(one for one in seen.arrivals if not one["fault"])]


def _never_arrived(case: Case) -> None:
    for one in case.seen:
        one.arrivals = []


def _arrived_though_listed(case: Case) -> None:
    seen = next(one for one in case.seen if one.arrivals)
    first = seen.arrivals[0]
    case.listed = {**case.listed, (first["account"], first["lead"]["email"]): 0}


def _not_told(case: Case) -> None:
    one: Any = told(case).digest
    for job in one["jobs"]:
        job["files"] = [report for report in job["files"] if report["state"] != "imported"]


def _told_twice(case: Case) -> None:
    one: Any = told(case).digest
    for job in one["jobs"]:
        job["files"] = job["files"] * 2


def _rows_miscounted(case: Case) -> None:
    report: Any = next(one for one in told(case).reports if one["state"] == "imported")
    report["outcomes"]["accepted"] = report["outcomes"].get("accepted", 0) + 1


def _false_alarm(case: Case) -> None:
    one: Any = told(case).digest
    one["jobs"][0]["missing"] = ["1 file expected, none came"]


def _problem_made_up(case: Case) -> None:
    one: Any = next(seen for seen in case.seen if seen.digest and not seen.troubled).digest
    one["jobs"][1]["problem"] = "the folder cannot be read"


def _trouble_hushed_up(case: Case) -> None:
    one = next(one for one in case.seen if one.troubled and one.digest)
    digest: Any = one.digest
    for job in digest["jobs"]:
        job["problem"] = ""


def _a_row_lost(case: Case) -> None:
    next(rows for rows in case.results.values() if rows).pop()


def _an_outcome_changed(case: Case) -> None:
    rows = [row for each in case.results.values() for row in each]
    next(row for row in rows if row["outcome"] == "accepted")["outcome"] = "rejected"


def _a_list_lost(case: Case) -> None:
    case.filed = {name: places for name, places in case.filed.items() if name != case.lists[0].name}


def _a_list_changed(case: Case) -> None:
    case.lists[0].content += b"x"


def _no_mail(case: Case) -> None:
    one = told(case)
    one.heard = [each for each in one.heard if each["channel"] != "mail"]


def _another_exit_code(case: Case) -> None:
    told(case).code = 77


@pytest.mark.parametrize(
    ("breaks", "said"),
    [
        (_sent_twice, "was sent twice"), (_never_arrived, "never arrived"),
        (_arrived_though_listed, "was sent later"),
        (_not_told, "is told 0 times"), (_told_twice, "is told 2 times"), (_rows_miscounted, "the journal has"),
        (_false_alarm, "missing is"), (_problem_made_up, "planted"), (_trouble_hushed_up, "planted"),
        (_a_row_lost, "results for"), (_an_outcome_changed, "LeadByte says"), (_a_list_lost, "lies in 0 places"),
        (_a_list_changed, "was changed"), (_no_mail, "0 by mail"), (_another_exit_code, "exit code 77"),
    ],
)  # fmt: skip
def test_the_judge_notices(lived: Month, breaks: Callable[[Case], None], said: str) -> None:
    case = copy.deepcopy(lived.case)
    assert case.judge() == []
    breaks(case)
    assert any(said in one for one in case.judge()), case.wrong
