"""What the key may do, asked in ways that change nothing, and whether mappings fit their campaigns."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final, Protocol

from pipeline.doctor.finding import Finding, failed, ok, skip, warn
from pipeline.errors import ImportFailure, KeyRefused
from pipeline.leadbyte.client import check_open
from pipeline.mapping import Mapping, read_mapping, resolve
from pipeline.model import Answer, Campaign, Found, Lost, QueueState
from pipeline.names import fold

#: A queueId and an address that nobody has: what is asked for is not there, and the answer shows the permission.
NO_QUEUE_ID: Final = "0"
NO_EMAIL: Final = "nobody@example.com"


class Asks(Protocol):
    """What is asked of LeadByte (`pipeline.leadbyte.client.LeadByte` has it). Nothing is posted."""

    def campaigns(self) -> list[Campaign]:
        """All campaigns."""

    def campaign(self, wanted: str) -> Campaign:
        """One with its fields."""

    def queue(self, queue_id: str) -> QueueState | Lost | Answer:
        """What became of a queued lead."""

    def search(self, campaign_id: str, by: str, value: str) -> list[Found] | Lost | Answer:
        """The leads with that address."""


def permissions(service: Asks) -> Iterator[Finding]:
    """Whether the key reads campaigns (every import), the queue (`reconcile`) and leads (`resolve`)."""
    try:
        known = service.campaigns()
    except ImportFailure as error:
        yield failed("campaigns", error)
        yield skip("queue", "not asked: the campaigns could not be read")
        yield skip("search", "not asked: the campaigns could not be read")
        return
    active = sum(one.active and not one.archived for one in known)
    if active:
        yield ok("campaigns", f"the key sees {_campaigns(len(known))}, {active} of them active")
    else:
        yield warn(
            "campaigns", f"the key sees {_campaigns(len(known))}, and none is active",
            "is it the key of this account? activate a campaign in LeadByte",
        )  # fmt: skip
    yield _queue(service)
    yield _search(service, known)


def _campaigns(number: int) -> str:
    return "1 campaign" if number == 1 else f"{number} campaigns"


def _queue(service: Asks) -> Finding:
    try:
        answer = service.queue(NO_QUEUE_ID)
    except KeyRefused as error:
        return warn("queue", f"{error.message}: `reconcile` and --wait will not work", error.hint)
    if isinstance(answer, QueueState):
        return ok("queue", "the key may ask what became of leads (`reconcile`)")
    return skip("queue", _no_answer(answer))


def _search(service: Asks, known: list[Campaign]) -> Finding:
    if not known:
        return skip("search", "not asked: there is no campaign to search in")
    try:
        answer = service.search(known[0].id, "email", NO_EMAIL)
    except KeyRefused as error:
        return warn("search", f"{error.message}: `resolve` will not work", error.hint)
    if isinstance(answer, list):
        return ok("search", "the key may search leads (`resolve`)")
    return skip("search", _no_answer(answer))


def _no_answer(answer: Answer | Lost) -> str:
    why = answer.reason if isinstance(answer, Lost) else f"HTTP {answer.http_status}"
    return f"the key was not refused, but no good answer came either: {why}"


def mapping(path: Path, wanted: str, service: Asks | None) -> Finding:
    """Whether a mapping can be read, and fits its campaign: labels, required fields, values of constants.

    `wanted`: another campaign than the mapping's own; `service` None: LeadByte is not asked.
    """
    try:
        found, _text = read_mapping(path)
        reference = wanted or found.campaign
        if service is None:
            return ok("mapping", f"{path} can be read; whether it fits {reference or 'a campaign'} was not asked")
        if not reference:
            return warn("mapping", f"{path} names no campaign", "add `campaign: REFERENCE` there, or give --campaign")
        campaign = service.campaign(reference)
        check_open(campaign)
        links = resolve(found, columns(found), campaign)
    except ImportFailure as error:
        named = "" if str(path) in error.message else f"{path}: "
        return failed("mapping", type(error)(f"{named}{error.message}", error.hint))
    return ok("mapping", f"{path} fits {campaign.reference}: {len(links.links)} fields are fed")


def columns(found: Mapping) -> list[str]:
    """The header of a list that has all the columns which a mapping names."""
    named = [*found.columns, *(one for join in found.join.values() for one in join.columns), *found.ignore]
    named += [one for _rule, asked in found.checks.asked() for one in asked.columns]
    return list({fold(one): one for one in reversed(named)}.values())[::-1]
