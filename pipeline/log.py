"""What a run did, as lines for machines: its `run.log`, and a common log besides where one is named.

Each event has a stable name and fields of its own (docs/operations.md lists them). As text the lines are for people;
as JSON each is one object, and every row that was sent has one. None holds a cell of a list, words of LeadByte's or a
key.

The standard library's logging with one formatter: what python-json-logger adds is that formatter, and structlog's
pipelines solve what one call with named fields does not have.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import Any, Final, Literal, TextIO

from pipeline.errors import ConfigError, ImportFailure, InputError, MappingError
from pipeline.files import private_folder

RUN_LOG: Final = "run.log"
#: How the common log is named that is no file: a service manager (journald) keeps what is said there.
STDERR: Final = ("-", "stderr")
Form = Literal["text", "json"]

# What is a key wherever it stands: in an address, in a header, in a body. Nothing that is logged should hold one;
# this is for the day when something does.
_KEYS: Final = re.compile(
    r"""(?P<before>[?&]key=|x[_-]key\\*["']?\s*[:=]\s*\\*["']?|["']key\\*["']\s*:\s*\\*["'])[^&\s"'\\]+""",
    re.IGNORECASE,
)
#: An id of LeadByte's as it may be logged: whatever else stands in its place could be anybody's data.
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Event(StrEnum):
    """The names of what is logged; programs rely on them."""

    RUN_STARTED = "run_started"
    PLAN_READY = "plan_ready"
    ROW_FINISHED = "row_finished"
    ROW_NOT_TAKEN = "row_not_taken"
    ROW_QUEUE = "row_queue"
    ROW_SEARCHED = "row_searched"
    RATE_CHANGED = "rate_changed"
    NOTICE = "notice"
    QUEUE_ASKED = "queue_asked"
    SEARCH_FINISHED = "search_finished"
    RUN_STOPPED = "run_stopped"
    RUN_FINISHED = "run_finished"
    COMMAND_FAILED = "command_failed"


class RunLog:
    """Notes events of one run; safe to use from several threads. `fields` are in every line.

    What cannot be written is no reason to end a run: the last reason is in `lost`, in words.
    """

    def __init__(
        self,
        handlers: tuple[logging.Handler, ...] = (),
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        **fields: Any,
    ) -> None:
        self._handlers = handlers
        self._now = now
        self._fields = fields
        self._level = min((one.level for one in handlers), default=logging.CRITICAL)

    @property
    def is_open(self) -> bool:
        """Whether anything is written anywhere."""
        return bool(self._handlers)

    @property
    def shows_rows(self) -> bool:
        """Whether what happens to single rows is written somewhere."""
        return self._level <= logging.DEBUG

    @property
    def lost(self) -> str:
        """Why lines are missing; "" when none is."""
        return next((lost for one in self._handlers if (lost := getattr(one, "lost", ""))), "")

    def note(self, event: Event, words: str = "", level: int = logging.INFO, **fields: Any) -> None:
        """An event with its fields (None and "" are left out), and in `words` for people."""
        if level < self._level:
            return
        record = logging.makeLogRecord({"levelno": level, "levelname": logging.getLevelName(level), "msg": words})
        known = self._fields | {"message": words} | fields
        record.event, record.at = event, self._now()
        record.fields = {name: value for name, value in known.items() if value not in (None, "")}
        for handler in self._handlers:
            if level >= handler.level:
                handler.handle(record)

    def row(self, event: Event, row: int, **fields: Any) -> None:
        """What happened to a row: in JSON only, a line for each row is nothing that a person reads."""
        self.note(event, level=logging.DEBUG, row=row, **fields)


@dataclass
class Logs:
    """Where events are written besides each run's own `run.log`, and in which form.

    `file`: a common log of all runs, "-" or "stderr" for standard error, "" for none. A common file may be moved away
    at any time (logrotate): the next line makes a new one.
    """

    form: Form = "text"
    file: str = ""
    _told: Exception | None = field(default=None, init=False, repr=False)

    @property
    def on_stderr(self) -> bool:
        """Whether standard error is the log: then nothing else should be shown there."""
        return self.file in STDERR

    def check(self) -> None:
        """Raises ConfigError when the common log cannot be written: told before anything begins."""
        if self.file and not self.on_stderr:
            try:
                _open_privately(self.file).close()
            except OSError as error:
                raise ConfigError(
                    f"the log {self.file} cannot be written: {error.strerror or error}",
                    "name another with --log-file (LEADBYTE_LOG), or `stderr`; mind the permissions of its folder",
                ) from None

    @contextmanager
    def of_run(self, folder: Path, now: Callable[[], datetime], **fields: Any) -> Iterator[RunLog]:
        """The log of one run: `run.log` in its folder, and the common one. A failure of the block is an event."""
        handlers = (_File(private_folder(folder) / RUN_LOG), *self._common())
        log = RunLog(self._ready(handlers), now, **fields)
        try:
            yield log
        except Exception as error:
            self._note_failure(log, error)
            raise
        finally:
            for one in handlers:
                one.close()

    @contextmanager
    def common(self, now: Callable[[], datetime], **fields: Any) -> Iterator[RunLog]:
        """The common log alone, for what is no run's; without one, nothing is written."""
        handlers = self._common()
        try:
            yield RunLog(self._ready(handlers), now, **fields)
        finally:
            for one in handlers:
                one.close()

    def failed(self, error: Exception, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """Note in the common log that a command failed, unless the run's log has said so."""
        if error is not self._told:
            with self.common(now) as log:
                self._note_failure(log, error)

    def _note_failure(self, log: RunLog, error: Exception) -> None:
        self._told = error
        failure = error if isinstance(error, ImportFailure) else None
        # Those two may quote a list without a header, where the names of columns are somebody's data. What is no
        # ImportFailure may quote anything.
        told = failure.message if failure and not isinstance(failure, InputError | MappingError) else ""
        words = f"{type(error).__name__}{': ' if told else ''}{told}"
        log.note(
            Event.COMMAND_FAILED, words, logging.ERROR,
            error=type(error).__name__, exit_code=failure.exit_code if failure else 70,
        )  # fmt: skip

    def _common(self) -> tuple[_File | _StandardError, ...]:
        if not self.file:
            return ()
        if self.on_stderr:
            return (_StandardError(sys.stderr),)
        return (_File(Path(self.file)),)

    def _ready(self, handlers: tuple[logging.Handler, ...]) -> tuple[logging.Handler, ...]:
        for one in handlers:
            one.setFormatter(JsonLines() if self.form == "json" else TextLines())
            one.setLevel(logging.DEBUG if self.form == "json" else logging.INFO)
        return handlers


class JsonLines(logging.Formatter):
    """One JSON object a line, in ASCII: time (UTC, ISO, milliseconds), level, event, then its fields."""

    def format(self, record: Any) -> str:
        """The line."""
        at = record.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = {"time": at, "level": record.levelname, "event": record.event, **record.fields}
        return without_keys(json.dumps(line))


class TextLines(logging.Formatter):
    """Time, level, run and words. A line stays one line, whatever a file is called."""

    def format(self, record: Any) -> str:
        """The line."""
        run_id = record.fields.get("run_id", "")
        words = f"{f'run {run_id}: ' if run_id else ''}{record.getMessage()}"
        shown = "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in words)
        return without_keys(f"{record.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ} {record.levelname} {shown}")


def without_keys(line: str) -> str:
    """The line with whatever looks like an API key taken out: the second line of defence."""
    return _KEYS.sub(r"\g<before>[key]", line)


def safe_id(text: str) -> str:
    """An id of LeadByte's; "" for what does not look like one."""
    return text if _ID.fullmatch(text) else ""


class _Patient(logging.Handler):
    """What cannot be written is remembered, and nobody is stopped."""

    lost = ""

    def handleError(self, _record: logging.LogRecord) -> None:  # noqa: N802 - logging's own name
        """Remember why; the standard library would print a traceback."""
        error = sys.exc_info()[1]
        self.lost = (error.strerror or str(error)) if isinstance(error, OSError) else type(error).__name__

    def close(self) -> None:
        """Close; what is still in memory may not fit on the disk either."""
        try:
            super().close()
        except (OSError, ValueError):
            self.handleError(logging.makeLogRecord({}))


def _open_privately(name: str) -> TextIO:
    """A file to add to, readable by its owner only."""
    return open(  # a Path's own open has no opener
        name, "a", encoding="utf-8", errors="backslashreplace", opener=lambda path, flags: os.open(path, flags, 0o600)
    )


class _File(_Patient, WatchedFileHandler):
    """A file that is opened anew once it was moved away."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, delay=True)

    def emit(self, record: logging.LogRecord) -> None:
        """Write the line; the standard library looks after the writing only, not after what comes before it."""
        try:
            super().emit(record)
        except (OSError, ValueError):
            self.handleError(record)

    def _open(self) -> Any:
        return _open_privately(self.baseFilename)


class _StandardError(_Patient, logging.StreamHandler[Any]):
    """Standard error, one line at a time."""
