"""What the jobs of a night share: the journal, the accounts with their pacers, and who ends the night."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from pipeline.advice import duration
from pipeline.journal import Journal
from pipeline.leadbyte.client import LeadByte
from pipeline.nightly.jobs import Account, Job, Jobs
from pipeline.pacing import Lane, Pacer, Slot, parse_rate
from pipeline.stopping import INTERRUPTED, Stop, StopKind
from pipeline.world import World


@dataclass
class Scene:
    """A night while it lasts. `world` is the night's own; each job gets one made of it."""

    jobs: Jobs
    world: World
    journal: Journal
    began: datetime
    #: Campaigns (address, reference) to which nothing more is sent in this night, and why.
    halted: dict[tuple[str, str], str] = field(default_factory=dict)
    _firsts: dict[tuple[str, str], str] = field(default_factory=dict)
    _stops: list[Stop] = field(default_factory=list)
    _ended: bool = False
    _pacers: dict[str, Pacer] = field(default_factory=dict)
    _told: set[tuple[str, str]] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def day(self) -> date:
        """The day of the night, by this machine's clock."""
        return self.began.astimezone().date()

    @property
    def ended(self) -> bool:
        """Whether a person or the system has ended the night: nothing more is begun."""
        return self._ended

    def end(self) -> None:
        """End the night: every run stops where it is. May be called from a signal handler."""
        self._ended = True
        for one in self._stops:
            one.set(INTERRUPTED)

    def watch(self, stop: Stop) -> None:
        """A run obeys this stop from now on."""
        self._stops.append(stop)
        if self._ended:  # asked last: whoever ends the night sets this first, then looks at the list
            stop.set(INTERRUPTED)

    def wait(self, seconds: float) -> None:
        """Sleep, but no longer than until the night is ended."""
        until = self.world.monotonic() + seconds
        while not self._ended and (left := until - self.world.monotonic()) > 0:
            self.world.sleep(min(left, 0.5))

    @property
    def is_over(self) -> bool:
        """Whether it has lasted as long as a night may: nothing more is begun."""
        return self.world.now() >= self._over_at

    @property
    def _over_at(self) -> datetime:
        return self.began + timedelta(seconds=self.jobs.longest)

    def _hurry(self, stop: Stop | None, wait: float) -> None:
        """Stop a run that would have to wait past the end of the night."""
        if stop and self.world.now() + timedelta(seconds=wait) >= self._over_at:
            stop.set(f"the night is over (longest: {duration(self.jobs.longest)})", StopKind.NIGHT)

    def service(self, account: Account) -> LeadByte:
        """An account of LeadByte. Raises ConfigError where its key is missing."""
        return LeadByte(self.jobs.service_settings(account))

    def world_of(self, job: Job) -> World:
        """What a job's runs are given: the account's pacer, the night's journal, and words that name the job."""
        account, world, stops = self.jobs.accounts[job.account], self.world, list[Stop]()

        def watch(stop: Stop) -> None:
            stops[:] = [stop]  # a job has one run at a time
            self.watch(stop)

        def pacer(rate: float) -> Pacer:
            hurry = lambda wait: self._hurry(stops[0] if stops else None, wait)  # noqa: E731
            return _NightLane(rate, self._pacer(account), world.monotonic, world.sleep, hurry)

        def tell(words: str) -> None:
            world.tell(f"{job.name}: {words}")

        return replace(
            world, catch_signals=False, journal=self.journal, watch=watch, tell=tell, ask=None, pacer=pacer,
            show_progress=world.show_progress and self.jobs.parallel == 1,
        )  # fmt: skip

    def _pacer(self, account: Account) -> Pacer:
        """One for each account of LeadByte, however often and by whichever name the jobs file has it."""
        address = self.jobs.address(account)
        with self._lock:
            if address not in self._pacers:
                rates = [
                    parse_rate(one.rate) for one in self.jobs.accounts.values() if self.jobs.address(one) == address
                ]
                self._pacers[address] = Pacer(min(rates), self.world.monotonic, self.world.sleep)
            return self._pacers[address]

    def first_of(self, campaign: tuple[str, str], job: str = "") -> str:
        """The first of the jobs that have a campaign; `job` is one of them."""
        return self._firsts.setdefault(campaign, job)

    def first_time(self, account: str, what: str) -> bool:
        """Whether this is to be told of an account for the first time in this night."""
        with self._lock:
            new = (account, what) not in self._told
            self._told.add((account, what))
            return new


class _NightLane(Lane):
    """A lane that tells `hurry`, before every request, how many seconds its run has to wait for the calendar."""

    def __init__(
        self,
        rate: float,
        shared: Pacer,
        clock: Callable[[], float],
        sleep: Callable[[float], object],
        hurry: Callable[[float], object],
    ) -> None:
        super().__init__(rate, shared, clock, sleep)
        self._hurry = hurry

    @contextmanager
    def slot(
        self,
        stopped: Callable[[], bool],
        *,
        again: bool = False,
        admit: Callable[[], float] = lambda: 0.0,
        lead: float = 0.0,
    ) -> Iterator[Slot | None]:
        """As `Pacer.slot`."""

        def admitted() -> float:
            wait = admit()
            if wait > 0:
                self._hurry(wait)
            return wait

        self._hurry(0.0)
        with super().slot(stopped, again=again, admit=admitted, lead=lead) as slot:
            yield slot


@contextmanager
def ending_by_signals(scene: Scene) -> Iterator[None]:
    """Ctrl-C, SIGTERM and a closed terminal end the night in order; a second one ends it at once, still safely."""
    if not scene.world.catch_signals or threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(_number: int, _frame: object) -> None:
        if scene.ended:
            os._exit(130)
        scene.end()
        with suppress(OSError):  # it may be the terminal that has gone
            scene.world.tell("the night ends: waiting for the answers under way (once more leaves at once)")

    caught = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {one: signal.signal(one, handle) for one in caught}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
