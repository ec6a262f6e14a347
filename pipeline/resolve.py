"""Resolve stage: did the leads whose answers were lost arrive? A search that shows one proves it, a miss nothing.

A wrong proof would lose a lead and a wrong miss could double one, so what is doubtful changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Final, Protocol

from pipeline.asking import Asking
from pipeline.model import Answer, Found, JournalRow, Lost

#: A lead received this long before the row was sent may still be the row's: two clocks differ, and summer time.
CLOCKS_DIFFER: Final = timedelta(hours=2)
#: LeadByte tells times without a zone, twelve hours behind at most: what is older than this is surely another lead.
SURELY_EARLIER: Final = CLOCKS_DIFFER + timedelta(hours=12)
#: The lead's fields that a search shows again (leadbyte-api.md, "Afterwards").
SHOWN_EMAIL, SHOWN_PHONE = "email", "phone1"
#: So many searches must have missed before a person may have a row sent again.
MISSES_TO_RESEND: Final = 2


class Search(StrEnum):
    """What a search came to for one row (docs/afterwards.md)."""

    FOUND = "found"
    MISSED = "missed"
    DOUBTFUL = "doubtful"
    UNSEARCHABLE = "unsearchable"
    NOT_ASKED = "not_asked"


class Searching(Protocol):
    """LeadByte's search. Raises KeyRefused; otherwise never for what the network does."""

    def __call__(self, by: str, value: str, on_sent: Callable[[], None]) -> list[Found] | Lost | Answer:
        """The campaign's leads with this `email` or `phone`; an Answer (429, 503) when told to wait."""


class UnknownJournal(Protocol):
    """What resolving asks of the journal."""

    def unknowns(self, run_id: str) -> Iterator[JournalRow]:
        """The rows whose outcome is unknown, in input order; rows may be noted meanwhile."""

    def claimed(self, ref: str) -> bool:
        """Whether a row of any run has this queueId or leadId already."""

    def note_found(self, run_id: str, row: int, found: Found) -> None:
        """The row is accepted: it was found; durable when it returns."""

    def note_missed(self, run_id: str, row: int, at: str) -> None:
        """A search at this time (UTC, ISO) did not show the row; durable when it returns."""


def resolve(
    run_id: str,
    journal: UnknownJournal,
    search: Searching,
    asking: Asking,
    *,
    emails: Sequence[str] = (SHOWN_EMAIL,),
    phones: Sequence[str] = (SHOWN_PHONE,),
    gap: float | None = None,
    on_done: Callable[[Search], None] = lambda _found: None,
) -> Counter[Search]:
    """Search for every row whose outcome is unknown, in one thread: two rows cannot take one lead for their proof.

    `emails` and `phones` name the lead's fields to search by; only those that a hit shows again are used. With `gap`
    (seconds) it waits until a second miss would let the missed rows be sent again, and searches once more; the counts
    are then those of the second pass, with what the first one found. `on_done` is called for each row that an answer
    came for. `asking.stop` says why it ended, if early. Raises KeyRefused when the key may not search.
    """

    def one_pass() -> Counter[Search]:
        return _one_pass(run_id, journal, search, asking, lambda lead: _questions(lead, emails, phones), on_done)

    counts = one_pass()
    pause = 0.0 if gap is None else _until_due(journal.unknowns(run_id), gap, asking.now())
    if pause <= 0.0 or asking.ended():
        return counts
    asking.stop.wait(pause)
    if asking.ended():
        return counts
    return Counter({Search.FOUND: counts[Search.FOUND]}) + one_pass()


def may_resend(row: JournalRow, gap_seconds: float) -> bool:
    """Whether searches missed the row twice since it was sent, at least `gap_seconds` apart. It is still no proof."""
    first, last, sent = (_time(one) for one in (row.misses.first, row.misses.last, row.submitted_at))
    if row.misses.count < MISSES_TO_RESEND or first is None or last is None or sent is None:
        return False
    return sent <= first and (last - first).total_seconds() >= gap_seconds


def proof(row: JournalRow, hits: Iterable[Found], claimed: Callable[[str], bool]) -> Found | Search:
    """The lead that proves the row's arrival, or why none does: MISSED, or DOUBTFUL.

    Of several, the one received first after the row was sent: any of them shows that the person arrived.
    """
    fitting: list[tuple[timedelta, Found]] = []
    doubtful = False
    for hit in hits:
        if hit.queue_id and hit.queue_id in (row.queue_id, *row.own_ids):
            return hit
        lateness = _lateness(row, hit)
        if any(ref and claimed(ref) for ref in (hit.queue_id, hit.lead_id)) or lateness < -SURELY_EARLIER:
            continue
        # Without its queueId nobody can say whether it is another row's lead; with another address than the row's it
        # may be somebody else of the same household.
        if hit.queue_id and lateness >= -CLOCKS_DIFFER and _same_address(row, hit):
            fitting.append((lateness, hit))
        else:
            doubtful = True
    if fitting:
        # Then the latest before it, and only then one whose time cannot be read.
        return min(fitting, key=lambda one: (one[0] == timedelta.max, one[0] < timedelta(), abs(one[0])))[1]
    return Search.DOUBTFUL if doubtful else Search.MISSED


def _same_address(row: JournalRow, hit: Found) -> bool:
    """Whether the two e-mail addresses are the same, as far as both are known."""
    own = row.lead.get(SHOWN_EMAIL, "")
    return not hit.email or not own or hit.email.casefold() == own.casefold()


def _lateness(row: JournalRow, hit: Found) -> timedelta:
    """How long after the row was first sent LeadByte received the lead; as late as can be when a time is unreadable.

    First, not last: of a row that was sent twice it may be the first sending that arrived.
    """
    sent, received = _time(row.first_sent or row.submitted_at), _time(hit.received)
    return timedelta.max if sent is None or received is None else received - sent


def _time(text: str) -> datetime | None:
    """A time that is written year first; one without a zone is taken for UTC. None when it cannot be read."""
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _until_due(rows: Iterable[JournalRow], gap: float, now: datetime) -> float:
    """Seconds until a second miss would let every missed row be sent again; 0 when there is none to wait for."""
    firsts = [_time(row.misses.first) for row in rows if row.misses.count and not may_resend(row, gap)]
    # A second more: the clock that is waited by is not the one that is written down.
    return max((gap + 1.0 - (now - first).total_seconds() for first in firsts if first is not None), default=0.0)


def _one_pass(
    run_id: str,
    journal: UnknownJournal,
    search: Searching,
    asking: Asking,
    questions: Callable[[Mapping[str, str]], list[tuple[str, str]]],
    on_done: Callable[[Search], None],
) -> Counter[Search]:
    """Every unknown row once, each answer durable before the next question."""
    counts = Counter[Search]()
    for row in journal.unknowns(run_id):
        found = _look_for(row, questions(row.lead), search, asking, journal.claimed)
        if isinstance(found, Found):
            journal.note_found(run_id, row.row, found)
            found = Search.FOUND
        elif found is Search.MISSED:
            journal.note_missed(run_id, row.row, asking.now().isoformat(timespec="milliseconds"))
        counts[found] += 1
        if found is not Search.NOT_ASKED:
            on_done(found)
    return counts


def _look_for(
    row: JournalRow,
    questions: list[tuple[str, str]],
    search: Searching,
    asking: Asking,
    claimed: Callable[[str], bool],
) -> Found | Search:
    """Ask one question after another until one proves the arrival; it is a miss only if every one of them missed."""
    came_to = Search.MISSED if questions else Search.UNSEARCHABLE
    for by, value in questions:
        hits = asking.ask(partial(search, by, value))
        found = Search.NOT_ASKED if hits is None else proof(row, hits, claimed)
        if isinstance(found, Found):
            return found
        came_to = found if came_to is Search.MISSED else came_to
    return came_to


def _questions(lead: Mapping[str, str], emails: Sequence[str], phones: Sequence[str]) -> list[tuple[str, str]]:
    """What to search by, and for: the address, then the number.

    A hit shows `email` and `phone1` alone, so only by these two can it be told to be the row's: found by the value of
    another field (a partner's address, a second phone) it would be somebody else's lead.
    """
    wanted = [("email", lead.get(name, "")) for name in emails if name == SHOWN_EMAIL]
    wanted += [("phone", lead.get(name, "")) for name in phones if name == SHOWN_PHONE]
    return [one for one in wanted if one[1]]
