"""What a run is given: what a person asked for, the service, and the world (time, a person's eyes and answers)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from pipeline.journal import Journal
from pipeline.load import ReadOptions
from pipeline.log import Logs
from pipeline.model import Answer, Campaign, Found, Lost, QueueState, Reply
from pipeline.pacing import Pacer
from pipeline.stopping import Stop


class Service(Protocol):
    """What a run asks of LeadByte (`pipeline.leadbyte.client.LeadByte` has it)."""

    address: str

    def campaign(self, wanted: str) -> Campaign:
        """The campaign with its fields."""

    def post(self, campaign: str, lead: Any, on_sent: Callable[[], None]) -> Reply:
        """Post one lead, once."""

    def queue(self, queue_id: str, on_sent: Callable[[], None]) -> QueueState | Lost | Answer:
        """What became of a queued lead."""

    def search(
        self, campaign_id: str, by: str, value: str, on_sent: Callable[[], None]
    ) -> list[Found] | Lost | Answer:
        """The leads with that e-mail address or phone."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a person asked for. `limit` None: all rows; `max_invalid` like `20%` or `500`; `rate` like `5/s`.

    `file` is a path, `-` for standard input, or an address; it may be an archive (docs/reading.md). `on_cap` is
    "stop" or "wait:HH:MM", `window` like "09:00-18:00 Europe/London", `wait` the seconds to wait for what the queue
    says, `ledger_days` None: a person accepted at any time is known. `vendor` is whose list it is, `strict` makes
    faults of warnings, `show_data` shows cells in full in the report, `fix_me` is "auto", "always" or "never".
    `suppress` are files of people who are not to be sent, `learn` LeadByte's codes whose people nobody is to send
    again (pipeline.suppression). `job` is the nightly job that asks, and `called` what to call its list instead of
    where it lies for the moment.
    """

    file: str
    mapping: Path
    output: Path
    campaign: str = ""
    dry_run: bool = False
    rate: str = "5/s"
    limit: int | None = None
    max_invalid: str = "20%"
    max_errors: int = 10
    phone_format: str = ""
    allow_resubmit: bool = False
    on_cap: str = "stop"
    window: str = ""
    daily_limit: int | None = None
    canary: int | None = None
    canary_min_accept: str = ""
    wait: float = 0.0
    ledger_days: int | None = None
    vendor: str = ""
    strict: bool = False
    show_data: bool = False
    fix_me: str = "auto"
    vendor_note: bool = False
    suppress: tuple[str, ...] = ()
    learn: tuple[int, ...] = ()
    job: str = ""
    called: str = ""
    read: ReadOptions = field(default_factory=ReadOptions)


@dataclass(frozen=True, slots=True)
class World:
    """Time and what a person sees and says, handed in: an hour of waiting is tested in milliseconds.

    `ask` puts a yes-or-no question to the person at the terminal; None where nobody is there. `log`: where events are
    logged besides a run's own run.log, and in which form.

    Whoever runs several imports side by side hands in what they share: the `journal` of the output folder, the
    `pacer` of the account (it is told the rate that a run asks for), and `watch`, which is shown every stop that a
    run obeys, to set it.
    """

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], object] = time.sleep
    show_progress: bool = False
    tell: Callable[[str], object] = lambda _words: None
    ask: Callable[[str], bool] | None = None
    catch_signals: bool = False
    log: Logs = field(default_factory=Logs)
    journal: Journal | None = None
    pacer: Callable[[float], Pacer] | None = None
    watch: Callable[[Stop], object] = lambda _stop: None


#: What an older journal's run does not say about itself: the flags that came later.
LATER_FLAGS: Mapping[str, Any] = {
    "on_cap": "stop",
    "window": "",
    "daily_limit": None,
    "canary": None,
    "canary_min_accept": "",
    "wait": 0.0,
    "ledger_days": None,
    "allow_resubmit": False,
    "vendor": "",
    "strict": False,
    "show_data": False,
    "fix_me": "auto",
    "vendor_note": False,
    "suppress": [],
    "suppress_paths": [],
    "learn": [],
}
