from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import KeyRefused
from pipeline.model import Answer, Found, JournalRow, Lost, Misses, Outcome, QueueState
from pipeline.resolve import Search, may_resend, proof, resolve
from pipeline.sandbox import Sandbox
from pipeline.sandbox.keys import NO_SEARCH_KEY
from tests.delivery import KEY, _clean_environment, leadbyte  # noqa: F401 - an autouse fixture
from tests.looking_back import SENT, MemoryJournal, Time, accepted, asking, journal_row, unknown
from tests.sandbox.client import lead as a_lead

GAP = 900.0


def received(**after: float) -> str:
    """A time in LeadByte's form, so long after the rows were sent."""
    return f"{SENT + timedelta(**after):%Y-%m-%d %H:%M:%S}"


def hit(number: int = 1, when: str = "", by: str = "email", address: str = "") -> Found:
    return Found(str(1000 + number), f"q-{number}", when or received(seconds=1), by, address)


def nobodys(_ref: str) -> bool:
    return False


Said = list[Found] | Lost | Answer


@dataclass
class Shown:
    """Answers a search by a script: what was asked -> answers in turn, the last for ever; else there is no lead."""

    script: Mapping[str, Sequence[Said]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    watch: Callable[[str], None] = lambda _value: None

    def __call__(self, by: str, value: str, on_sent: Callable[[], None]) -> Said:
        self.asked.append((by, value))
        on_sent()
        self.watch(value)
        answers = self.script.get(value, [[]])
        return answers[min(self.asked.count((by, value)), len(answers)) - 1]


# ---------------------------------------------------------------------- what proves an arrival


def test_by_its_number_another_address_may_be_another_person_of_the_household() -> None:
    row = unknown(2, email="jane@example.com", phone="07700900001")
    assert proof(row, [hit(by="phone", address="joe@example.com")], nobodys) is Search.DOUBTFUL
    assert proof(row, [hit(by="phone", address="JANE@example.com")], nobodys) == hit(
        by="phone", address="JANE@example.com"
    )
    assert proof(row, [hit(by="phone")], nobodys) == hit(by="phone")
    nameless = unknown(2, phone="07700900001")
    assert proof(nameless, [hit(by="phone", address="joe@example.com")], nobodys) != Search.DOUBTFUL


def test_a_lead_received_after_the_row_was_sent_is_its_proof() -> None:
    assert proof(unknown(2), [hit()], nobodys) == hit()


def test_no_lead_is_a_miss() -> None:
    assert proof(unknown(2), [], nobodys) is Search.MISSED


@pytest.mark.parametrize("ref", ["q-1", "1001"])
def test_a_lead_that_another_row_has_is_none_of_this_row(ref: str) -> None:
    assert proof(unknown(2), [hit()], lambda one: one == ref) is Search.MISSED


def test_a_lead_with_the_rows_own_queue_id_is_its_proof_whenever_received() -> None:
    own = hit(2, received(hours=-20))
    assert proof(replace(unknown(2), queue_id="q-2"), [hit(1), own], lambda ref: ref == "q-2") == own


def test_clocks_may_differ_by_two_hours() -> None:
    early = hit(when=received(hours=-2))
    assert proof(unknown(2), [early], nobodys) == early


@pytest.mark.parametrize("hours", [-2.01, -13.9])
def test_a_lead_that_may_be_of_before_is_neither_proof_nor_miss(hours: float) -> None:
    assert proof(unknown(2), [hit(when=received(hours=hours))], nobodys) is Search.DOUBTFUL


def test_a_lead_of_a_day_before_is_another_whatever_the_zone() -> None:
    assert proof(unknown(2), [hit(when=received(hours=-14.1))], nobodys) is Search.MISSED


def test_a_zone_that_is_told_counts() -> None:
    told = hit(when="2026-01-01T22:04:06-05:00")  # one second after
    assert proof(unknown(2), [told, hit(2, received(hours=1))], nobodys) == told


@pytest.mark.parametrize("when", ["", "02/01/2026 03:04", "yesterday", "0001-01-01T00:00:00+14:00", "2026-13-01"])
def test_a_time_that_cannot_be_read_excludes_nothing(when: str) -> None:
    odd = replace(hit(), received=when)
    assert proof(unknown(2), [odd], nobodys) == odd


def test_a_lead_without_its_queue_id_may_be_anybodys() -> None:
    bare = replace(hit(), queue_id="")
    assert proof(unknown(2), [bare], nobodys) is Search.DOUBTFUL
    assert proof(unknown(2), [replace(bare, received=received(days=-3))], nobodys) is Search.MISSED


def test_of_several_leads_the_first_received_after_the_sending_is_taken() -> None:
    late, first, before = hit(1, received(hours=1)), hit(2, received(minutes=5)), hit(3, received(minutes=-1))
    unreadable = hit(4, "?")
    assert proof(unknown(2), [unreadable, late, before, first], nobodys) == first
    assert proof(unknown(2), [unreadable, before], nobodys) == before


def sent_twice(after: timedelta) -> JournalRow:
    """A row whose last sending came so long after its first."""
    last = (SENT + after).isoformat(timespec="milliseconds")
    return replace(unknown(2, "a@example.com"), first_sent=SENT.isoformat(timespec="milliseconds"), submitted_at=last)


def test_of_a_row_that_was_sent_twice_the_first_sending_may_be_what_arrived() -> None:
    row, first = sent_twice(timedelta(days=3)), hit(when=received(minutes=1))
    assert proof(row, [first], nobodys) == first
    assert proof(row, [hit(when=received(days=-2))], nobodys) is Search.MISSED


def test_a_lead_with_a_queue_id_that_the_row_had_before_is_its_proof() -> None:
    own = hit(2, received(hours=-20))
    row = replace(sent_twice(timedelta(days=3)), own_ids=("q-1", "q-2"))
    assert proof(row, [own], lambda ref: ref == "q-2") == own
    assert proof(row, [replace(own, queue_id="")], nobodys) is Search.MISSED


# ---------------------------------------------------------------------- rows


def test_a_hit_is_noted_and_a_miss_with_its_time() -> None:
    journal = MemoryJournal.of([unknown(2, "a@example.com"), unknown(3, "b@example.com")])
    time = Time()
    done: list[Search] = []
    counts = resolve("run", journal, Shown({"a@example.com": [[hit()]]}), asking(time), on_done=done.append)
    assert counts == {Search.FOUND: 1, Search.MISSED: 1}
    assert done == [Search.FOUND, Search.MISSED]
    found, missed = journal.rows[2], journal.rows[3]
    assert (found.outcome, found.queue_id, found.lead_id, found.found_by) == (
        Outcome.ACCEPTED,
        "q-1",
        "1001",
        "email",
    )
    assert missed.outcome is Outcome.UNKNOWN
    assert missed.misses.count == 1
    assert missed.misses.first == missed.misses.last == time.now().isoformat(timespec="milliseconds")


def test_a_row_is_searched_for_by_its_address_and_then_by_its_number() -> None:
    journal = MemoryJournal.of([unknown(2, "a@example.com", "07700900123")])
    search = Shown({"07700900123": [[hit(by="phone")]]})
    assert resolve("run", journal, search, asking(Time())) == {Search.FOUND: 1}
    assert search.asked == [("email", "a@example.com"), ("phone", "07700900123")]
    assert journal.rows[2].found_by == "phone"


def test_a_hit_by_the_address_is_enough() -> None:
    search = Shown({"a@example.com": [[hit()]]})
    resolve("run", MemoryJournal.of([unknown(2, "a@example.com", "07700900123")]), search, asking(Time()))
    assert search.asked == [("email", "a@example.com")]


def test_fields_that_a_hit_does_not_show_again_are_not_searched_by() -> None:
    row = journal_row(2, Outcome.UNKNOWN, data7="partner@example.com", email="x", phone1="1", phone2="2")
    search = Shown()
    resolve(
        "run",
        MemoryJournal.of([row]),
        search,
        asking(Time()),
        emails=("data7", "email"),
        phones=("phone1", "phone2"),
    )
    assert search.asked == [("email", "x"), ("phone", "1")]


def test_only_the_fields_that_are_named_are_searched_by() -> None:
    search = Shown()
    resolve("run", MemoryJournal.of([unknown(2, "x", "1")]), search, asking(Time()), emails=(), phones=("phone1",))
    assert search.asked == [("phone", "1")]


def test_a_row_without_address_or_number_cannot_be_searched_for() -> None:
    journal = MemoryJournal.of([unknown(2)])
    search = Shown()
    assert resolve("run", journal, search, asking(Time())) == {Search.UNSEARCHABLE: 1}
    assert (search.asked, journal.noted) == ([], [])


@pytest.mark.parametrize("lost", ["a@example.com", "07700900123"])
def test_it_is_no_miss_when_one_of_its_answers_was_lost(lost: str) -> None:
    journal = MemoryJournal.of([unknown(2, "a@example.com", "07700900123")])
    assert resolve("run", journal, Shown({lost: [Lost("reset")]}), asking(Time())) == {Search.NOT_ASKED: 1}
    assert journal.noted == []


def test_a_lost_answer_does_not_hide_a_hit_by_the_other() -> None:
    journal = MemoryJournal.of([unknown(2, "a@example.com", "07700900123")])
    search = Shown({"a@example.com": [Lost("reset")], "07700900123": [[hit(by="phone")]]})
    assert resolve("run", journal, search, asking(Time())) == {Search.FOUND: 1}


@pytest.mark.parametrize("doubtful", ["a@example.com", "07700900123"])
def test_it_is_no_miss_when_a_hit_is_doubtful(doubtful: str) -> None:
    journal = MemoryJournal.of([unknown(2, "a@example.com", "07700900123")])
    search = Shown({doubtful: [[hit(when=received(hours=-5))]]})
    assert resolve("run", journal, search, asking(Time())) == {Search.DOUBTFUL: 1}
    assert journal.noted == []


def test_two_rows_of_one_number_do_not_share_a_lead() -> None:
    journal = MemoryJournal.of([unknown(2, phone="07700900123"), unknown(3, phone="07700900123")])
    search = Shown({"07700900123": [[hit(1)]]})
    assert resolve("run", journal, search, asking(Time())) == {Search.FOUND: 1, Search.MISSED: 1}


def test_the_lead_of_an_accepted_row_is_left_to_it() -> None:
    other = replace(
        accepted(1, 9)[0], queue_id="q-other", queue=QueueState("Processed", lead_id="1001", processed_at="t")
    )
    journal = MemoryJournal.of([unknown(2, "a@example.com"), other])
    assert resolve("run", journal, Shown({"a@example.com": [[hit(1)]]}), asking(Time())) == {Search.MISSED: 1}


_people = st.sampled_from(["a@example.com", "b@example.com", "c@example.com"])
_numbers = st.sampled_from(["", "07700900123", "07700900124"])
_hits = st.builds(
    Found,
    lead_id=st.sampled_from(["", "1001", "1002", "1003", "1004"]),
    queue_id=st.sampled_from(["", "q-1", "q-2", "q-3", "q-4"]),
    received=st.sampled_from([received(seconds=1), received(hours=-5), received(days=-9), received(days=2), ""]),
    by=st.just("email"),
)
_answers = st.one_of(st.lists(_hits, max_size=4), st.just(Lost("reset")), st.just(Answer(429, b"")))


@given(
    st.lists(st.tuples(_people, _numbers, st.booleans()), max_size=8),
    st.dictionaries(st.one_of(_people, _numbers), st.lists(_answers, min_size=1, max_size=3)),
    st.sampled_from([None, GAP]),
)
def test_no_lead_is_ever_the_proof_of_two_rows(
    people: list[tuple[str, str, bool]], script: dict[str, list[Said]], gap: float | None
) -> None:
    rows = [
        unknown(row, email, phone)
        if lost
        else journal_row(row, Outcome.ACCEPTED, f"q-{row}", email=email, phone1=phone)
        for row, (email, phone, lost) in enumerate(people, 2)
    ]
    journal = MemoryJournal.of(rows)
    counts = resolve("run", journal, Shown(script), asking(Time()), gap=gap)
    claims = Counter(ref for row in journal.rows.values() for ref in journal.claims(row))
    assert max(claims.values(), default=1) == 1
    now = Counter(row.outcome for row in journal.rows.values())
    assert counts.total() == sum(lost for _, _, lost in people)
    assert counts.total() - counts[Search.FOUND] == now[Outcome.UNKNOWN]
    assert all(row.queue_id for row in journal.rows.values() if row.outcome is Outcome.ACCEPTED)


# ---------------------------------------------------------------------- told to wait, lost, refused, stopped


def test_told_to_wait_waits_and_asks_again() -> None:
    time = Time()
    search = Shown({"a@example.com": [Answer(429, b"", "7"), [hit()]]})
    assert resolve("run", MemoryJournal.of([unknown(2, "a@example.com")]), search, asking(time)) == {Search.FOUND: 1}
    assert time.seconds >= 7


def many(count: int) -> MemoryJournal:
    return MemoryJournal.of([unknown(row, f"person{row}@example.com") for row in range(2, 2 + count)])


def test_a_series_of_lost_answers_ends_with_a_reason() -> None:
    time = Time()
    search = Shown({f"person{row}@example.com": [Lost("no answer in time")] for row in range(2, 90)})
    assert resolve("run", many(50), search, asking(time, losses=10), gap=GAP) == {Search.NOT_ASKED: 50}
    assert len(search.asked) == 10
    assert "no answer in time" in time.reason


def test_a_stop_ends_it_and_the_rest_is_searched_for_the_next_time() -> None:
    time, journal = Time(), many(5)
    search = Shown(watch=lambda value: time.set("interrupted") if value == "person4@example.com" else None)
    counts = resolve("run", journal, search, asking(time), gap=GAP)
    assert counts == {Search.MISSED: 3, Search.NOT_ASKED: 2}
    assert [row.misses.count for row in journal.rows.values()] == [1, 1, 1, 0, 0]


def test_a_refused_key_is_raised_and_changes_nothing() -> None:
    def refuse(_value: str) -> None:
        raise KeyRefused("the key may not", "grant it")

    journal = many(3)
    with pytest.raises(KeyRefused):
        resolve("run", journal, Shown(watch=refuse), asking(Time()))
    assert journal.noted == []


# ---------------------------------------------------------------------- sending again


def missed(count: int, first: timedelta, last: timedelta) -> JournalRow:
    when = [(SENT + after).isoformat(timespec="milliseconds") for after in (first, last)]
    return replace(unknown(2, "a@example.com"), misses=Misses(count, *when))


@pytest.mark.parametrize(
    ("row", "may"),
    [
        (missed(2, timedelta(seconds=1), timedelta(seconds=901)), True),
        (missed(5, timedelta(seconds=0), timedelta(days=2)), True),
        (missed(2, timedelta(seconds=1), timedelta(seconds=900.9)), False),
        (missed(1, timedelta(seconds=1), timedelta(days=1)), False),
        (missed(2, timedelta(seconds=-1), timedelta(days=1)), False),
        (replace(missed(2, timedelta(seconds=1), timedelta(days=1)), submitted_at=""), False),
        # Only what was missed since the last sending counts.
        (
            replace(
                missed(2, timedelta(hours=1), timedelta(days=1)),
                first_sent=sent_twice(timedelta(hours=2)).first_sent,
                submitted_at=sent_twice(timedelta(hours=2)).submitted_at,
            ),
            False,
        ),
        (replace(unknown(2), misses=Misses(2, "", "")), False),
        (unknown(2), False),
    ],
)
def test_only_two_misses_since_the_sending_and_far_enough_apart_allow_to_send_again(
    row: JournalRow, may: bool
) -> None:
    assert may_resend(row, GAP) is may


def test_with_a_gap_missed_rows_are_searched_for_once_more_after_it() -> None:
    time, journal = Time(), many(3)
    search = Shown({"person2@example.com": [[hit(1)]], "person3@example.com": [[], [hit(2)]]})
    counts = resolve("run", journal, search, asking(time), gap=GAP)
    assert counts == {Search.FOUND: 2, Search.MISSED: 1}
    assert [may_resend(row, GAP) for row in journal.unknowns("run")] == [True]
    assert GAP <= time.seconds < GAP + 5


def test_rows_missed_just_long_enough_ago_need_no_second_search_now() -> None:
    time = Time()
    time.seconds = (SENT + timedelta(seconds=1 + GAP) - time.now()).total_seconds()
    journal = MemoryJournal.of([missed(1, timedelta(seconds=1), timedelta(seconds=1))])
    search = Shown()
    assert resolve("run", journal, search, asking(time), gap=GAP) == {Search.MISSED: 1}
    assert len(search.asked) == 1
    assert may_resend(journal.rows[2], GAP)


def test_a_stop_ends_the_wait_for_the_second_search() -> None:
    class Stopped(Time):
        def wait(self, seconds: float) -> None:
            self.waits.append(seconds)
            self.set("interrupted")

    time, journal = Stopped(), many(2)
    search = Shown()
    assert resolve("run", journal, search, asking(time), gap=GAP) == {Search.MISSED: 2}
    assert len(search.asked) == 2
    assert len(time.waits) == 1


# ---------------------------------------------------------------------- against the sandbox


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(key=KEY) as running:
        yield running


def lost_answers(sandbox: Sandbox, tags: list[str]) -> MemoryJournal:
    """A journal of leads whose answers were lost, sent with these faults."""
    service, rows = leadbyte(sandbox.base_url), []
    for row, tag in enumerate(tags, 2):
        lead = a_lead(email=f"person{row}+{tag}@example.com")
        campaign = lead.pop("campid")
        service.post(campaign, lead, lambda: None)
        rows.append(replace(unknown(row), lead=lead, submitted_at=""))
    return MemoryJournal.of(rows)


def test_leads_that_the_sandbox_took_are_found_and_the_others_missed(sandbox: Sandbox) -> None:
    journal = lost_answers(sandbox, ["reset-accepted", "reset-after", "http504", "empty", "http500", "badjson"])
    search = partial(leadbyte(sandbox.base_url).search, "9")
    counts = resolve("run", journal, search, asking(Time()))
    assert counts == {Search.FOUND: 4, Search.MISSED: 2}
    arrived = {one.lead["email"]: one.queue_id for one in sandbox.record() if one.accepted}
    for row in journal.rows.values():
        assert row.queue_id == arrived.get(row.lead["email"], "")
        assert (row.outcome is Outcome.ACCEPTED) is (row.lead["email"] in arrived)


def test_a_quarantined_lead_arrived_and_is_missed_all_the_same(sandbox: Sandbox) -> None:
    journal = lost_answers(sandbox, ["quarantine"])
    assert sandbox.record()[0].accepted
    counts = resolve("run", journal, partial(leadbyte(sandbox.base_url).search, "9"), asking(Time()))
    assert counts == {Search.MISSED: 1}


def test_a_person_of_another_campaign_is_missed(sandbox: Sandbox) -> None:
    journal = lost_answers(sandbox, ["reset-accepted"])
    counts = resolve("run", journal, partial(leadbyte(sandbox.base_url).search, "12"), asking(Time()))
    assert counts == {Search.MISSED: 1}


def test_the_sandboxs_429s_cost_time_and_nothing_else(sandbox: Sandbox) -> None:
    journal = lost_answers(sandbox, ["reset-accepted", "reset-after"])
    sandbox.fault_next_question("http429always", 3)
    time = Time()
    counts = resolve("run", journal, partial(leadbyte(sandbox.base_url).search, "9"), asking(time))
    assert counts == {Search.FOUND: 1, Search.MISSED: 1}
    assert time.seconds >= 3


@pytest.mark.parametrize("tag", ["html", "nonobject", "http500", "truncated", "reset-after"])
def test_a_faulty_answer_of_the_search_is_no_miss(sandbox: Sandbox, tag: str) -> None:
    journal = lost_answers(sandbox, ["reset-after"])
    sandbox.fault_next_question(tag)
    counts = resolve("run", journal, partial(leadbyte(sandbox.base_url).search, "9"), asking(Time()))
    assert counts == {Search.NOT_ASKED: 1}
    assert journal.noted == []


def test_a_key_without_the_permission_is_refused(sandbox: Sandbox) -> None:
    journal = lost_answers(sandbox, ["reset-accepted"])
    with pytest.raises(KeyRefused) as refused:
        resolve("run", journal, partial(leadbyte(sandbox.base_url, NO_SEARCH_KEY).search, "9"), asking(Time()))
    assert "Leads > Search" in refused.value.hint
    assert journal.noted == []


def test_a_sandbox_that_dies_midway_ends_it_with_a_reason_and_all_that_was_found(sandbox: Sandbox) -> None:
    journal = lost_answers(sandbox, ["reset-accepted"] * 20)
    time, done = Time(), threading.Event()

    def die(_found: Search) -> None:
        if not done.is_set():
            done.set()
            sandbox.stop()

    counts = resolve(
        "run", journal, partial(leadbyte(sandbox.base_url).search, "9"), asking(time), gap=GAP, on_done=die
    )
    assert counts == {Search.FOUND: 1, Search.NOT_ASKED: 19}
    assert "10 answers in a row were lost" in time.reason
