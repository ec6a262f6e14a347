"""What runs an output folder has had, and all that is known of one: from the journal, also while a run is under way.

Never a lead's data: counts, times, names of files and campaigns, and reasons.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, NamedTuple

from pipeline.advice import command, flag_words, next_step, parse_duration
from pipeline.errors import ConfigError
from pipeline.journal import FINISHED, PLANNING, Journal
from pipeline.journal.history import History, Line, Wanted, reading
from pipeline.locks import Holder, folder_holder
from pipeline.mending import WORKBOOK
from pipeline.model import Outcome
from pipeline.reconcile import Fate, fate

#: Version of the JSON of `runs` and `runs show` (docs/operations.md): raised when something in it changes meaning.
FORMAT: Final = 1
#: From this format on a journal knows what became of queued leads.
_KNOWS_QUEUE: Final = 2


class State(StrEnum):
    """Where a run stands."""

    UNDER_WAY = "under_way"
    FINISHED = "finished"
    STOPPED = "stopped"
    CUT_OFF = "cut_off"


#: Why a run stopped, in two words (pipeline.stopping.StopKind).
_STOPS: Final = {
    "interrupted": "interrupted",
    "cap": "cap reached",
    "inactive": "inactive",
    "key": "key refused",
    "certificate": "certificate",
    "errors": "errors",
    "not_taken": "no contact",
    "daily_limit": "daily limit",
    "night": "night over",
    "broken": "disk or fault",
    "limit": "--limit",
    "canary": "canary",
    "supplier": "supplier",
    "invalid": "too many bad",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One run in the list. `outcomes`: rows by outcome, `under_way` those that are being sent.

    `seconds`: how long its launches took together, `rate`: leads per second of the last one that sent; None where
    nobody noted it. `words` say the state for people; `purged_at`: when its personal data were removed, "" for not
    yet. Times are UTC, ISO.
    """

    run_id: str
    started_at: str
    finished_at: str
    dry_run: bool
    state: State
    words: str
    stop_kind: str
    file: str
    campaign: str
    campaign_name: str
    vendor: str
    rows: int | None
    outcomes: dict[str, int]
    seconds: float | None
    rate: float | None
    purged_at: str

    def as_json(self) -> dict[str, Any]:
        """The entry for a program."""
        return {name: getattr(self, name) for name in self.__slots__}


class Account(NamedTuple):
    """All that is known of one run."""

    entry: Entry
    campaign_id: str
    address: str
    sha256: str
    mapping: str
    flags: list[str]
    blank_rows: int
    stopped: str
    reasons: list[dict[str, Any]]
    queue: dict[str, int]
    launches: list[dict[str, Any]]
    holder: Holder | None
    next_step: str
    folder: str
    files: list[tuple[str, int]]

    def as_json(self) -> dict[str, Any]:
        """The account for a program."""
        own = {name: getattr(self, name) for name in self._fields if name not in ("entry", "holder", "files")}
        files = [{"name": name, "bytes": size} for name, size in self.files]
        return {"format": FORMAT, **self.entry.as_json(), **own, "files": files}


def since(text: str, now: datetime) -> str:
    """The moment (UTC, ISO) that `7d` or `2026-11-23` names. Raises ConfigError for anything else."""
    try:
        return datetime.combine(date.fromisoformat(text.strip()), datetime.min.time(), UTC).isoformat()
    except ValueError:
        pass
    try:
        return (now.astimezone(UTC) - timedelta(seconds=parse_duration(text, "--since"))).isoformat()
    except ConfigError:
        raise ConfigError(f"--since {text!r} is neither a time nor a day", "write it like 7d or 2026-11-23") from None


def list_runs(output: Path, now: datetime, wanted: Wanted, limit: int) -> list[Entry]:
    """The latest runs of an output folder, latest first. Raises RunError when it has no journal."""
    with reading(output) as (_journal, history):
        return _entries(history, history.runs(wanted, limit), folder_holder(output), now)


def account_of(run_id: str, output: Path, now: datetime) -> Account:
    """All that is known of one run. Raises RunError when there is none of that id."""
    with reading(output) as (journal, history):
        run = journal.run(run_id)
        about: dict[str, Any] = {**run.about, "output": str(output)}
        holder = folder_holder(output)
        line = Line(run_id, run.started_at, run.finished_at, run.state, run.stopped, _flat(about))
        (entry,) = _entries(history, [line], holder, now)
        fates = _fates(journal, run_id) if history.version >= _KNOWS_QUEUE else Counter[Fate]()
        return Account(
            entry=entry,
            campaign_id=str(about["campaign"].get("id", "")),
            address=about["address"],
            sha256=about.get("sha256", ""),
            mapping=about.get("mapping", ""),
            flags=flag_words(about),
            blank_rows=about.get("blank_rows", 0),
            stopped=run.stopped,
            reasons=_reasons(journal, run_id),
            queue={one.value: rows for one, rows in fates.items() if set(fates) != {Fate.NOT_ASKED}},
            launches=about.get("launches", []),
            holder=holder if entry.state is State.UNDER_WAY else None,
            next_step=_next(entry, about, run.stopped, holder, asked=bool(set(fates) - {Fate.NOT_ASKED})),
            folder=str(output / run_id),
            files=_files(output / run_id),
        )


def _flat(about: Mapping[str, Any]) -> dict[str, Any]:
    campaign = {f"campaign.{name}": about["campaign"].get(name, "") for name in ("reference", "name")}
    return {**about, **campaign}


def _entries(history: History, lines: list[Line], holder: Holder | None, now: datetime) -> list[Entry]:
    # What a launch has counted at its end stays true until the next one begins.
    uncounted = [one.run_id for one in lines if not one.about.get("counts") and _is_planned(one)]
    counted = history.counts(uncounted) if uncounted else {}
    return [_entry(one, counted.get(one.run_id), holder, now) for one in lines]


def _is_planned(line: Line) -> bool:
    """Whether its rows are in the journal, all of them; those of a dry run never are."""
    return not line.about["dry_run"] and line.about.get("rows") is not None


def _entry(line: Line, counted: Mapping[str, int] | None, holder: Holder | None, now: datetime) -> Entry:
    about = line.about
    state = _state(line, holder)
    found = about.get("outcomes" if about["dry_run"] else "counts") if counted is None else counted
    seconds, rate = _pace(line, state, now)
    return Entry(
        run_id=line.run_id,
        started_at=line.started_at,
        finished_at=line.finished_at,
        dry_run=bool(about["dry_run"]),
        state=state,
        words=_words(line, state),
        stop_kind=about.get("stop_kind", "") if state is State.STOPPED else "",
        file=about.get("file", ""),
        campaign=about["campaign.reference"],
        campaign_name=about.get("campaign.name", ""),
        vendor=about.get("vendor", ""),
        rows=about.get("rows"),
        outcomes=_outcomes(found or {}, state),
        seconds=seconds,
        rate=rate,
        purged_at=about.get("purged_at", ""),
    )


def _state(line: Line, holder: Holder | None) -> State:
    """A run is under way while the process that launched it last has the folder; it may be an old run, resumed."""
    launched = line.about.get("launched_at") or line.started_at
    if holder and holder.alive and launched >= holder.since and not (line.state == FINISHED and line.finished_at):
        return State.UNDER_WAY
    if line.state == FINISHED:
        return State.FINISHED
    return State.STOPPED if line.finished_at else State.CUT_OFF


def _words(line: Line, state: State) -> str:
    if state is State.UNDER_WAY:
        return "under way: reading" if line.state == PLANNING else "under way"
    if state is State.STOPPED:
        return f"stopped: {_STOPS.get(line.about.get('stop_kind', ''), 'see show')}"
    return state.value.replace("_", " ")


def _outcomes(counts: Mapping[str, int], state: State) -> dict[str, int]:
    """Outcomes in their usual order; what waits is not_sent, what was being sent when a run was cut off unknown."""
    sending = State.UNDER_WAY.value if state is State.UNDER_WAY else Outcome.UNKNOWN.value
    names = {"planned": Outcome.NOT_SENT.value, "sending": sending}
    found = Counter[str]()
    for name, rows in counts.items():
        found[names.get(name, name)] += rows
    order = [one.value for one in Outcome] + [State.UNDER_WAY.value]
    return {name: found[name] for name in order if found[name]}


def _pace(line: Line, state: State, now: datetime) -> tuple[float | None, float | None]:
    launches = line.about.get("launches", [])
    seconds = sum(one["seconds"] for one in launches) if launches else _between(line.started_at, line.finished_at)
    if state is State.UNDER_WAY:
        here = _between(line.about.get("launched_at") or line.started_at, now.astimezone(UTC).isoformat())
        seconds = (here or 0.0) + sum(one["seconds"] for one in launches)
    rates = [one["rate"] for one in launches if one["rate"]]
    return (None if seconds is None else round(seconds, 3)), (rates[-1] if rates else None)


def _between(first: str, last: str) -> float | None:
    """Seconds between two moments that the journal has; None where one is missing."""
    if not (first and last):
        return None
    return max((datetime.fromisoformat(last) - datetime.fromisoformat(first)).total_seconds(), 0.0)


def _reasons(journal: Journal, run_id: str) -> list[dict[str, Any]]:
    """LeadByte's answers other than success, commonest first; without its words, which may quote a person."""
    names = ("outcome", "code", "rows", "first_row")
    return [dict(zip(names, one, strict=True)) for one in journal.common_answers(run_id)]


def _fates(journal: Journal, run_id: str) -> Counter[Fate]:
    # As pipeline.closing has it, which would load all that reports are made with.
    fates = Counter[Fate]()
    for state, rows in journal.afterwards.queue_states(run_id):
        fates[fate(state)] += rows
    return fates


def _next(entry: Entry, about: Mapping[str, Any], stopped: str, holder: Holder | None, *, asked: bool) -> str:
    if entry.state is State.UNDER_WAY:
        return f"wait until it has ended ({holder}), or end it with Ctrl-C where it runs"
    if entry.rows is None:
        # Cut off before its plan was whole.
        again = (
            ["check", about["file"], "--mapping", about["mapping"]] if about["dry_run"] else ["resume", entry.run_id]
        )
        return command(about, *again)
    counts = Counter({outcome: entry.outcomes.get(outcome, 0) for outcome in Outcome})
    workbook = Path(about["output"]) / entry.run_id / WORKBOOK
    return next_step(
        entry.run_id, about, counts, stopped, asked=asked, fix_me=str(workbook) if workbook.exists() else ""
    )


def _files(folder: Path) -> list[tuple[str, int]]:
    if not folder.is_dir():
        return []
    return sorted((one.name, one.stat().st_size) for one in folder.iterdir() if not one.name.startswith("."))
