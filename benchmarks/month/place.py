"""Where the month happens: inboxes and a jobs file, nights as processes of their own, what is on disk."""

from __future__ import annotations

import importlib
import json
import os
import shutil
import signal
import sqlite3
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from benchmarks.month.lists import BUYERS_MAPPING, HEADERS, MAPPING, List
from benchmarks.month.servers import KEYS, Servers
from benchmarks.torture.children import forked, wait

#: Two o'clock in the morning of a Monday.
START: Final = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)
ACCOUNT_OF: Final = {"cars": "acme", "mended": "acme", "buyers": "acme", "quotes": "beta"}
CAMPAIGN_OF: Final = {
    "cars": "EXAMPLE-CAMPAIGN", "mended": "EXAMPLE-CAMPAIGN", "buyers": "BUYERS-LIVE", "quotes": "EXAMPLE-CAMPAIGN",
}  # fmt: skip
SUPPRESSED: Final = {"acme": "suppress/acme.csv", "beta": "suppress/beta.txt"}
#: Loaded before the first night, so that most of a night's short life is work.
WARM: Final = (
    "pandera.pandas", "pipeline.cli.nightly", "pipeline.nightly.night", "pipeline.nightly.telling", "pipeline.run",
    "pipeline.fix_me", "pipeline.report.page",
)  # fmt: skip
SHELVES: Final = ("done", "failed")


class Clock:
    """Time that passes only by waiting, and a little by looking. `at_sleep` is called before every sleep."""

    def __init__(self, start: datetime) -> None:
        self._start, self._seconds = start, 0.0
        self.at_sleep: Any = lambda _now: None
        self._lock = threading.Lock()

    def monotonic(self) -> float:
        with self._lock:
            self._seconds += 1e-4
            return self._seconds

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.monotonic())

    def sleep(self, seconds: float) -> None:
        self.at_sleep(self.now())
        with self._lock:
            self._seconds += max(seconds, 0.0)
        time.sleep(0)


@dataclass(frozen=True)
class Run:
    """A run as the journal has it."""

    job: str
    file: str
    state: str
    counts: dict[str, int]
    queue: dict[str, int]


@dataclass(frozen=True)
class Ended:
    """How a night's process ended: its exit code, -9 when it was killed, and the digest that it printed."""

    code: int
    seconds: float
    digest: dict[str, Any] | None


@dataclass
class Place:
    """A folder, and the servers that the nights in it talk to."""

    folder: Path
    servers: Servers
    launches: int = 0
    wrong_key: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        for name in WARM:
            importlib.import_module(name)
        for job in ACCOUNT_OF:
            self.inbox(job).mkdir(parents=True)
        for name in ("suppress", "said"):
            (self.folder / name).mkdir()
        for name, text in (("cars", MAPPING), ("quotes", MAPPING), ("buyers", BUYERS_MAPPING)):
            (self.folder / f"{name}.yaml").write_text(text, encoding="utf-8")
        for name in SUPPRESSED.values():
            (self.folder / name).write_text("E-mail\nnobody@example.com\n", encoding="utf-8")
        (self.folder / "jobs.yaml").write_text(json.dumps(self._jobs(), indent=1), encoding="utf-8")

    def _jobs(self) -> dict[str, Any]:
        urls = self.servers.urls
        accounts = {
            name: {
                "base_url": urls[name], "key": {"env": f"{name.upper()}_KEY"}, "rate": "200/s",
                "suppress": [SUPPRESSED[name]],
            }
            for name in KEYS
        }  # fmt: skip
        jobs: list[dict[str, Any]] = [
            {"name": "cars", "pattern": "cars_*_{date:%Y%m%d}.*", "expect": "daily", "mapping": "cars.yaml"},
            {"name": "mended", "pattern": "*.xlsx", "mapping": "cars.yaml"},
            {"name": "buyers", "pattern": "buyers_*_{date:%Y%m%d}.*", "mapping": "buyers.yaml", "daily_limit": 5},
            {"name": "quotes", "pattern": "quotes_*_{date:%Y%m%d}.*", "expect": "weekdays", "mapping": "quotes.yaml"},
        ]
        jobs = [job | {"inbox": f"inbox/{job['name']}", "account": ACCOUNT_OF[job["name"]]} for job in jobs]
        tell = {
            "mail": {"to": ["ops@importer.test"], "from": "importer@importer.test", "host": "127.0.0.1",
                     "port": self.servers.mail},
            "webhook": {"url": {"env": "HOOK"}}, "ping": {"url": {"env": "PING"}}, "when": "news",
        }  # fmt: skip
        defaults = {"max_invalid": "40%", "learn_suppression": [-15], "max_errors": 50, "vendor": "Acme"}
        return {"parallel": 2, "accounts": accounts, "defaults": defaults, "jobs": jobs, "tell": tell}

    @property
    def output(self) -> Path:
        return self.folder / "output"

    def inbox(self, job: str) -> Path:
        return self.folder / "inbox" / job

    def put(self, one: List, now: datetime, content: bytes | None = None) -> None:
        """A file comes in, an hour before `now`."""
        path = self.inbox(one.folder) / one.name
        path.write_bytes(one.content if content is None else content)
        at = (now - timedelta(hours=1)).timestamp()
        os.utime(path, (at, at))

    def suppress(self, account: str, entry: str) -> None:
        """A suppression list grows."""
        with (self.folder / SUPPRESSED[account]).open("a", encoding="utf-8") as file:
            file.write(f"{entry}\n")

    # ------------------------------------------------------------------ nights

    def night(self, now: datetime, growing: list[Path], kill_after: float | None = None) -> Ended:
        """A night, in a process of its own; killed after so many seconds, if it has not ended before."""
        self.launches += 1
        said = self.folder / "said" / f"night-{self.launches:03d}"
        began = time.monotonic()
        child = forked(lambda: self._work(now, growing, said), said.with_suffix(".crash"))
        code = None
        if kill_after is not None:
            code = wait(child, kill_after)
            if code is None:
                os.kill(child, signal.SIGKILL)
        code = wait(child) if code is None else code
        text = said.with_suffix(".out").read_text(encoding="utf-8") if said.with_suffix(".out").exists() else ""
        digest = json.loads(text) if text.startswith("{") and code != -signal.SIGKILL else None
        return Ended(code or 0, time.monotonic() - began, digest)

    def _work(self, now: datetime, growing: list[Path], said: Path) -> int:
        """In the child: the command as a scheduler starts it, but for its clock."""
        from pipeline.cli import main
        from pipeline.stopping import Stop

        command = importlib.import_module("pipeline.cli.nightly")  # its name in the package is that of the command
        form = "json" if self.launches % 2 else "text"
        os.chdir(self.folder)
        os.environ |= {f"{name.upper()}_KEY": key for name, key in KEYS.items()}
        os.environ |= {f"{name.upper()}_KEY": f"not-{KEYS[name]}" for name in self.wrong_key}
        os.environ |= {
            "XDG_STATE_HOME": str(self.folder / "state"), "TZ": "UTC", "LEADBYTE_LOG": f"said/common.{form}.log",
            "HOOK": f"{self.servers.urls['hook']}", "PING": self.servers.urls["ping"],
        }  # fmt: skip
        time.tzset()
        for name, stream in (("out", 1), ("err", 2)):
            os.dup2(os.open(said.with_suffix(f".{name}"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC), stream)
        clock, real = Clock(now), command._world
        clock.at_sleep = lambda at: _grow(growing, at)
        command._world = lambda quiet: replace(  # type: ignore[attr-defined]
            real(quiet), now=clock.now, monotonic=clock.monotonic, sleep=clock.sleep
        )
        Stop.wait = lambda _stop, _seconds: None  # type: ignore[assignment,method-assign]
        sys.stdout, sys.stderr = (open(stream, "w", closefd=False) for stream in (1, 2))  # noqa: SIM115
        sys.argv = ["leadbyte-import", "nightly", "jobs.yaml", "--json", "--log-format", form]
        try:
            main()
        except SystemExit as ended:
            return int(ended.code or 0)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
        return 0

    # ------------------------------------------------------------------ what LeadByte and people change

    def drift(self, now: datetime) -> None:
        """The lock of the quotes is of a time when SID could be left out: LeadByte has made it required since."""
        from pipeline.drift import lock_now, write_lock

        found = self._campaign("beta")
        fields = tuple(replace(one, required=False) if one.name == "sid" else one for one in found.fields)
        write_lock(self.folder / "quotes.yaml", lock_now(replace(found, fields=fields), HEADERS, now))

    def accept(self, now: datetime) -> None:
        """accept-changes."""
        from pipeline.drift import accept

        accept(self.folder / "quotes.yaml", self._campaign("beta"), HEADERS, now)

    def _campaign(self, account: str) -> Any:
        from pydantic import SecretStr

        from pipeline.config import Settings
        from pipeline.leadbyte.client import LeadByte

        settings = Settings(base_url=self.servers.urls[account], api_key=SecretStr(KEYS[account]))
        return LeadByte(settings).campaign("EXAMPLE-CAMPAIGN")

    def purge(self, now: datetime, older_than: timedelta, *, everything: bool = False) -> int:
        """`purge --older-than … --files …`; how many runs. `everything`: also runs with rows that are unknown."""
        from pipeline.retention import purge
        from pipeline.world import World

        shelves = [folder for job in ACCOUNT_OF for one in SHELVES if (folder := self.inbox(job) / one).is_dir()]
        world = World(now=lambda: now)
        seconds = older_than.total_seconds()
        kept = purge(self.output, world, older_than=seconds, dry_run=True).kept if everything else ()
        found = purge(self.output, world, older_than=seconds, files=shelves, abandon=[one.run_id for one in kept])
        return len(found.runs)

    # ------------------------------------------------------------------ what is on disk

    def where(self) -> dict[str, list[Path]]:
        """Every file below the inboxes by its name; paths from the job's inbox on."""
        found: dict[str, list[Path]] = {}
        for job in ACCOUNT_OF:
            top = self.inbox(job)
            for path in top.rglob("*"):
                if path.is_file():
                    found.setdefault(path.name, []).append(path.relative_to(top))
        return found

    def runs(self) -> dict[str, Run]:
        """The journal's runs. A copy is read: the original stays as a kill left it."""
        if not (self.output / "journal.sqlite3").exists():
            return {}
        with tempfile.TemporaryDirectory() as scratch:
            for name in ("journal.sqlite3", "journal.sqlite3-wal"):
                if (self.output / name).exists():
                    shutil.copy(self.output / name, scratch)
            with closing(sqlite3.connect(Path(scratch) / "journal.sqlite3")) as db:
                try:
                    return _runs(db)
                except sqlite3.OperationalError:  # killed before there were tables
                    return {}


def _runs(db: sqlite3.Connection) -> dict[str, Run]:
    counts: dict[str, Counter[str]] = {}
    names = {"planned": "not_sent", "sending": "unknown"}
    for run_id, state, outcome, number in db.execute(
        "SELECT run_id, state, outcome, count(*) FROM rows GROUP BY 1, 2, 3"
    ):
        counts.setdefault(run_id, Counter())[outcome if state == "done" else names.get(state, state)] += number
    queue: dict[str, dict[str, int]] = {}
    for run_id, status, number in db.execute("SELECT run_id, status, count(*) FROM queue GROUP BY 1, 2"):
        queue.setdefault(run_id, {})[status] = number
    runs = {}
    for run_id, state, about in db.execute("SELECT run_id, state, about FROM runs"):
        known = json.loads(about)
        runs[run_id] = Run(
            known.get("job", ""), Path(known.get("file", "")).name, state, dict(counts.get(run_id, {})),
            queue.get(run_id, {}),
        )  # fmt: skip
    return runs


def _grow(paths: list[Path], now: datetime) -> None:
    """Somebody is still writing them."""
    for path in paths:
        with path.open("ab") as file:
            file.write(b" ")
        os.utime(path, (now.timestamp(), now.timestamp()))
