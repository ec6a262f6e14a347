"""The judge: what is on disk at the end, what arrived and what the nights said, held against what had come in.

Knows of the importer only its outcomes' names, the forms of its digest, of results.csv and of its journal.
"""

from __future__ import annotations

import csv
import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from benchmarks.month.lists import REFUSED, List, Person
from benchmarks.month.place import ACCOUNT_OF, CAMPAIGN_OF, Run
from benchmarks.month.said import Said, Seen
from benchmarks.torture.audit import doubles, expected

#: Outcomes of rows that were never on their way.
KEPT_HERE: Final = frozenset({"invalid", "duplicate", "suppressed"})
TPS: Final = -15


@dataclass
class Case:
    """All that the judge is given.

    `listed`: by account and entry, the night from which somebody is suppressed. `results`: by run, what its
    results.csv says at the end, and `final` the journal. `filed`: by list, shelf and SHA-256 where it was last seen.
    """

    lists: list[List]
    listed: Mapping[tuple[str, str], int]
    seen: list[Seen]
    results: dict[str, list[dict[str, str]]]
    filed: Mapping[str, list[tuple[str, str]]]
    final: Mapping[str, Run] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def judge(self) -> list[str]:
        """What is wrong, in words; nothing when all is as promised."""
        self.wrong = [
            *self._files(), *self._rows(), *self._arrivals(), *Said(self.lists, self.seen).wrong(),
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
        runs = [run_id for run_id, run in self.final.items() if (run.job, run.file) == (one.folder, one.name)]
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
            if told != self.final[run_id].counts:
                yield f"{one.name}: results.csv has {dict(told)}, the journal {self.final[run_id].counts}"
            for number, person in zip(wanted, one.people, strict=True):
                yield from self._row(one, number, person, rows[number])

    def _row(self, one: List, number: int, person: Person, row: Mapping[str, str]) -> Iterator[str]:
        where, outcome = f"{one.name}, row {number} ({person.email})", row["outcome"]
        # Who came mended is no fault of the list any more: its row is a duplicate of the mended one.
        came_mended = outcome == "duplicate" and any(
            other.mends == one.name and number in other.rows for other in self.lists
        )
        if (outcome == "invalid" or came_mended) != person.bad:
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
