from __future__ import annotations

import threading
import time as real_time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.asking import Asking
from pipeline.errors import KeyRefused
from pipeline.model import Answer, Lost, QueueState
from pipeline.pacing import Pacer
from pipeline.reconcile import Fate, fate, reconcile
from pipeline.sandbox import Sandbox
from pipeline.sandbox.keys import NO_SEARCH_KEY
from pipeline.stopping import Stop
from tests.delivery import KEY, _clean_environment, leadbyte  # noqa: F401 - an autouse fixture
from tests.looking_back import MemoryJournal, Time, accepted, asking
from tests.sandbox.client import lead as a_lead

SOLD = QueueState("Processed", 1, "Accepted", "77", "", "2026-01-02 03:04:05")
REFUSED = replace(SOLD, code=-1, lead_id="", rejection_id="12")
PENDING = QueueState("Pending")
NOT_FOUND = QueueState("Not Found")
Said = QueueState | Lost | Answer


@dataclass
class Queue:
    """Answers by a script: queueId -> answers in turn, the last of them for ever; else the lead is sold."""

    script: Mapping[str, Sequence[Said]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    watch: Callable[[str], None] = lambda _queue_id: None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, queue_id: str, on_sent: Callable[[], None]) -> Said:
        with self.lock:
            self.asked.append(queue_id)
            times = self.asked.count(queue_id)
        on_sent()
        self.watch(queue_id)
        answers = self.script.get(queue_id, [SOLD])
        return answers[min(times, len(answers)) - 1]


# ---------------------------------------------------------------------- what a state means


@pytest.mark.parametrize(
    ("state", "means"),
    [
        (None, Fate.NOT_ASKED),
        (PENDING, Fate.PENDING),
        (replace(PENDING, lead_id="77"), Fate.PENDING),
        (NOT_FOUND, Fate.NOT_FOUND),
        (SOLD, Fate.SOLD),
        (replace(SOLD, code=None), Fate.SOLD),
        (REFUSED, Fate.REFUSED),
        (replace(REFUSED, code=None), Fate.REFUSED),
        (replace(REFUSED, rejection_id=""), Fate.REFUSED),
        (QueueState("Processed"), Fate.UNCLEAR),
        (replace(SOLD, rejection_id="12"), Fate.UNCLEAR),
        (replace(SOLD, code=-5), Fate.UNCLEAR),
        (replace(SOLD, lead_id=""), Fate.UNCLEAR),
    ],
)
def test_only_a_lead_without_any_sign_of_refusal_is_sold(state: QueueState | None, means: Fate) -> None:
    assert fate(state) is means


# ---------------------------------------------------------------------- one pass


def test_every_open_row_is_asked_for_once_and_noted() -> None:
    journal = MemoryJournal.of(accepted(4))
    queue = Queue({"q-3": [REFUSED], "q-4": [PENDING], "q-5": [NOT_FOUND]})
    done: list[Fate] = []
    counts = reconcile("run", journal, queue, asking(Time()), on_done=done.append)
    assert counts == {Fate.SOLD: 1, Fate.REFUSED: 1, Fate.PENDING: 1, Fate.NOT_FOUND: 1}
    assert queue.asked == ["q-2", "q-3", "q-4", "q-5"]
    assert [journal.rows[row].queue for row in (2, 3, 4, 5)] == [SOLD, REFUSED, PENDING, NOT_FOUND]
    assert done == [Fate.SOLD, Fate.REFUSED, Fate.PENDING, Fate.NOT_FOUND]


def test_the_next_time_only_open_rows_are_asked_for() -> None:
    journal = MemoryJournal.of(accepted(3))
    reconcile("run", journal, Queue({"q-3": [PENDING], "q-4": [NOT_FOUND]}), asking(Time()))
    again = Queue()
    assert reconcile("run", journal, again, asking(Time())) == {Fate.SOLD: 2}
    assert again.asked == ["q-3", "q-4"]


def test_an_answer_is_noted_before_the_next_question() -> None:
    journal = MemoryJournal.of(accepted(5))
    noted: list[int] = []
    reconcile("run", journal, Queue(watch=lambda _: noted.append(len(journal.noted))), asking(Time()))
    assert noted == [0, 1, 2, 3, 4]


def test_a_lost_answer_leaves_the_row_as_it_was() -> None:
    known, unasked = accepted(2)
    journal = MemoryJournal.of([replace(known, queue=PENDING), unasked])
    queue = Queue({"q-2": [Lost("reset")], "q-3": [Lost("reset")]})
    time = Time()
    assert reconcile("run", journal, queue, asking(time)) == {Fate.PENDING: 1, Fate.NOT_ASKED: 1}
    assert journal.noted == []
    assert not time.is_set()


def test_several_threads_ask_for_each_row_once() -> None:
    journal = MemoryJournal.of(accepted(300))
    queue = Queue()
    assert reconcile("run", journal, queue, asking(Time()), workers=8) == {Fate.SOLD: 300}
    assert sorted(journal.noted) == list(range(2, 302))
    assert len(queue.asked) == 300


def test_questions_are_paced() -> None:
    time = Time()
    reconcile("run", MemoryJournal.of(accepted(30)), Queue(), asking(time, rate=10.0))
    assert time.seconds >= 2.9


# ---------------------------------------------------------------------- told to wait, lost, refused


def test_told_to_wait_slows_down_what_is_asked_after_it() -> None:
    def seconds(script: dict[str, list[Said]]) -> float:
        time = Time()
        reconcile("run", MemoryJournal.of(accepted(60)), Queue(script), asking(time, rate=10.0))
        return time.seconds

    assert seconds({"q-2": [Answer(429, b"", "0"), SOLD]}) > seconds({}) + 1.0


def test_told_to_wait_holds_everybody_and_asks_again() -> None:
    time = Time()
    journal = MemoryJournal.of(accepted(1))
    queue = Queue({"q-2": [Answer(429, b"", "7"), Answer(503, b""), SOLD]})
    assert reconcile("run", journal, queue, asking(time)) == {Fate.SOLD: 1}
    assert time.seconds >= 7
    assert time.waits == [0.5, 1.0]


def test_told_to_wait_for_ever_ends_with_a_reason() -> None:
    time = Time()
    queue = Queue({"q-2": [Answer(429, b"")]})
    counts = reconcile("run", MemoryJournal.of(accepted(3)), queue, asking(time, attempts=4))
    assert counts == {Fate.NOT_ASKED: 3}
    assert queue.asked == ["q-2"] * 4
    assert "4 times LeadByte told us to wait (HTTP 429)" in time.reason


def test_a_series_of_lost_answers_ends_with_a_reason() -> None:
    time = Time()
    queue = Queue({f"q-{row}": [Lost("the connection failed")] for row in range(3, 100)})
    counts = reconcile("run", MemoryJournal.of(accepted(50)), queue, asking(time, losses=10))
    assert counts == {Fate.SOLD: 1, Fate.NOT_ASKED: 49}
    assert len(queue.asked) == 11
    assert time.reason == "10 answers in a row were lost; the last: the connection failed"


def test_an_answer_in_between_ends_the_series() -> None:
    time = Time()
    queue = Queue({f"q-{row}": [Lost("reset")] for row in range(2, 60) if row % 5})
    reconcile("run", MemoryJournal.of(accepted(50)), queue, asking(time, losses=5))
    assert not time.is_set()
    assert len(queue.asked) == 50


@pytest.mark.parametrize("workers", [1, 4])
def test_a_refused_key_is_raised_and_what_was_known_stays(workers: int) -> None:
    def refuse(queue_id: str) -> None:
        if queue_id == "q-4":
            raise KeyRefused("the key may not", "grant it")

    journal = MemoryJournal.of(accepted(100))
    queue = Queue(watch=refuse)
    with pytest.raises(KeyRefused):
        reconcile("run", journal, queue, asking(Time()), workers=workers)
    assert {2, 3} <= set(journal.noted) or workers > 1
    assert 4 not in journal.noted
    assert len(queue.asked) < 100


# ---------------------------------------------------------------------- stopping


def test_a_stop_ends_it_and_the_rest_is_asked_for_the_next_time() -> None:
    time = Time()
    journal = MemoryJournal.of(accepted(10))
    queue = Queue(watch=lambda queue_id: time.set("interrupted") if queue_id == "q-5" else None)
    assert reconcile("run", journal, queue, asking(time), wait=600.0) == {Fate.SOLD: 4, Fate.NOT_ASKED: 6}
    assert journal.noted == [2, 3, 4, 5]
    again = Queue()
    assert reconcile("run", journal, again, asking(Time())) == {Fate.SOLD: 6}
    assert again.asked == [f"q-{row}" for row in range(6, 12)]


def test_a_stop_ends_the_wait_between_two_passes() -> None:
    stop = Stop()
    patient = Asking(Pacer(1000.0, real_time.monotonic, real_time.sleep), stop, Time().now, lambda _text, _now: None)
    queue = Queue({"q-2": [PENDING]})
    threading.Timer(0.3, stop.set, ["interrupted"]).start()
    began = real_time.monotonic()
    assert reconcile("run", MemoryJournal.of(accepted(1)), queue, patient, wait=600.0) == {Fate.PENDING: 1}
    assert real_time.monotonic() - began < 4.0


# ---------------------------------------------------------------------- waiting


def test_with_a_wait_open_rows_are_asked_for_with_growing_pauses_until_none_is() -> None:
    time = Time()
    queue = Queue({"q-3": [PENDING] * 6 + [SOLD], "q-4": [NOT_FOUND, REFUSED]})
    journal = MemoryJournal.of(accepted(3))
    counts = reconcile("run", journal, queue, asking(time), wait=1800.0, clock=time.clock)
    assert counts == {Fate.SOLD: 2, Fate.REFUSED: 1}
    assert time.waits == [5.0, 10.0, 20.0, 40.0, 60.0, 60.0]
    assert Counter(queue.asked) == {"q-2": 1, "q-3": 7, "q-4": 2}


def test_the_wait_ends_when_its_time_is_over() -> None:
    time = Time()
    queue = Queue({"q-2": [PENDING]})
    journal = MemoryJournal.of(accepted(2))
    counts = reconcile("run", journal, queue, asking(time), wait=100.0, clock=time.clock)
    assert counts == {Fate.SOLD: 1, Fate.PENDING: 1}
    assert 100.0 <= time.seconds < 101.0
    assert not time.is_set(), "an end in time is no reason to stop"


def test_a_wait_ends_within_a_pass_that_is_longer() -> None:
    time = Time()
    queue = Queue()
    counts = reconcile(
        "run", MemoryJournal.of(accepted(100)), queue, asking(time, rate=1.0), wait=10.0, clock=time.clock
    )
    assert counts[Fate.SOLD] == len(queue.asked) == pytest.approx(10, abs=1)
    assert counts[Fate.NOT_ASKED] == 100 - counts[Fate.SOLD]


def test_without_a_wait_there_is_one_pass() -> None:
    time = Time()
    queue = Queue({"q-2": [PENDING]})
    reconcile("run", MemoryJournal.of(accepted(1)), queue, asking(time), clock=time.clock)
    assert (queue.asked, time.waits) == (["q-2"], [])


@given(
    st.lists(
        st.lists(
            st.sampled_from(
                [SOLD, REFUSED, PENDING, NOT_FOUND, QueueState("Processed"), Lost("x"), Answer(429, b"")]
            ),
            min_size=1,
            max_size=5,
        ),
        max_size=12,
    ),
    st.sampled_from([None, 20.0, 2000.0]),
    st.integers(1, 3),
)
def test_the_fates_add_up_and_are_what_the_journal_has(
    scripts: list[list[Said]], wait: float | None, workers: int
) -> None:
    time = Time()
    rows = accepted(len(scripts))
    journal = MemoryJournal.of(rows)
    queue = Queue({row.queue_id: script for row, script in zip(rows, scripts, strict=True)})
    counts = reconcile("run", journal, queue, asking(time), wait=wait, clock=time.clock, workers=workers)
    assert counts == Counter(fate(row.queue) for row in journal.rows.values())


# ---------------------------------------------------------------------- against the sandbox


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(key=KEY) as running:
        yield running


def sent(sandbox: Sandbox, tags: list[str]) -> MemoryJournal:
    """A journal of leads that the sandbox has taken."""
    service = leadbyte(sandbox.base_url)
    for number, tag in enumerate(tags):
        lead = a_lead(email=f"person{number}+{tag}@example.com")
        service.post(lead.pop("campid"), lead, lambda: None)
    rows = accepted(len(tags))
    ids = [one.queue_id for one in sandbox.record()]
    return MemoryJournal.of([replace(row, queue_id=queue_id) for row, queue_id in zip(rows, ids, strict=True)])


def test_the_sandboxs_leads_come_to_what_it_did_with_them(sandbox: Sandbox) -> None:
    journal = sent(sandbox, ["", "rejected-later", "quarantine", "buyer-rejected", ""])
    journal.rows[7] = accepted(1, 7)[0]  # a queueId that the sandbox never gave
    queue = leadbyte(sandbox.base_url).queue
    first = reconcile("run", journal, queue, asking(Time()), workers=3)
    assert first == {Fate.PENDING: 5, Fate.NOT_FOUND: 1}
    counts = reconcile("run", journal, queue, asking(Time()), workers=3)
    assert counts == {Fate.SOLD: 2, Fate.REFUSED: 2, Fate.PENDING: 1, Fate.NOT_FOUND: 1}
    assert [fate(row.queue) for row in journal.rows.values()] == [
        Fate.SOLD,
        Fate.REFUSED,
        Fate.PENDING,
        Fate.REFUSED,
        Fate.SOLD,
        Fate.NOT_FOUND,
    ]


def test_the_sandboxs_429s_cost_time_and_nothing_else(sandbox: Sandbox) -> None:
    journal = sent(sandbox, [""] * 5)
    sandbox.fault_next_question("http429always", 3)
    time = Time()
    reconcile("run", journal, leadbyte(sandbox.base_url).queue, asking(time))
    assert [row.queue for row in journal.rows.values()] == [PENDING] * 5
    assert time.seconds >= 3


def test_faults_of_one_answer_are_made_good_by_the_next_pass(sandbox: Sandbox) -> None:
    journal = sent(sandbox, [""] * 4)
    for tag in ("html", "empty", "reset-after", "http500"):
        sandbox.fault_next_question(tag)
    time = Time()
    counts = reconcile("run", journal, leadbyte(sandbox.base_url).queue, asking(time), wait=600.0, clock=time.clock)
    assert counts == {Fate.SOLD: 4}


def test_a_key_without_the_permission_is_refused_at_the_first_question(sandbox: Sandbox) -> None:
    journal = sent(sandbox, [""] * 3)
    with pytest.raises(KeyRefused) as refused:
        reconcile("run", journal, leadbyte(sandbox.base_url, NO_SEARCH_KEY).queue, asking(Time()))
    assert '"API queue"' in refused.value.hint
    assert journal.noted == []


def test_a_sandbox_that_dies_midway_ends_it_with_a_reason_and_all_that_was_said(sandbox: Sandbox) -> None:
    journal = sent(sandbox, [""] * 30)
    service, time = leadbyte(sandbox.base_url), Time()
    done: list[Fate] = []

    def die(found: Fate) -> None:
        done.append(found)
        if len(done) == 5:
            sandbox.stop()

    counts = reconcile("run", journal, service.queue, asking(time), on_done=die)
    assert counts == {Fate.PENDING: 5, Fate.NOT_ASKED: 25}
    assert journal.noted == [2, 3, 4, 5, 6]
    assert "10 answers in a row were lost" in time.reason
    assert KEY not in time.reason
