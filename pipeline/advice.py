"""The gate before sending, and what a person does next: a run's counts and flags in, words out."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, Final

from pipeline.errors import ConfigError
from pipeline.mending import WORKBOOK
from pipeline.model import Outcome


def parse_share(text: str, flag: str = "--max-invalid") -> int:
    """The whole number in `20%` (a share of the rows) or `500` (rows). Raises ConfigError for anything else."""
    found = re.fullmatch(r"([0-9]{1,9})(%?)", text.strip())
    if found is None or (found[2] and int(found[1]) > 100):
        raise ConfigError(f"{flag} {text!r} is neither a share nor a number", "write it like 20% or 500")
    return int(found[1])


_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def parse_duration(text: str, flag: str) -> float:
    """Seconds from `90s`, `15m`, `2h` or `1d`. Raises ConfigError for anything else."""
    found = re.fullmatch(r"([0-9]{1,6})([smhd])", text.strip())
    if found is None:
        raise ConfigError(f"{flag} {text!r} is not a time", "write it like 90s, 15m, 2h or 1d")
    return float(found[1]) * _UNITS[found[2]]


def duration(seconds: float) -> str:
    """`30m` from 1800: what `parse_duration` takes for these whole seconds, in the largest unit that fits."""
    unit = next((name for name in "dhm" if not seconds % _UNITS[name]), "s")
    return f"{seconds / _UNITS[unit]:.0f}{unit}"


def too_many_invalid(counts: Mapping[str, int], about: Mapping[str, Any]) -> str:
    """Why nothing is sent: the file is plainly wrong. Dry runs only say so.

    A share says nothing of rows to mend: all of them were wrong.
    """
    share = about["max_invalid"].strip()
    if about.get("to_be_mended") and share.endswith("%"):
        return ""
    number = parse_share(share)
    invalid, rows = counts.get(Outcome.INVALID, 0), about["rows"]
    # In whole numbers: 0.29 x 100 is less than 29.
    within = invalid * 100 <= number * rows if share.endswith("%") else invalid <= number
    if within:
        return ""
    noun, verb = "row" if rows == 1 else "rows", "is" if invalid == 1 else "are"
    return f"{invalid:,} of {rows:,} {noun} {verb} invalid, more than --max-invalid {about['max_invalid']} allows"


def blocked(counts: Mapping[Outcome, int], about: Mapping[str, Any]) -> str:
    """Why `run` would send nothing of a list that was only checked; "" where it would send the good rows."""
    if any(one["refuses"] for one in about.get("damage", ())):
        return "`run` would refuse the list: it holds dates that nobody can read for certain"
    if drifted := about.get("drifted"):
        return str(drifted["words"])
    return about.get("sent_before") or too_many_invalid({Outcome.INVALID: counts[Outcome.INVALID]}, about)


#: What mends the cause of a stop, by its kind (pipeline.stopping.StopKind).
_CURES: Final = {
    "cap": "raise the campaign's cap in LeadByte, or wait until there is room (--on-cap wait:08:00 does)",
    "inactive": "make the campaign active in LeadByte",
    "key": "check LEADBYTE_API_KEY and its permissions",
    "certificate": "have the certificate, the proxy and the clock of this machine looked at",
    "errors": "find out whether LeadByte is up, and what became of the last rows",
    "not_taken": "find out whether LeadByte can be reached; a lower --rate helps where it says 429",
    "daily_limit": "wait until tomorrow",
    "supplier": "have the supplier (sid) authorised in LeadByte",
    "canary": "look at the canary's rows in results.csv, and mend what they show",
    "broken": "look at the disk of the output folder",
    "night": "leave it to the next night; where that is too late",
}


def next_step(
    run_id: str,
    about: Mapping[str, Any],
    counts: Mapping[Outcome, int],
    stopped: str,
    *,
    asked: bool = False,
    fix_me: str = "",
) -> str:
    """What a person does now, as a command where there is one.

    `asked`: the queue was asked about the leads; `fix_me`: the workbook of rows to mend, where there is one.
    """
    if at := about.get("purged_at"):
        return f"nothing: the personal data of this run were removed on {at[:10]}"
    mend = f"mend {fix_me}, then: {mend_command('run', run_id, about)}" if fix_me else ""
    if about["dry_run"]:
        return _after_dry_run(about, counts, mend)
    if counts[Outcome.NOT_SENT]:
        cure = _CURES.get(about.get("stop_kind", ""), "")
        return (f"{cure}, then: " if cure else "") + resume_command(run_id, about, stopped)
    if counts[Outcome.UNKNOWN]:
        return f"search for the unknown rows before anybody sends them again: {command(about, 'resolve', run_id)}"
    if counts[Outcome.FAILED]:
        return f"send the failed rows again: {command(about, 'retry', run_id)}"
    if mend:
        return mend
    if counts[Outcome.INVALID]:
        return "mend the invalid rows: results.csv says what and where, docs/results.md how they are sent"
    if counts[Outcome.REJECTED]:
        again = command(about, "retry", run_id, "--code", "CODE", "--corrected", "LIST")
        return f"results.csv says for each rejected row what LeadByte answered; once mended: {again}"
    if counts[Outcome.ACCEPTED] and not asked:
        return f"queued is not sold yet; what became of the leads: {command(about, 'reconcile', run_id)}"
    return ""


def _after_dry_run(about: Mapping[str, Any], counts: Mapping[Outcome, int], mend: str) -> str:
    """What refuses the whole list comes first: it may be why its rows are invalid."""
    if any(one["refuses"] for one in about.get("damage", ())):
        return "say in the mapping how these dates are written (date_format), then check again"
    if drifted := about.get("drifted"):
        return str(drifted["cure"])
    correct = "correct the list or the mapping"
    if too_many_invalid({Outcome.INVALID: counts[Outcome.INVALID]}, about):
        where = "where one thing is wrong with many rows"
        if not counts[Outcome.VALID]:
            return f"{correct} {where}, then check again" + (f"; or {mend}" if mend else "")
        others = ", and mend the others in the fix-me.xlsx of that run" if mend else ""
        return f"{correct} {where}, then check again; or send the good rows all the same{others}: " + _run_command(
            dict(about) | {"max_invalid": "100%"}
        )
    if not counts[Outcome.VALID]:
        return mend or f"{correct}: results.csv says what and where"
    if about.get("sent_before"):
        return "look at that run's results first: `run` sends the rows again only with --allow-resubmit"
    return _run_command(about)


def _run_command(about: Mapping[str, Any]) -> str:
    return command(about, "run", about["file"], "--mapping", about["mapping"], *flag_words(about))


def command(about: Mapping[str, Any], *words: str) -> str:
    """A command that a person can type as it stands, with the folder of the run."""
    output = [] if about["output"] == "output" else ["--output", about["output"]]
    return shlex.join(["leadbyte-import", *words, *output])


def resume_command(run_id: str, about: Mapping[str, Any], stopped: str) -> str:
    """The command that goes on with a run, past the share of invalid rows that has stopped it."""
    gate = ["--max-invalid", "100%"] if "--max-invalid" in stopped else []
    return command(about, "resume", run_id, *gate)


def mend_command(verb: str, run_id: str, about: Mapping[str, Any]) -> str:
    """The command (`run` or `check`) that takes a run's workbook of rows to mend, once a person has mended it.

    Nothing that is about the list itself: it is another file, whole, and none of its rows is to be sent twice.
    """
    path = str(PurePath(about["output"]) / run_id / WORKBOOK)
    own = dict(about) | {
        "read": {}, "limit": None, "canary": None, "canary_min_accept": "", "allow_resubmit": False,
        "vendor_note": False,
    }  # fmt: skip
    return command(about, verb, path, "--mapping", about["mapping"], *flag_words(own))


_FLAGS: Final = (
    "rate", "max_invalid", "max_errors", "limit", "phone_format", "allow_resubmit", "ledger_days", "on_cap", "window",
    "daily_limit", "canary", "canary_min_accept", "wait", "vendor", "strict", "show_data", "fix_me", "vendor_note",
    "suppress",
)  # fmt: skip


def flag_words(about: Mapping[str, Any]) -> list[str]:
    """The flags with which a dry run was asked for, where they are not the usual ones."""
    usual = {"rate": "5/s", "max_invalid": "20%", "max_errors": 10, "on_cap": "stop", "fix_me": "auto"}
    asked = {name: about.get(name) for name in _FLAGS}
    asked["wait"] = duration(asked["wait"]) if asked["wait"] else None
    asked |= about["read"] | {"campaign": about["asked_campaign"], "learn_suppression": about.get("learn")}
    return [
        word
        for name, value in asked.items()
        if value and value != usual.get(name)
        for one in (value if isinstance(value, list | tuple) else [value])
        for word in (f"--{name.replace('_', '-')}", *(() if one is True else (str(one),)))
    ]
