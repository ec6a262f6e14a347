from __future__ import annotations

import json
from dataclasses import fields

import jsonschema
import pytest

from pipeline.model import Outcome
from pipeline.nightly.digest import as_json, headline, schema_text, words, worth_telling
from pipeline.nightly.model import FileReport, FileState, JobReport, Night


def night(*jobs: JobReport, **known: object) -> Night:
    times = ("2026-11-23T01:00:00+00:00", "2026-11-23T01:10:00+00:00")
    return Night(*times, jobs, day="2026-11-23", **known)  # type: ignore[arg-type]


def file(name: str, state: FileState = FileState.IMPORTED, said: str = "", **known: object) -> FileReport:
    return FileReport("solar", name, state, said, **known)  # type: ignore[arg-type]


GOOD = file(
    "a.csv", run_id="r1", rows=1203, outcomes={"accepted": 1200, "invalid": 3}, exit_code=1, filed="done/a.csv"
)
BAD = file(
    "b.csv", FileState.FAILED, "b.csv is empty", exit_code=2, needs_a_person=True, next_step="look at b.csv.why.txt"
)
RESUMED = file("c.csv", FileState.RESUMED, rows=9, outcomes={"accepted": 9}, before={"accepted": 4, "not_sent": 5})
BACK = file("d.csv", FileState.LOOKED_BACK, "2 more sold", outcomes={"accepted": 2}, exit_code=4)

#: Of one a night has reached its daily limit; another was begun by hand, and no night can go on with it.
LEFT = file("e.csv", FileState.STOPPED, "the daily limit", outcomes={"accepted": 1, "not_sent": 1}, exit_code=3)
HAND = file("f.csv", FileState.STOPPED, "the mapping has changed")
WELL, OF_ONE, OF_TWO = "import 2026-11-23: all well", "1 accepted, 1 not sent", "2 accepted, 2 not sent"


def test_the_whole_digest() -> None:
    solar = JobReport("solar", (GOOD, BAD, RESUMED, BACK), ("1 file like x expected, none came",), notes=("a note",))
    roofs = JobReport("roofs", problem="LeadByte refused the API key", next_step="check the key", exit_code=2)
    assert (
        words(night(solar, roofs, JobReport("quiet"), notes=("of no job",)))
        == """\
Nightly import 2026-11-23: 3 things to do. 3 files, 1,208 rows: 1,205 accepted, 3 invalid

To do:
  1. solar: 1 file like x expected, none came
  2. solar, b.csv: b.csv is empty. Next: look at b.csv.why.txt
  3. roofs: LeadByte refused the API key. Next: check the key

solar: 4 files
  a.csv (run r1) imported. 1,200 accepted, 3 invalid. Now in done/a.csv.
  b.csv REFUSED: b.csv is empty.
  c.csv finished (an earlier night had begun it). 9 accepted. In this night: 5 accepted.
  d.csv looked back at: 2 more sold. 2 accepted.
  Note: a note

roofs: not done

quiet: no file

Note: of no job
"""
    )


@pytest.mark.parametrize(
    ("jobs", "known", "said"),
    [
        ((), {}, "import 2026-11-23: all well. No files"),
        ((JobReport("a", (RESUMED,)),), {}, "import 2026-11-23: all well. 1 file, 5 rows: 5 accepted"),
        ((JobReport("a", (LEFT,)),), {}, f"{WELL}, 1 file goes on in the next night. 1 file, 2 rows: {OF_ONE}"),
        ((JobReport("a", (LEFT, HAND)),), {}, f"{WELL}, 1 file goes on in the next night. 2 files, 2 rows: {OF_ONE}"),
        ((JobReport("a", (LEFT, LEFT)),), {}, f"{WELL}, 2 files go on in the next night. 2 files, 4 rows: {OF_TWO}"),
        ((JobReport("a", (BAD,)),), {}, "import 2026-11-23: 1 thing to do. 1 file"),
        ((), {"interrupted": True}, "import 2026-11-23: interrupted, the next night goes on. No files"),
        ((JobReport("a", (BAD,)),), {"interrupted": True}, "import 2026-11-23: interrupted, 1 thing to do. 1 file"),
        ((), {"dry_run": True}, "check 2026-11-23: all well. No files"),
    ],
)  # fmt: skip
def test_the_one_line(jobs: tuple[JobReport, ...], known: dict[str, object], said: str) -> None:
    assert headline(night(*jobs, **known)) == f"Nightly {said}"


def test_rows_that_nobody_will_see_to_are_something_to_do() -> None:
    one = file("a.csv", outcomes={"accepted": 1, "unknown": 2, "failed": 3}, needs_a_person=True, next_step="resolve")
    assert "  1. solar, a.csv: 3 failed, 2 unknown. Next: resolve" in words(night(JobReport("solar", (one,))))


def test_the_name_of_a_file_makes_no_line_of_its_own() -> None:
    one = file("a\nTo do:\r\n  1. pay.csv", said="b")
    assert len(words(night(JobReport("solar", (one,)))).splitlines()) == 4


@pytest.mark.parametrize(
    ("one", "when", "told"),
    [
        (night(), "problems", False),
        (night(), "news", False),
        (night(), "always", True),
        (night(JobReport("a", (GOOD,))), "problems", False),
        (night(JobReport("a", (GOOD,))), "news", True),
        (night(JobReport("a", notes=("x",))), "news", True),
        (night(JobReport("a", (BAD,))), "problems", True),
        (night(JobReport("a", missing=("x",))), "problems", True),
        (night(JobReport("a", problem="x")), "problems", True),
    ],
)
def test_who_hears_of_a_night(one: Night, when: str, told: bool) -> None:
    assert worth_telling(one, when) is told  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("codes", "known", "code"),
    [
        ((), {}, 0),
        ((0, 0), {}, 0),
        ((0, 1, 2), {}, 2),
        ((1, 3, 2), {}, 3),
        ((3, 4, 2), {}, 4),
        ((4, 70), {}, 70),
        ((4, 5), {"interrupted": True}, 130),
    ],
)
def test_the_exit_code_is_the_worst(codes: tuple[int, ...], known: dict[str, object], code: int) -> None:
    listed = tuple(file(f"{number}.csv", exit_code=one) for number, one in enumerate(codes))
    assert night(JobReport("a", listed), **known).exit_code == code


def test_what_was_looked_back_at_is_no_failure_of_this_night_and_a_missing_file_is() -> None:
    assert night(JobReport("a", (BACK,))).exit_code == 0
    assert night(JobReport("a", missing=("x",))).exit_code == 1
    assert night(JobReport("a", problem="x", exit_code=5), JobReport("b", (GOOD,))).exit_code == 5


def test_a_look_back_in_the_same_night_is_told_with_the_file() -> None:
    first = file("a.csv", outcomes={"unknown": 1}, needs_a_person=True, next_step="resolve", exit_code=4)
    found = file("a.csv", FileState.LOOKED_BACK, "1 found", outcomes={"accepted": 1}, queue={"sold": 1})
    both = first.looked_at_again(found)
    assert (both.state, both.words, both.outcomes) == (FileState.IMPORTED, "1 found", {"accepted": 1})
    assert (both.needs_a_person, both.exit_code, both.next_step) == (False, 0, "")
    stopped = file("a.csv", FileState.STOPPED, "the cap", needs_a_person=True, next_step="wait", exit_code=3)
    both = stopped.looked_at_again(found)
    assert (both.words, both.needs_a_person, both.exit_code, both.next_step) == ("the cap; 1 found", True, 3, "wait")


def test_the_json_holds_to_its_schema_and_the_schema_to_the_code() -> None:
    solar = JobReport("solar", (GOOD, BAD, RESUMED, BACK), ("x",), "p", "n", 2, ("y",))
    schema = json.loads(schema_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    told = as_json(night(solar, interrupted=True, notes=("z",)))
    assert type(told["jobs"][0]["files"][0]["state"]) is str
    jsonschema.validate(told, schema)
    assert told["rows"] == {"accepted": 1205, "invalid": 3}
    assert set(schema["$defs"]["file"]["properties"]["state"]["enum"]) == set(FileState)
    assert set(schema["$defs"]["file"]["properties"]) == {one.name for one in fields(FileReport)}
    assert {one.name for one in fields(Night)} <= set(schema["properties"])
    assert set(schema["$defs"]["file"]["properties"]["outcomes"]["propertyNames"]["enum"]) == set(Outcome)
