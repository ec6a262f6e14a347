"""The fault mix: a long list of which a fifth meets a fault of every kind, held row by row against the record.

And what stops a run, each in a short list of its own.
"""

from __future__ import annotations

import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr

from benchmarks.torture.audit import Audit, audit
from benchmarks.torture.importing import Importer
from benchmarks.torture.lists import Person, read_results, write_list
from benchmarks.torture.server import KEY, Server
from pipeline.config import Settings
from pipeline.leadbyte.client import LeadByte
from pipeline.model import NeverLeft, Reply
from pipeline.run import resume_run
from pipeline.sandbox import FAULTS
from pipeline.world import World

#: Faults of the way there: the first attempt meets them, and no byte of the lead leaves.
UNREACHABLE: Final = ("refused", "dns", "tls")
#: What ends a run; in the mix it would end it early.
STOPPING: Final = ("cap", "inactive", "http401", "http403", "http429always", "http429plain")
#: Slower for everybody after each of these, or seconds of waiting for one worker: few of them say as much.
RESTING: Final = ("http429", "http503retry", "http503")
WAITING: Final = ("hang", "drip", "slowheaders", "slow")
#: Seconds until an answer is given up: `slow` answers after one, `hang`, `drip` and `slowheaders` never in time.
PATIENCE: Final[dict[str, Any]] = {"read_timeout": 5.0, "deadline": 7.0}


@dataclass
class Mix:
    """What the mix came to."""

    found: Audit
    faults: Counter[str]
    seconds: float
    stopped: str

    @property
    def clean(self) -> bool:
        """Whether the run went to its end and every row is what the record says."""
        return self.found.clean and not self.stopped

    def words(self) -> str:
        """All figures, in lines."""
        kinds = ", ".join(f"{tag} {count}" for tag, count in sorted(self.faults.items()))
        rate = self.found.rows / self.seconds
        stopped = f"; STOPPED: {self.stopped}" if self.stopped else ""
        head = f"fault mix: {self.found.rows} rows in {self.seconds:.0f} s ({rate:.0f}/s)"
        many = f"{self.faults.total()} with faults of {len(self.faults)} kinds"
        return f"{head}, {many}{stopped}\n{kinds}\n{self.found.words()}"


def mixed_people(rows: int, share: float, seed: int, *, waiting: int, resting: int) -> list[Person]:
    """`rows` people, a `share` of them with a fault; `waiting` and `resting` of those kinds that cost time, each."""
    dice = random.Random(seed)  # noqa: S311 - a seed that says which list it was
    cheap = [*(tag for tag in FAULTS if tag not in {*STOPPING, *RESTING, *WAITING}), *UNREACHABLE]
    tags = [tag for tag in RESTING for _ in range(resting)] + [tag for tag in WAITING for _ in range(waiting)]
    many = max(len(tags) + len(cheap), round(rows * share))
    tags += [cheap[number % len(cheap)] for number in range(many - len(tags))]
    tags += [""] * (rows - len(tags))
    dice.shuffle(tags)
    # A supplier that is not authorised (-7) is left out from there on: it is one nobody else has.
    return [Person(number, tag, f"S{number}" if tag == "supplier" else "1") for number, tag in enumerate(tags)]


def fault_mix(server: Server, folder: Path, people: list[Person]) -> Mix:
    """Import the list, and hold its results against the record."""
    write_list(folder / "mix", people)
    importer = Importer(server.base_url, folder / "mix", "1000/s", settings=PATIENCE)
    began = time.monotonic()
    with unreachable() as ways:
        summary = importer.launch(FirstTimeAstray(importer.settings_of(), ways))
    seconds = time.monotonic() - began
    found = audit([one.email for one in people], read_results(importer.output), server.record())
    server.clear()
    return Mix(found, Counter(one.tag for one in people if one.tag), seconds, summary.stopped)


class FirstTimeAstray(LeadByte):
    """The real client; the first attempt of a lead tagged `refused`, `dns` or `tls` goes where nobody takes it."""

    def __init__(self, settings: Settings, ways: Mapping[str, LeadByte]) -> None:
        super().__init__(settings)
        self._ways = dict(ways)
        self._tried: set[str] = set()

    def post(self, campaign: str, lead: Mapping[str, str], on_sent: Callable[[], None]) -> Reply:
        """Post, or fail to."""
        email = lead.get("email", "")
        way = self._ways.get(email.partition("@")[0].rpartition("+")[2])
        if way is None or email in self._tried:
            return super().post(campaign, lead, on_sent)
        self._tried.add(email)
        reply = way.post(campaign, lead, on_sent)
        if not isinstance(reply, NeverLeft):
            raise TypeError(f"{email} was to be kept from leaving, and came to {reply}")
        return reply


@contextmanager
def unreachable() -> Iterator[dict[str, LeadByte]]:
    """Clients for which nothing leaves: nobody listens, no such name, nobody there speaks TLS."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        threading.Thread(target=_hang_up, args=(listener,), daemon=True).start()
        addresses = {
            "refused": f"http://127.0.0.1:{port}",
            "dns": "https://nobody.invalid",
            "tls": f"https://127.0.0.1:{listener.getsockname()[1]}",
        }
        yield {
            tag: LeadByte(Settings(base_url=address, api_key=SecretStr(KEY), **PATIENCE))
            for tag, address in addresses.items()
        }
        listener.shutdown(socket.SHUT_RDWR)


def _hang_up(listener: socket.socket) -> None:
    """Close every connection: no handshake comes about."""
    while True:
        try:
            listener.accept()[0].close()
        except OSError:
            return


# ---------------------------------------------------------------------- what stops a run


def stops(server: Server, folder: Path, rows: int = 30) -> dict[str, Audit]:
    """A list for each fault that stops a run, in its middle: the rest stays `not_sent`. Then `resume`.

    The row itself meets its fault again when it is sent again, so `resume` may stop as well; what counts is that the
    results are what the record says, before and after.
    """
    found = {}
    for kind, tag in enumerate(STOPPING, 1):
        place = folder / f"stop-{tag}"
        people = [Person(kind * 1_000 + number, tag if number == rows // 2 else "") for number in range(rows)]
        write_list(place, people)
        importer = Importer(server.base_url, place, "50/s")
        emails = [one.email for one in people]
        summary = importer.launch(importer.service())
        found[tag] = audit(emails, read_results(importer.output), server.record(), stopped=True)
        if not summary.stopped or not summary.outcomes.get("not_sent"):
            found[tag].wrong.append(f"{tag} stopped nothing")
        resume_run(summary.run_id, importer.output, importer.service(), World())
        found[f"{tag}, resumed"] = audit(emails, read_results(importer.output), server.record(), stopped=True)
        server.clear()
    return found


def stop_words(found: Mapping[str, Audit]) -> str:
    """All figures, in lines."""
    return "\n".join(f"stopped by {tag}: {one.words()}" for tag, one in found.items())
