"""What nights said: each digest held against the disk, the journal and what was planted before that night."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from benchmarks.month.lists import REFUSED, List
from benchmarks.month.place import Run

#: Where a list lies after a night, by what the night says of it.
SHELF: Final = {
    "imported": ("done",), "resumed": ("done",), "skipped": ("done",), "failed": ("failed",), "stopped": ("working",),
    "waiting": ("", "working"), "still_growing": ("",),
}  # fmt: skip
FATES: Final = frozenset({"imported", "resumed", "skipped", "failed"})


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
class Said:
    """All nights of a month, in their order, and the lists that came in."""

    lists: Sequence[List]
    seen: Sequence[Seen]

    def wrong(self) -> Iterator[str]:
        """What is not as it was, in words."""
        for one in self.seen:
            yield from self._night(one)
        yield from self._told_in_the_end()

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

    def _said_of_runs(self, one: Seen, _digest: Mapping[str, Any]) -> Iterator[str]:
        """What is told of a run is what the journal has of it, before and after; what changed is told."""
        told = {report["run_id"]: report for report in one.reports if report["run_id"]}
        for run_id, report in told.items():
            run, before = one.after.get(run_id), one.before.get(run_id)
            if run is None or report["outcomes"] != run.counts:
                yield f"{report['file']}: said {report['outcomes']}, the journal has {run and run.counts}"
            was = before.counts if before and before.state != "planning" else {}
            if report["before"] != was:
                yield f"{report['file']}: said to have been {report['before']}, the journal had {was}"
        # A faulty row that came mended becomes a duplicate of it: the mended list is told.
        mended = {each.mends for each in self.lists if each.night <= one.night}
        for run_id, run in one.after.items():
            if run.file in mended and run_id in one.before:
                continue
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
