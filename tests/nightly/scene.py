"""A night for tests: a jobs file, its inboxes, the sandbox over sockets, and a clock that is nobody's."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema

from pipeline.drift import accept
from pipeline.nightly import digest
from pipeline.nightly.model import FileReport, Night
from pipeline.nightly.night import run_night
from pipeline.sandbox import Sandbox
from pipeline.world import World
from tests.delivery import HEADERS, KEY, MAPPING, leadbyte, write_list

#: Two o'clock in the morning of a Monday.
START = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


class Clock:
    """Time that passes only by waiting, and a little by looking. `at_sleep` is called before every sleep."""

    def __init__(self, start: datetime = START) -> None:
        self.start, self.seconds = start, 0.0
        self.at_sleep: Any = lambda: None
        self._lock = threading.Lock()

    def monotonic(self) -> float:
        with self._lock:
            self.seconds += 1e-4
            return self.seconds

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.monotonic())

    def sleep(self, seconds: float) -> None:
        self.at_sleep()
        with self._lock:
            self.seconds += max(seconds, 0.0)
        time.sleep(0)

    def next_night(self) -> None:
        self.seconds = 0.0
        self.start += timedelta(days=1)


@dataclass
class Place:
    """A folder with a jobs file, an inbox for each job, and what the sandbox got."""

    folder: Path
    sandbox: Sandbox
    clock: Clock = field(default_factory=Clock)
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        (self.folder / "mapping.yaml").write_text(MAPPING, encoding="utf-8")
        self.write_jobs({})

    @property
    def jobs_file(self) -> Path:
        return self.folder / "jobs.yaml"

    @property
    def inbox(self) -> Path:
        return self.folder / "inbox"

    @property
    def output(self) -> Path:
        return self.folder / "output"

    def write_jobs(self, *jobs: dict[str, Any], **top: Any) -> Path:
        """A jobs file with these jobs, each the usual one but for what is said; JSON is YAML."""
        usual = {
            "name": "acme", "account": "one", "inbox": "inbox", "pattern": "*.csv", "mapping": "mapping.yaml",
            "rate": "1000/s",
        }  # fmt: skip
        whole = {
            "accounts": {"one": {"base_url": self.sandbox.base_url, "key": {"env": "ONE_KEY"}, "rate": "1000/s"}},
            "jobs": [usual | job for job in jobs],
        } | top
        for job in whole["jobs"]:
            if isinstance(job["inbox"], str) and "://" not in job["inbox"]:
                (self.folder / job["inbox"]).mkdir(exist_ok=True, parents=True)
        os.environ["ONE_KEY"] = KEY
        self.jobs_file.write_text(json.dumps(whole, indent=1), encoding="utf-8")
        return self.jobs_file

    def lock(self) -> None:
        """The lock of a mapping that fits the campaign and the lists."""
        found = leadbyte(self.sandbox.base_url).campaign("EXAMPLE-CAMPAIGN")
        accept(self.folder / "mapping.yaml", found, HEADERS, self.clock.now())

    def put(self, name: str, emails: Sequence[str], inbox: str = "inbox", age: float = 3600.0) -> Path:
        """A list in an inbox, last changed so many seconds ago by the night's clock."""
        path = write_list(self.folder / inbox / name, emails)
        self.touch(path, age)
        return path

    def touch(self, path: Path, age: float) -> None:
        at = (self.clock.start + timedelta(seconds=self.clock.seconds - age)).timestamp()
        os.utime(path, (at, at))

    def world(self, **changes: Any) -> World:
        clock = self.clock
        return World(
            **{"now": clock.now, "monotonic": clock.monotonic, "sleep": clock.sleep, "tell": self.told.append}
            | changes
        )

    def night(self, *only: str, dry_run: bool = False, **world: Any) -> Night:
        night = run_night(self.jobs_file, self.world(**world), only=only, dry_run=dry_run)
        told = json.dumps(digest.as_json(night))
        jsonschema.validate(json.loads(told), json.loads(digest.schema_text()))
        assert KEY not in told
        assert "@example.com" not in told + digest.words(night)
        return night

    def next_night(self, *only: str, **world: Any) -> Night:
        self.clock.next_night()
        return self.night(*only, **world)

    def sent(self) -> list[str]:
        return [one.lead["email"] for one in self.sandbox.record()]

    def tree(self, *, hidden: bool = False) -> list[str]:
        """Every file below the inboxes, by its path; tokens as T."""
        found = []
        for path in self.folder.glob("inbox*/**/*"):
            if path.is_file() and (hidden or not path.name.startswith(".")):
                parts = list(path.relative_to(self.folder).parts)
                if "working" in parts:
                    parts[parts.index("working") + 2] = "T"
                found.append("/".join(parts))
        return sorted(found)

    def list_files(self) -> list[Path]:
        """Every list, wherever it lies."""
        found = [one for one in self.folder.glob("inbox*/**/*.csv") if one.is_file()]
        names = {str(one) for one in found}
        return [one for one in found if not any(str(one).startswith(f"{other}.") for other in names)]

    def lists(self) -> list[str]:
        """The same without what stands beside a filed list."""
        tree = self.tree()
        return [one for one in tree if not any(one.startswith(f"{other}.") for other in tree if other != one)]


def files(night: Night) -> dict[str, FileReport]:
    return {one.file: one for one in night.files}
