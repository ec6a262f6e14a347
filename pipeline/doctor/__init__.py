"""`doctor`: is everything here as an import needs it, and if not, what mends it? Posts nothing, shows no key."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipeline.config import Settings, load_settings
from pipeline.doctor import account, configuring, folder, machine, network
from pipeline.doctor.finding import Finding, State, failed, skip
from pipeline.errors import ImportFailure
from pipeline.leadbyte.client import LeadByte

__all__ = ["Asked", "Finding", "State", "examine"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be looked at: the output folder, mappings (with another `campaign` than their own, if given).

    `offline`: nothing of the network is.
    """

    output: Path
    mappings: Sequence[Path] = ()
    campaign: str = ""
    offline: bool = False


def examine(asked: Asked, now: Callable[[], datetime], environment: Mapping[str, str]) -> Iterator[Finding]:
    """Every check, one after another, as each is done; what one finds keeps no other from being made."""
    yield from machine.machine()
    env_file = Path(".env")
    yield configuring.env_file(env_file)
    yield configuring.variables(environment, configuring.read_env_file(env_file))
    settings = None
    try:
        settings = load_settings()
    except ImportFailure as error:
        yield failed("configuration", error)
    if settings is not None:
        yield from configuring.configuration(settings, environment)
    yield from _service(asked, settings, now)
    yield folder.folder(asked.output)
    yield folder.state_folder()
    yield folder.disk(asked.output)
    yield folder.file_system(asked.output)
    yield from folder.journal(asked.output)
    yield folder.lock(asked.output)
    yield from folder.unfinished(asked.output, now())


def _service(asked: Asked, settings: Settings | None, now: Callable[[], datetime]) -> Iterator[Finding]:
    """What has to be asked of LeadByte, or why it is not."""
    service = None
    if asked.offline:
        yield skip("connection", "not tried (--offline)")
    elif settings is None or not _has_address(settings):
        yield skip("connection", "not tried: the configuration has to be mended first")
    else:
        reached = list(network.network(settings, now))
        yield from reached
        if all(one.state is not State.FAIL for one in reached):
            try:
                service = LeadByte(settings)
                yield from account.permissions(service)
            except ImportFailure as error:
                yield skip("campaigns", f"not asked: {error.message}")
    for path in asked.mappings:
        yield account.mapping(path, asked.campaign, service)


def _has_address(settings: Settings) -> bool:
    try:
        settings.address()
        settings.certificates()
    except ImportFailure:
        return False
    return True
