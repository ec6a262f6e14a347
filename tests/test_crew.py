from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest

from pipeline.crew import BUSY, Look, wanted, work_together

#: Everybody is at work, answers come in, and they are good ones.
SHORT = Look(threads=4, waiting=0, answered=9, well=True, load=0.1)


@pytest.mark.parametrize(("threads", "more"), [(1, 1), (2, 1), (4, 2), (10, 5), (60, 4), (63, 1), (64, 0)])
def test_half_as_many_again_are_wanted_up_to_the_most(threads: int, more: int) -> None:
    assert wanted(replace(SHORT, threads=threads), answered_before=0) == more


@pytest.mark.parametrize(
    "enough",
    [
        replace(SHORT, waiting=1),
        replace(SHORT, answered=3),  # none since the last time
        replace(SHORT, well=False),
        replace(SHORT, load=BUSY),
    ],
)
def test_none_is_wanted_when_it_would_not_help_or_the_service_is_in_trouble(enough: Look) -> None:
    assert wanted(enough, answered_before=3) == 0


class Service:
    """Answers after `latency` seconds; knows how many it served at once."""

    def __init__(self, latency: float, leads: int) -> None:
        self.latency, self.left = latency, leads
        self.answered = self.at_once = self.most_at_once = 0
        self.lock = threading.Lock()

    def work(self) -> None:
        while True:
            with self.lock:
                if not self.left:
                    return
                self.left -= 1
                self.at_once += 1
                self.most_at_once = max(self.most_at_once, self.at_once)
            time.sleep(self.latency)
            with self.lock:
                self.at_once -= 1
                self.answered += 1


def test_threads_are_added_while_all_are_at_work_and_all_the_work_is_done() -> None:
    service = Service(latency=0.05, leads=300)
    work_together(
        service.work, lambda threads, _load: Look(threads, 0, service.answered, True, 0.0), start=2, most=20
    )
    assert service.answered == 300
    assert 6 <= service.most_at_once <= 20


def test_a_silent_service_is_not_sent_more_at_once() -> None:
    service = Service(latency=0.6, leads=4)
    work_together(service.work, lambda threads, _load: Look(threads, 0, 0, True, 0.0), start=2)
    assert (service.answered, service.most_at_once) == (4, 2)


def test_the_load_is_the_share_of_a_processor() -> None:
    loads: list[float] = []
    clock, cpu = iter(range(1, 1000)), iter(range(0, 1000, 3))

    def look(threads: int, load: float) -> Look:
        loads.append(load)
        return Look(threads, 1, 0, True, load)

    work_together(lambda: time.sleep(0.25), look, 1, clock=lambda: float(next(clock)), cpu=lambda: float(next(cpu)))
    assert loads
    assert all(load > 2.0 for load in loads)


@pytest.mark.parametrize("place", ["a worker", "while waiting"])
def test_what_breaks_is_raised_once_all_have_finished_what_they_had(place: str) -> None:
    stopped, ended = threading.Event(), list[str]()

    def work() -> None:
        if place == "a worker" and threading.current_thread().name == "worker-0":
            raise OSError(place)
        stopped.wait(10)
        time.sleep(0.2)
        ended.append(threading.current_thread().name)

    def look(threads: int, load: float) -> Look:
        # As a signal handler does that cannot write to its terminal.
        if place == "while waiting":
            raise OSError(place)
        return Look(threads, 1, 0, True, load)

    with pytest.raises(OSError, match=place):
        work_together(work, look, 3, stop=stopped.set)
    assert len(ended) == (3 if place == "while waiting" else 2)
