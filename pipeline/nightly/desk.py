"""One job's desk: all that its files are imported and filed with."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.config import checked_address
from pipeline.errors import ImportFailure, RunError
from pipeline.journal.nights import Left
from pipeline.leadbyte.client import LeadByte
from pipeline.mapping import read_mapping
from pipeline.model import Campaign
from pipeline.nightly.filing import Files, Shelf, Taken, one_at_a_time, put_beside, put_why
from pipeline.nightly.inbox import Inbox
from pipeline.nightly.jobs import Account, Job
from pipeline.nightly.scene import Scene
from pipeline.nightly.untold import Filed, Untold
from pipeline.nightly.words import names_of, tellable
from pipeline.world import Order, World

#: What the journal calls rows that have no outcome yet, and what they would be called in a summary.
_ON_THE_WAY = {"planned": "not_sent", "sending": "unknown"}


@dataclass(frozen=True)
class Desk:
    """`campaign` is the job's as LeadByte has it now; `world` is made for this job."""

    scene: Scene
    job: Job
    service: LeadByte
    campaign: Campaign
    files: Files
    inbox: Inbox
    world: World

    @property
    def account(self) -> Account:
        """The job's account."""
        return self.scene.jobs.accounts[self.job.account]

    @property
    def campaign_key(self) -> tuple[str, str]:
        """What the job's campaign is known by: its account's address, and its reference."""
        return checked_address(self.service.address), self.campaign.reference

    def order(self, file: Path, called: str = "", *, dry_run: bool = False) -> Order:
        """What is asked for a file of this job."""
        job, jobs = self.job, self.scene.jobs
        return Order(
            file=str(file), mapping=jobs.folder / job.mapping, output=jobs.output, campaign=self.campaign.reference,
            dry_run=dry_run, canary=job.canary, canary_min_accept=job.canary_min_accept, limit=job.limit,
            phone_format=job.phone_format, ledger_days=job.ledger_days, vendor=job.vendor, strict=job.strict,
            show_data=job.show_data, fix_me=job.fix_me, vendor_note=job.vendor_note, read=job.read, job=job.name,
            window=job.window, daily_limit=job.daily_limit, called=called or file.name, suppress=self._suppress(),
            learn=job.learn_suppression, **self._sending(),
        )  # fmt: skip

    def later_flags(self) -> dict[str, Any]:
        """What the jobs file says now about sending: for a run that it has begun earlier."""
        job = self.job
        lifted = {"window": job.window or "any", "daily_limit": job.daily_limit or 0}
        people = {"suppress": self._suppress(), "learn": job.learn_suppression}
        return self._sending() | lifted | people | {"limit": job.limit}

    def _suppress(self) -> tuple[str, ...]:
        """The suppression lists of the account and of the job."""
        folder = self.scene.jobs.folder
        return tuple(str(folder / Path(one).expanduser()) for one in (*self.account.suppress, *self.job.suppress))

    def _sending(self) -> dict[str, Any]:
        job = self.job
        rate = job.rate or self.account.rate
        return {
            "rate": rate, "max_invalid": job.max_invalid, "max_errors": job.max_errors, "on_cap": job.on_cap,
            "wait": job.wait,
        }  # fmt: skip

    def words_for(self, error: ImportFailure) -> str:
        """A failure in words that may go anywhere."""
        known: list[str] = [field.label for field in self.campaign.fields] + [self.campaign.reference]
        try:
            known += names_of(read_mapping(self.scene.jobs.folder / self.job.mapping)[0])
        except ImportFailure:
            known += []
        return tellable(error, known)

    # ------------------------------------------------------------------ the journal

    def outcomes(self, run_id: str) -> dict[str, int]:
        """What the rows of a run have come to as of now."""
        found = Counter[str]()
        for name, number in self.scene.journal.counts(run_id).items():
            found[_ON_THE_WAY.get(name, name)] += number
        return dict(found)

    def left(self, since: str) -> list[Left]:
        """The runs of the job's campaign that are of this job, or of no job of the file and first of all of this."""
        address, reference = self.campaign_key
        jobs = self.scene.jobs.jobs
        known = {one.name for one in jobs}
        runs = self.scene.journal.nights.left(address, [reference], since)
        first = self.scene.first_of(self.campaign_key) == self.job.name
        return [one for one in runs if one.job == self.job.name or (first and one.job not in known)]

    # ------------------------------------------------------------------ filing

    @property
    def untold(self) -> Untold:
        """What was filed of this job and not told yet."""
        return Untold.of(self.scene.jobs.output, self.job.name)

    def file(
        self, taken: Taken, shelf: Shelf, run_id: str = "", why: str = "", *, words: str = "", exit_code: int = 0
    ) -> tuple[str, str]:
        """File a list, with the files of its run or why it has none; where it lies then, and what went wrong.

        Cut off anywhere it is done again the next night, to the same place. `words` and `exit_code`: what is told of
        a list without a run, for a night that is killed before it tells it.
        """
        try:
            with one_at_a_time:
                target = self._noted(run_id) or self.files.target(taken, shelf)
                if run_id:
                    self.scene.journal.amend(run_id, {"filed": str(target)})
                    put_beside(target, self.scene.jobs.output / run_id)
                if why:
                    put_why(target, why)
                self.untold.note(Filed(taken.path.name, str(target), run_id, words, exit_code))
                self.files.file_away(taken, target)
        except ImportFailure as error:
            return str(taken.path), f"it could not be filed: {error.message}"
        return str(target), ""

    def _noted(self, run_id: str) -> Path | None:
        """Where a night that was cut off wanted to file it."""
        noted = self._filed(run_id) if run_id else None
        return noted if noted and noted.parent.is_dir() and not noted.exists() else None

    def _filed(self, run_id: str) -> Path | None:
        try:
            where = self.scene.journal.run(run_id).about.get("filed")
        except RunError:
            return None
        return Path(where) if where else None

    def renew_beside(self, run_id: str) -> None:
        """The files of a run that was looked back at, once more beside its list."""
        filed = self._filed(run_id)
        if filed and filed.exists():
            put_beside(filed, self.scene.jobs.output / run_id)
