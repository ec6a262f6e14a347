"""The gate before sending and the next step: what a person reads at the end of a run."""

from __future__ import annotations

import shlex
from typing import Any

import pytest

from pipeline.advice import duration, mend_command, next_step, parse_duration, parse_share, too_many_invalid
from pipeline.errors import ConfigError
from pipeline.model import Outcome
from pipeline.stopping import StopKind


def about(**changes: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "dry_run": False,
        "file": "leads.csv",
        "mapping": "mappings/leads.yaml",
        "output": "output",
        "rate": "5/s",
        "limit": None,
        "max_invalid": "20%",
        "max_errors": 10,
        "phone_format": "",
        "read": {"sheet": "", "delimiter": "", "encoding": ""},
        "asked_campaign": "",
        "rows": 100,
    }
    return usual | changes


def counts(**numbers: int) -> dict[Outcome, int]:
    return dict.fromkeys(Outcome, 0) | {Outcome(name): number for name, number in numbers.items()}


@pytest.mark.parametrize(("text", "share"), [("20%", 20), ("0%", 0), ("100%", 100), ("500", 500), (" 7 ", 7)])
def test_max_invalid_is_a_share_or_a_number(text: str, share: int) -> None:
    assert parse_share(text) == share


@pytest.mark.parametrize("text", ["", "%", "101%", "-1", "1.5%", "many", "20 %", "5٪"])
def test_nonsense_as_max_invalid_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="max-invalid"):
        parse_share(text)


@pytest.mark.parametrize(
    ("limit", "invalid", "stops"),
    [("20%", 20, False), ("20%", 21, True), ("29%", 29, False), ("5", 5, False), ("5", 6, True), ("0", 0, False)],
)
def test_a_run_is_stopped_only_above_the_limit(limit: str, invalid: int, stops: bool) -> None:
    assert bool(too_many_invalid({Outcome.INVALID: invalid}, about(max_invalid=limit))) is stops


def test_a_clean_dry_run_is_followed_by_the_same_command_as_a_run() -> None:
    asked = about(dry_run=True, file="my list.csv", output="runs", rate="1/s", asked_campaign="9")
    asked["read"] = {"sheet": "May", "delimiter": "", "encoding": ""}

    command = shlex.split(next_step("RUN", asked, counts(valid=9), ""))

    assert command[:3] == ["leadbyte-import", "run", "my list.csv"]
    options = dict(zip(command[3::2], command[4::2], strict=True))
    assert options == {
        "--mapping": "mappings/leads.yaml",
        "--rate": "1/s",
        "--sheet": "May",
        "--campaign": "9",
        "--output": "runs",
    }


def test_the_command_after_a_dry_run_waits_as_long_as_was_asked_for() -> None:
    command = shlex.split(next_step("RUN", about(dry_run=True, wait=1800.0), counts(valid=9), ""))

    assert command[command.index("--wait") + 1] == "30m"
    assert "--wait" not in next_step("RUN", about(dry_run=True, wait=0.0), counts(valid=9), "")


@pytest.mark.parametrize("text", ["1s", "90s", "59m", "30h", "999999d"])
def test_a_duration_is_written_as_it_is_read(text: str) -> None:
    assert duration(parse_duration(text, "--wait")) == text


def test_rows_left_unsent_are_resumed() -> None:
    assert next_step("RUN", about(), counts(accepted=5, not_sent=3), "interrupted") == "leadbyte-import resume RUN"


def test_a_run_stopped_by_the_gate_is_resumed_past_it() -> None:
    words = next_step(
        "RUN", about(), counts(not_sent=3, invalid=50), "50 of 100 …, more than --max-invalid 20% allows"
    )

    assert words == "leadbyte-import resume RUN --max-invalid 100%"


def test_unknown_rows_come_before_invalid_ones() -> None:
    assert "unknown" in next_step("RUN", about(), counts(unknown=1, invalid=1), "")
    assert "invalid" in next_step("RUN", about(), counts(accepted=1, invalid=1), "")


def test_nothing_is_left_to_do_after_a_clean_run() -> None:
    assert next_step("RUN", about(), counts(accepted=100), "", asked=True) == ""
    assert next_step("RUN", about(), counts(duplicate=3), "") == ""


def test_queued_leads_are_asked_about() -> None:
    assert "leadbyte-import reconcile RUN" in next_step("RUN", about(), counts(accepted=100), "")


def test_each_outcome_that_can_be_mended_has_its_command() -> None:
    assert "leadbyte-import resolve RUN" in next_step("RUN", about(), counts(unknown=1, failed=1), "")
    assert "leadbyte-import retry RUN" in next_step("RUN", about(), counts(failed=1, invalid=1), "")


#: What stopped because a person said so: there is nothing to cure.
ASKED_FOR = {StopKind.INTERRUPTED, StopKind.LIMIT, StopKind.INVALID}


@pytest.mark.parametrize("kind", sorted(set(StopKind) - ASKED_FOR))
def test_a_stop_names_its_cure_before_the_command(kind: str) -> None:
    words = next_step("RUN", about(stop_kind=kind), counts(not_sent=1), "why")
    cure, _, command = words.partition(", then: ")
    assert cure
    assert command == "leadbyte-import resume RUN"


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("15m", 900), (" 2h ", 7200), ("1d", 86400)])
def test_a_duration_is_a_number_and_a_unit(text: str, seconds: float) -> None:
    assert parse_duration(text, "--wait") == seconds


@pytest.mark.parametrize("text", ["", "5", "m", "-5m", "1.5h", "5 m", "5m5s", "٣m"])
def test_another_duration_is_refused_by_its_flag(text: str) -> None:
    with pytest.raises(ConfigError, match="--wait"):
        parse_duration(text, "--wait")


def test_a_dry_run_with_too_many_faults_is_not_followed_by_a_run() -> None:
    assert "correct the list" in next_step("RUN", about(dry_run=True), counts(valid=50, invalid=50), "")
    assert "correct the list" in next_step("RUN", about(dry_run=True), counts(invalid=5), "")


def test_a_dry_run_with_too_many_faults_names_every_way_out() -> None:
    dry = about(dry_run=True)
    words = next_step("RUN", dry, counts(valid=50, invalid=50), "", fix_me=FIX_ME)
    assert "mend the others in the fix-me.xlsx of that run" in words
    assert words.endswith(": leadbyte-import run leads.csv --mapping mappings/leads.yaml --max-invalid 100%")
    assert "more than" not in words  # the verdict has said it
    assert next_step("RUN", dry, counts(invalid=100), "", fix_me=FIX_ME).endswith(f"; or {MENDED}")


@pytest.mark.parametrize("numbers", [{"valid": 60, "invalid": 40}, {"invalid": 100}])
def test_what_refuses_the_list_is_mended_before_the_rows_that_it_makes_invalid(numbers: dict[str, int]) -> None:
    dated = about(dry_run=True, damage=[{"refuses": True}])
    assert "date_format" in next_step("RUN", dated, counts(**numbers), "", fix_me=FIX_ME)
    drifted = about(dry_run=True, drifted={"cure": "look at the campaign", "words": "it changed"})
    assert next_step("RUN", drifted, counts(**numbers), "", fix_me=FIX_ME) == "look at the campaign"


@pytest.mark.parametrize(
    ("rows", "invalid", "said"), [(1, 1, "1 of 1 row is"), (3, 1, "1 of 3 rows is"), (9, 9, "9 of 9 rows are")]
)
def test_few_rows_are_told_as_one_would_say_it(rows: int, invalid: int, said: str) -> None:
    assert too_many_invalid({Outcome.INVALID: invalid}, about(rows=rows)).startswith(f"{said} invalid")


def test_a_flag_without_a_value_is_repeated_as_it_is_typed() -> None:
    from pipeline.advice import flag_words

    about = {"rate": "5/s", "max_invalid": "20%", "max_errors": 10, "limit": None, "phone_format": ""}
    about |= {"read": {"sheet": "", "header_row": 3, "no_header": True}, "asked_campaign": ""}
    assert flag_words(about) == ["--header-row", "3", "--no-header"]


# ---------------------------------------------------------------------- rows to mend

FIX_ME = "output/RUN/fix-me.xlsx"
MENDED = f"mend {FIX_ME}, then: leadbyte-import run {FIX_ME} --mapping mappings/leads.yaml"


@pytest.mark.parametrize("outcomes", [{"accepted": 9, "invalid": 1}, {"rejected": 1}, {"invalid": 1, "rejected": 2}])
def test_rows_that_can_be_mended_have_a_workbook_and_its_command(outcomes: dict[str, int]) -> None:
    assert next_step("RUN", about(), counts(**outcomes), "", fix_me=FIX_ME) == MENDED
    assert "fix-me" not in next_step("RUN", about(), counts(**outcomes), "")


def test_what_waits_or_is_unknown_comes_before_what_can_be_mended() -> None:
    for outcome in ("not_sent", "unknown", "failed"):
        words = next_step("RUN", about(), counts(**{outcome: 1, "invalid": 1}), "", fix_me=FIX_ME)
        assert "fix-me" not in words


def test_a_dry_run_without_a_good_row_is_mended_in_its_workbook() -> None:
    dry = about(dry_run=True, max_invalid="100%")
    flags = " --max-invalid 100%"
    assert next_step("RUN", dry, counts(invalid=5), "", fix_me=FIX_ME) == MENDED + flags
    assert next_step("RUN", dry, counts(invalid=5, valid=5), "", fix_me=FIX_ME) == (
        "leadbyte-import run leads.csv --mapping mappings/leads.yaml" + flags
    )


def test_what_was_asked_for_the_list_itself_is_not_asked_for_its_rows_to_mend() -> None:
    asked = about(limit=5, canary=2, canary_min_accept="1", allow_resubmit=True, rate="1/s", fix_me="always")
    asked["read"] = {"sheet": "May", "header_row": 3}
    words = mend_command("check", "RUN", asked | {"output": "my runs"})
    path = "'my runs/RUN/fix-me.xlsx'"
    assert words == (
        f"leadbyte-import check {path} --mapping mappings/leads.yaml --rate 1/s --fix-me always --output 'my runs'"
    )


def test_a_share_is_no_gate_for_rows_that_were_all_wrong_but_a_number_is() -> None:
    invalid: dict[str, int] = {Outcome.INVALID: 60}
    assert too_many_invalid(invalid, about(to_be_mended=True)) == ""
    assert too_many_invalid(invalid, about(to_be_mended=True, max_invalid="50")) != ""
