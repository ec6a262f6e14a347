"""The gate before sending, and what a person does next: a run's counts and flags in, words out."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import Any

from pipeline.errors import ConfigError
from pipeline.model import Outcome


def parse_share(text: str, flag: str = "--max-invalid") -> int:
    """The whole number in `20%` (a share of the rows) or `500` (rows). Raises ConfigError for anything else."""
    found = re.fullmatch(r"([0-9]{1,9})(%?)", text.strip())
    if found is None or (found[2] and int(found[1]) > 100):
        raise ConfigError(f"{flag} {text!r} is neither a share nor a number", "write it like 20% or 500")
    return int(found[1])


def parse_duration(text: str, flag: str) -> float:
    """Seconds from `90s`, `15m`, `2h` or `1d`. Raises ConfigError for anything else."""
    found = re.fullmatch(r"([0-9]{1,6})([smhd])", text.strip())
    if found is None:
        raise ConfigError(f"{flag} {text!r} is not a time", "write it like 90s, 15m, 2h or 1d")
    return float(found[1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[found[2]]


def too_many_invalid(counts: Mapping[str, int], about: Mapping[str, Any]) -> str:
    """Why nothing is sent: the file is plainly wrong. Dry runs only say so."""
    share = about["max_invalid"].strip()
    number = parse_share(share)
    invalid, rows = counts.get(Outcome.INVALID, 0), about["rows"]
    # In whole numbers: 0.29 x 100 is less than 29.
    within = invalid * 100 <= number * rows if share.endswith("%") else invalid <= number
    if within:
        return ""
    return f"{invalid:,} of {rows:,} rows are invalid, more than --max-invalid {about['max_invalid']} allows"


def next_step(run_id: str, about: Mapping[str, Any], counts: Mapping[Outcome, int], stopped: str) -> str:
    """What a person does now, as a command where there is one."""
    if about["dry_run"]:
        if too_many := too_many_invalid({Outcome.INVALID: counts[Outcome.INVALID]}, about):
            return f"{too_many}: correct the list or the mapping (results.csv says what and where), then check again"
        if not counts[Outcome.VALID]:
            return "correct the list or the mapping: results.csv says what and where"
        return command(about, "run", about["file"], "--mapping", about["mapping"], *_flags(about))
    if counts[Outcome.NOT_SENT]:
        gate = ["--max-invalid", "100%"] if "--max-invalid" in stopped else []
        return command(about, "resume", run_id, *gate)
    if counts[Outcome.UNKNOWN]:
        return "look the unknown rows up in LeadByte before anybody sends them again: results.csv, outcome unknown"
    if counts[Outcome.INVALID]:
        return "mend the invalid rows and import them as a list of their own (docs/results.md says how)"
    if counts[Outcome.REJECTED] or counts[Outcome.FAILED]:
        return "results.csv says for each rejected or failed row what LeadByte answered"
    return ""


def command(about: Mapping[str, Any], *words: str) -> str:
    """A command that a person can type as it stands, with the folder of the run."""
    output = [] if about["output"] == "output" else ["--output", about["output"]]
    return shlex.join(["leadbyte-import", *words, *output])


def _flags(about: Mapping[str, Any]) -> list[str]:
    """The flags with which a dry run was asked for, where they are not the usual ones."""
    usual = {"rate": "5/s", "max_invalid": "20%", "max_errors": 10, "limit": None}
    asked = {name: about[name] for name in ("rate", "max_invalid", "max_errors", "limit", "phone_format")}
    asked |= about["read"] | {"campaign": about["asked_campaign"]}
    return [
        word
        for name, value in asked.items()
        if value and value != usual.get(name)
        for word in (f"--{name.replace('_', '-')}", *(() if value is True else (str(value),)))
    ]
