"""The demonstration: a sandbox on this machine, the sample lists through the whole way, and where the results are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from pydantic import SecretStr
from tabulate import tabulate

from pipeline.config import Settings
from pipeline.leadbyte.client import LeadByte
from pipeline.report import summary_lines
from pipeline.run import import_list
from pipeline.sandbox import Sandbox
from pipeline.world import Order, World

#: Sample list and its mapping, relative to the folder that `_samples` finds.
LISTS: Final = (("leads.csv", "example-campaign.yaml"), ("leads.xlsx", "solar-uk.yaml"))
#: The sandbox is on this machine: no need to be slow. A real account gets 5/s unless told otherwise.
RATE: Final = "100/s"


def run_demo(output: Path, world: World, say: Callable[[str], None]) -> int:
    """Import both sample lists into a sandbox; returns 0 when every row of both has its outcome."""
    lists, mappings = _samples()
    with Sandbox() as sandbox:
        say(f"A LeadByte sandbox is running on {sandbox.base_url}: nothing leaves this machine. Its campaigns:\n")
        service = LeadByte(Settings(base_url=sandbox.base_url, api_key=SecretStr(sandbox.key)))
        rows = [[one.reference, one.name, one.state] for one in service.campaigns()]
        say(tabulate(rows, ["Reference", "Name", "State"]))
        for list_name, mapping_name in LISTS:
            say(f"\n── leadbyte-import run sample_data/{list_name} --mapping mappings/{mapping_name} --rate {RATE}\n")
            file = str(_shown(lists / list_name))
            order = Order(file, mappings / mapping_name, output, rate=RATE, allow_resubmit=True)
            summary = import_list(order, service, world)
            # The sandbox is gone when the demo ends, so there is no next command to run against it.
            say("\n".join(summary_lines(replace(summary, next_step=""))))
    say("\nOpen the two report.html in a browser. Beside each lies results.csv: every row of the list is there, with")
    say("its outcome, queueId, code and reason.")
    say("To try a list of your own: `leadbyte-import sandbox`, then follow the README.")
    return 0


def _shown(path: Path) -> Path:
    """The path as a person in this folder would name it."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _samples() -> tuple[Path, Path]:
    """The folders of sample lists and mappings: inside an installed wheel, or at the top of the repository."""
    package = Path(__file__).parent
    top = package / "samples" if (package / "samples").is_dir() else package.parent
    return top / "sample_data", top / "mappings"
