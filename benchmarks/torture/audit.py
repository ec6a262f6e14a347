"""The server's record against results.csv, row by row. Knows nothing of the importer but its outcomes' names."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from benchmarks.torture.lists import EMAIL

#: Faults after which nobody can tell from the answer what became of the lead.
AMBIGUOUS: Final = frozenset({
    "http500", "http502", "http503", "http504", "redirect", "redirect307", "html", "empty", "badjson", "nonobject",
    "dupkeys", "gzipbomb", "truncated", "hang", "drip", "slowheaders", "reset-after", "reset-accepted",
    "lost-answer", "twice", "noqueueid",
})  # fmt: skip
#: Answers that prove that the lead was not taken and may come again.
NOT_TAKEN: Final = frozenset({
    "rate", "http429", "http429always", "http429plain", "http503retry", "key", "http401", "http403",
})  # fmt: skip
SYSTEM_CODES: Final = frozenset({-3, -100})
#: Outcomes of rows that must not have reached the server at all.
KEPT_HERE: Final = frozenset({"invalid", "duplicate", "suppressed", "not_sent"})

Arrivals = Mapping[str, Sequence[Mapping[str, Any]]]


@dataclass
class Audit:
    """What was found. `lost`, `twice`, `unexplained` and `wrong` name rows; all four should be empty.

    `lost`: no result, or a result that claims what the server does not have. `twice`: arrived again although the
    arrival before was not provably refused. `unexplained`: unknown without a reason. `wrong`: another outcome,
    queueId or number of attempts than the server's.
    """

    rows: int = 0
    arrivals: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    again: int = 0
    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    unexplained: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def __iadd__(self, other: Audit) -> Audit:
        for name in ("rows", "arrivals", "outcomes", "again", "lost", "twice", "unexplained", "wrong"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        return self

    @property
    def clean(self) -> bool:
        """Whether every promise was kept."""
        return not (self.lost or self.twice or self.unexplained or self.wrong)

    def words(self) -> str:
        """The counts, and the first rows of what is wrong."""
        kinds = ("lost", "twice", "unexplained", "wrong")
        counts = ", ".join(f"{len(getattr(self, kind))} {kind}" for kind in kinds)
        lines = [f"{kind}: {one}" for kind in kinds for one in getattr(self, kind)[:5]]
        said = ", ".join(f"{number} {outcome}" for outcome, number in sorted(self.outcomes.items()))
        return "\n".join(
            [f"{self.rows} rows ({said}), {self.arrivals} arrivals, {self.again} again: {counts}", *lines]
        )


def by_email(record: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """The record's arrivals per person, in order."""
    found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for one in record:
        found[one["lead"].get("email", "")].append(one)
    return dict(found)


def expected(arrival: Mapping[str, Any]) -> str:
    """The outcome that this arrival, and it alone, allows to be told: "" when it was provably not taken."""
    if arrival["fault"] in NOT_TAKEN:
        return ""
    if arrival["fault"] in AMBIGUOUS:
        return "unknown"
    if arrival["code"] in SYSTEM_CODES:
        return "failed"
    taken = arrival["code"] is not None and arrival["code"] > 0 and arrival["status"] != "Rejected"
    return "accepted" if taken else "rejected"


def doubles(arrived: Sequence[Mapping[str, Any]], *, asked: int = 0) -> int:
    """How often the lead came again after an arrival that was not provably refused; `asked`: a person wanted it."""
    return max(0, sum(expected(one) != "" for one in arrived[:-1]) - asked)


def audit(
    emails: Sequence[str],
    results: Sequence[Mapping[str, str]],
    record: Sequence[Mapping[str, Any]],
    in_flight: Callable[[int], bool] = lambda _row: False,
    *,
    stopped: bool = False,
) -> Audit:
    """Hold the results of the list `emails` (from row 2 on) against what arrived.

    `in_flight` tells of a row whether a kill found it under way. `stopped`: the run was stopped, so rows may be
    `not_sent`.
    """
    arrivals = by_email(record)
    found = Audit(len(emails), len(record))
    rows = {int(one["row"]): one for one in results}
    if len(rows) != len(results) or sorted(rows) != list(range(2, len(emails) + 2)):
        found.lost.append(f"{len(emails)} rows in, {len(results)} results with {len(rows)} row numbers")
    found.lost += [f"{stranger} arrived, and is not in the list" for stranger in arrivals.keys() - set(emails)]
    first: dict[str, int] = {}
    for number, email in enumerate(emails, 2):
        # Who is in the list twice is sent, if at all, in the first of his rows.
        arrived = arrivals.get(email, ()) if first.setdefault(email, number) == number else ()
        _one(found, number, email, rows.get(number), arrived, in_flight(number), stopped)
    return found


def _one(
    found: Audit,
    number: int,
    email: str,
    result: Mapping[str, str] | None,
    arrived: Sequence[Mapping[str, Any]],
    in_flight: bool,
    stopped: bool,
) -> None:
    where = f"row {number} ({email})"
    if doubles(arrived):
        found.twice.append(
            f"{where} arrived {len(arrived)} times: {[one['fault'] or one['code'] for one in arrived]}"
        )
    found.again += max(0, len(arrived) - 1)
    if result is None or result[EMAIL] != email:
        found.lost.append(f"{where} has no result")
        return
    outcome = result["outcome"]
    found.outcomes[outcome] += 1
    told = expected(arrived[-1]) if arrived else ""
    if outcome == "unknown":
        if told != "unknown" and not in_flight:
            found.unexplained.append(f"{where}: {told or 'never arrived'}, by the record; {result['errors']}")
    elif outcome == "not_sent" and not stopped:
        found.lost.append(f"{where} was never sent")
    elif outcome in KEPT_HERE:
        if told:
            found.wrong.append(f"{where} is {outcome}, and the server has it as {told}")
    elif not arrived:
        found.lost.append(f"{where} is {outcome}, and never arrived")
    elif outcome != told:
        found.wrong.append(f"{where} is {outcome}, by the record {told or 'not taken'}")
    elif outcome == "accepted" and result["queueId"] != arrived[-1]["queue_id"]:
        found.wrong.append(f"{where} has the queueId {result['queueId']}, the server {arrived[-1]['queue_id']}")
    if outcome not in ("unknown", "not_sent") and int(result["attempts"]) < len(arrived):
        found.wrong.append(f"{where} says {result['attempts']} attempts, and arrived {len(arrived)} times")
