"""The judge: what the nights said, what is on disk and what arrived, held against what had come in.

Knows of the importer only its outcomes' names, the forms of its digest, of results.csv and of its journal.
"""

from __future__ import annotations

import csv
import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from benchmarks.month.lists import REFUSED, List, Person
from benchmarks.month.place import ACCOUNT_OF, CAMPAIGN_OF, Run
from benchmarks.torture.audit import doubles, expected

#: Where a list lies after a night, by what the night says of it.
SHELF: Final = {
    "imported": ("done",), "resumed": ("done",), "skipped": ("done",), "failed": ("failed",), "stopped": ("working",),
    "waiting": ("", "working"), "still_growing": ("",),
}  # fmt: skip
FATES: Final = frozenset({"imported", "resumed", "skipped", "failed"})
#: Outcomes of rows that were never on their way.
KEPT_HERE: Final = frozenset({"invalid", "duplicate", "suppressed"})
TPS: Final = -15


@dataclass
class Seen:
    """One launch of a night: what the disk and the journal were before and after, what it said, what arrived."""

    night: int
    at: datetime
    killed: bool
    code: int
    digest: Mapping[str, Any] | None
    troubled: set[str]
    growing: set[str]
    before: Mapping[str, Run]
    after: Mapping[str, Run]
    lay: Mapping[str, list[Path]]
    lies: Mapping[str, list[Path]]
    arrivals: Sequence[Mapping[str, Any]]
    heard: Sequence[Mapping[str, str]]

    @property
    def reports(self) -> list[Mapping[str, Any]]:
        """What is said of files."""
        return [one for job in self.digest["jobs"] for one in job["files"]] if self.digest else []


@dataclass
class Case:
    """All that the judge is given.

    `listed`: by account and entry, the night from which somebody is suppressed. `results`: by run, what its
    results.csv says at the end. `filed`: by list, shelf and SHA-256 where it was last seen filed.
    """

    lists: list[List]
    listed: Mapping[tuple[str, str], int]
    seen: list[Seen]
    results: dict[str, list[dict[str, str]]]
    filed: Mapping[str, list[tuple[str, str]]]
    wrong: list[str] = field(default_factory=list)

    def judge(self) -> list[str]:
        """What is wrong, in words; nothing when all is as promised."""
        self.wrong = [
            *self._files(), *self._rows(), *self._arrivals(), *(f for one in self.seen for f in self._night(one)),
            *self._told_in_the_end(),
        ]  # fmt: skip
        return self.wrong

    # ------------------------------------------------------------------ files

    def _files(self) -> Iterator[str]:
        """Every list is filed once, whole, on the shelf where it belongs."""
        for one in self.lists:
            places = self.filed.get(one.name, [])
            if len(places) != 1:
                yield f"{one.name} ({one.kind}) lies in {len(places)} places at the end: {places}"
                continue
            shelf, sha256 = places[0]
            if sha256 != one.sha256:
                yield f"{one.name} was changed"
            if shelf != ("failed" if one.kind in REFUSED else "done"):
                yield f"{one.name} ({one.kind}) lies in {shelf}/"

    # ------------------------------------------------------------------ rows

    def _run_of(self, one: List) -> str:
        runs = [
            run_id for run_id, run in self.seen[-1].after.items() if (run.job, run.file) == (one.folder, one.name)
        ]
        return runs[0] if len(runs) == 1 else ""

    def imported(self) -> Iterator[tuple[List, str]]:
        """The lists that have a run, and its id."""
        for one in self.lists:
            if run_id := self._run_of(one):
                yield one, run_id

    def _rows(self) -> Iterator[str]:
        with_run = {one.name for one, _run_id in self.imported()}
        for one in self.lists:
            if one.kind not in REFUSED and one.kind != "copy" and one.name not in with_run:
                yield f"{one.name} ({one.kind}) has no run, or more than one"
        for one, run_id in self.imported():
            rows = {int(row["row"]): row for row in self.results.get(run_id, [])}
            wanted = list(one.rows) or list(range(2, len(one.people) + 2))
            if len(rows) != len(self.results.get(run_id, [])) or sorted(rows) != wanted:
                yield f"{one.name}: {len(wanted)} rows in, results for {sorted(rows)}"
                continue
            told = Counter(row["outcome"] for row in rows.values())
            if told != self.seen[-1].after[run_id].counts:
                yield f"{one.name}: results.csv has {dict(told)}, the journal {self.seen[-1].after[run_id].counts}"
            for number, person in zip(wanted, one.people, strict=True):
                yield from self._row(one, number, person, rows[number])

    def _row(self, one: List, number: int, person: Person, row: Mapping[str, str]) -> Iterator[str]:
        where, outcome = f"{one.name}, row {number} ({person.email})", row["outcome"]
        if (outcome == "invalid") != person.bad:
            yield f"{where} is {outcome}"
        if outcome == "not_sent" and one.kind != "invalid":
            yield f"{where} was never sent"
        if outcome == "suppressed" and not self._has_reason(one, person):
            yield f"{where} is suppressed, and on no list"

    def _has_reason(self, one: List, person: Person) -> bool:
        account = ACCOUNT_OF[one.folder]
        refused = person.phone is not None and any(
            arrival["code"] == TPS and arrival["lead"].get("phone1", "")[-6:] == person.mobile[-6:]
            for seen in self.seen for arrival in seen.arrivals
        )  # fmt: skip
        return (account, person.email) in self.listed or refused

    # ------------------------------------------------------------------ what arrived

    def _arrivals(self) -> Iterator[str]:
        """By person and campaign: nobody twice, nobody who is listed, and what is told of each is what arrived."""
        arrived, told = self._by_person(), self._told()
        for who in arrived.keys() - told.keys():
            yield f"{who} arrived, and is in no list that was imported"
        for who, rows in told.items():
            account, campaign, email = who
            came = [one for _night, one in arrived.get(who, [])]
            if doubles(came):
                said = [one["fault"] or one["code"] for one in came]
                yield f"{email} was sent twice to {campaign} of {account}: {said}"
            since = self.listed.get((account, email))
            if since is not None and any(night >= since for night, _one in arrived.get(who, [])):
                yield f"{email} is on {account}'s list since night {since}, and was sent later"
            yield from self._held_against(email, [row for row in rows if row["outcome"] not in KEPT_HERE], came)
        yield from self._learnt(arrived)

    def _by_person(self) -> dict[tuple[str, str, str], list[tuple[int, Mapping[str, Any]]]]:
        arrived: dict[tuple[str, str, str], list[tuple[int, Mapping[str, Any]]]] = defaultdict(list)
        for seen in self.seen:
            for one in seen.arrivals:
                lead = one["lead"]
                arrived[one["account"], lead.get("campid", ""), lead.get("email", "")].append((seen.night, one))
        return arrived

    def _told(self) -> dict[tuple[str, str, str], list[Mapping[str, str]]]:
        told: dict[tuple[str, str, str], list[Mapping[str, str]]] = defaultdict(list)
        for one, run_id in self.imported():
            rows = {int(row["row"]): row for row in self.results.get(run_id, [])}
            for number, person in zip(one.rows or range(2, len(one.people) + 2), one.people, strict=True):
                if number in rows:
                    told[ACCOUNT_OF[one.folder], CAMPAIGN_OF[one.folder], person.email].append(rows[number])
        return told

    def _held_against(
        self, email: str, rows: Sequence[Mapping[str, str]], came: Sequence[Mapping[str, Any]]
    ) -> Iterator[str]:
        """`rows`: those that may have been on their way; `came`: what arrived."""
        last = expected(came[-1]) if came else ""
        outcomes = [row["outcome"] for row in rows if row["outcome"] != "not_sent"]
        if last and not outcomes:
            yield f"{email} arrived as {last}, and no row says so"
        if not last and [one for one in outcomes if one != "unknown"]:
            yield f"{email} is {outcomes}, and never arrived"
        if "accepted" in outcomes:
            ids = {row["queueId"] for row in rows if row["outcome"] == "accepted" and row["queueId"]}
            if len([one for one in outcomes if one == "accepted"]) > 1:
                yield f"{email} is accepted in two rows"
            if not any(one["code"] and one["code"] > 0 for one in came):
                yield f"{email} is accepted, and LeadByte has not taken it"
            if ids - {one["queue_id"] for one in came}:
                yield f"{email} has the queueId {ids}, which LeadByte did not give"
        for outcome in ("rejected", "failed"):
            if outcome in outcomes and last != outcome:
                yield f"{email} is {outcome}, and LeadByte says {last or 'nothing'}"

    def _learnt(self, arrived: Mapping[tuple[str, str, str], list[tuple[int, Mapping[str, Any]]]]) -> Iterator[str]:
        """A number that LeadByte has refused as TPS in one night is not sent in a later one."""
        first: dict[str, int] = {}
        numbers = [
            (night, one["lead"].get("phone1", ""), one["code"], one["fault"])
            for each in arrived.values()
            for night, one in each
        ]
        for night, phone, code, _fault in sorted(numbers, key=lambda one: one[0]):
            if phone and first.get(phone, night) < night:
                yield f"the number {phone} was refused as TPS in night {first[phone]}, and sent in night {night}"
            if phone and code == TPS:
                first.setdefault(phone, night)

    # ------------------------------------------------------------------ what a night said

    def _night(self, one: Seen) -> Iterator[str]:
        if one.killed:
            return
        called = f"night {one.night} ({one.at:%H:%M})"
        if one.digest is None:
            yield f"{called} ended with {one.code} and without a digest"
            return
        laws = (self._said_of_jobs, self._said_of_files, self._said_of_runs, self._headline, self._passed_on)
        for law in laws:
            yield from (f"{called}: {words}" for words in law(one, one.digest))

    def _said_of_jobs(self, one: Seen, digest: Mapping[str, Any]) -> Iterator[str]:
        for job in digest["jobs"]:
            name = job["job"]
            if bool(job["problem"]) != (name in one.troubled):
                yield f"{name}: said {job['problem']!r}, planted {sorted(one.troubled)}"
            lacks = self._came(one, name) < self._expected(one, name)
            if bool(job["missing"]) != lacks:
                yield f"{name}: missing is {job['missing']}, {self._came(one, name)} came"

    @staticmethod
    def _expected(one: Seen, job: str) -> int:
        return {"cars": 1, "quotes": int(one.at.weekday() < 5)}.get(job, 0)

    def _came(self, one: Seen, job: str) -> int:
        """Lists that lay in the inbox, or were taken that day."""
        day, came = f"{one.at:%Y-%m-%d}", 0
        for each in self.lists:
            if each.folder != job or each.night > one.night:
                continue
            came += any(
                len(path.parts) == 1
                or path.parts[1] == day
                or (path.parts[0] == "working" and path.parts[2][:8] == day.replace("-", ""))
                for path in one.lay.get(each.name, [])
            )
        return came

    def _said_of_files(self, one: Seen, _digest: Mapping[str, Any]) -> Iterator[str]:
        """Each list that lay there is told once, and lies where it is said to lie; no other is told."""
        told: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for report in one.reports:
            told[report["file"]].append(report)
        for each in self.lists:
            lay, states = one.lay.get(each.name, []), [report["state"] for report in told.pop(each.name, [])]
            was_open = any(path.parts[0] not in ("done", "failed") for path in lay)
            states = [state for state in states if was_open or state != "looked_back"]
            late = any(each.name in other.lay and each.name for other in self._killed_just_before(one))
            if was_open and len(states) != 1:
                yield f"{each.name} lay there, and is told {len(states)} times: {states}"
            elif not was_open and states and not late:
                yield f"{each.name} did not lie there, and is told as {states}"
            elif states:
                yield from self._lies_there(one, each, states[0])
        for name, reports in told.items():
            yield f"{name} is told, and nobody put it there: {reports}"

    def _killed_just_before(self, one: Seen) -> list[Seen]:
        at = next(at for at, other in enumerate(self.seen) if other is one)
        found = []
        while at and self.seen[at - 1].killed:
            at -= 1
            found.append(self.seen[at])
        return found

    @staticmethod
    def _lies_there(one: Seen, each: List, state: str) -> Iterator[str]:
        shelves = [path.parts[0] if len(path.parts) > 1 else "" for path in one.lies.get(each.name, [])]
        if len(shelves) != 1 or shelves[0] not in SHELF[state]:
            yield f"{each.name} is {state}, and lies in {shelves}"
        fates = (
            ("failed",) if each.kind in REFUSED else ("skipped",) if each.kind == "copy" else ("imported", "resumed")
        )
        if state in FATES and state not in fates:
            yield f"{each.name} ({each.kind}) is {state}"
        if (state == "still_growing") != (each.name in one.growing):
            yield f"{each.name} is {state}"

    @staticmethod
    def _said_of_runs(one: Seen, _digest: Mapping[str, Any]) -> Iterator[str]:
        """What is told of a run is what the journal has of it, before and after; what changed is told."""
        told = {report["run_id"]: report for report in one.reports if report["run_id"]}
        for run_id, report in told.items():
            run, before = one.after.get(run_id), one.before.get(run_id)
            if run is None or report["outcomes"] != run.counts:
                yield f"{report['file']}: said {report['outcomes']}, the journal has {run and run.counts}"
            was = before.counts if before and before.state != "planning" else {}
            if report["before"] != was:
                yield f"{report['file']}: said to have been {report['before']}, the journal had {was}"
        for run_id, run in one.after.items():
            if run_id not in told and (run_id not in one.before or run.counts != one.before[run_id].counts):
                yield f"run {run_id} of {run.file} went on, and is not told"

    @staticmethod
    def _headline(one: Seen, digest: Mapping[str, Any]) -> Iterator[str]:
        """The rows of the first line, the exit code, and whether a person must act."""
        rows: Counter[str] = Counter()
        calls = any(job["problem"] or job["missing"] for job in digest["jobs"])
        for report in one.reports:
            state, outcomes = report["state"], Counter(report["outcomes"])
            rows += Counter() if state == "looked_back" else outcomes - Counter(report["before"])
            over = state in ("imported", "resumed")
            daily = state == "stopped" and "daily limit" in report["words"]
            must = state == "failed" or (state == "stopped" and not daily)
            must = must or (over and bool(outcomes["failed"] or outcomes["unknown"]))
            if must != report["needs_a_person"]:
                yield f"{report['file']} is {state} with {dict(outcomes)}, and calls {report['needs_a_person']}"
            calls = calls or must
        if digest["rows"] != rows:
            yield f"says {digest['rows']} in all, of its files {dict(rows)}"
        if calls != digest["needs_a_person"] or ("all well" in digest["headline"]) == calls:
            yield f"{digest['headline']!r}, and somebody must act: {calls}"
        if digest["exit_code"] != one.code:
            yield f"exit code {one.code}, said {digest['exit_code']}"

    @staticmethod
    def _passed_on(one: Seen, digest: Mapping[str, Any]) -> Iterator[str]:
        """Mail, hook and ping say the same; a quiet night (`when: news`) is for the watch alone."""
        heads = {
            channel: [each for each in one.heard if each["channel"] == channel]
            for channel in ("mail", "hook", "ping")
        }
        calls = digest["needs_a_person"]
        news = calls or bool(one.reports) or bool(digest["notes"]) or any(job["notes"] for job in digest["jobs"])
        for channel in ("mail", "hook"):
            if len(heads[channel]) != int(news):
                yield f"{len(heads[channel])} by {channel}, for {'news' if news else 'nothing'}"
        said = f"{'ACT: ' if calls else ''}{digest['headline']}"
        if [each["head"] for each in heads["mail"]] != [said] * int(news):
            yield f"the mail says {[each['head'] for each in heads['mail']]}"
        if [each["head"] for each in heads["ping"]] != ["/ping/start", "/ping/fail" if calls else "/ping"]:
            yield f"pinged {[each['head'] for each in heads['ping']]}"

    def _told_in_the_end(self) -> Iterator[str]:
        """Each list's fate is told once."""
        for one in self.lists:
            fates = [
                report["state"] for seen in self.seen for report in seen.reports
                if report["file"] == one.name and report["state"] in FATES
            ]  # fmt: skip
            if len(fates) != 1:
                yield f"{one.name} ({one.kind}): its fate is told {len(fates)} times: {fates}"


def read_results(output: Path, run_ids: Sequence[str]) -> dict[str, list[dict[str, str]]]:
    """By run, the lines of its results.csv."""
    found = {}
    for run_id in run_ids:
        path = output / run_id / "results.csv"
        if path.exists():
            with path.open(encoding="utf-8-sig", newline="") as file:
                found[run_id] = list(csv.DictReader(file))
    return found


def sha256_of(path: Path) -> str:
    """Of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
