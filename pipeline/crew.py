"""As many threads as it takes to hold the rate, and no more: nobody has to know how long LeadByte takes to answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

#: The most threads, and how long a look lasts, in seconds.
MOST: Final = 64
LOOK: Final = 0.1
#: The share of one processor above which more threads would only stand in each other's way.
BUSY: Final = 0.75


@dataclass(frozen=True, slots=True)
class Look:
    """What is seen of a crew: threads at work, those of them that wait for leave, and requests answered so far.

    `well`: the latest answers were good ones. `load`: the share of a processor that this process takes.
    """

    threads: int
    waiting: int
    answered: int
    well: bool
    load: float


def wanted(look: Look, answered_before: int, most: int = MOST) -> int:
    """How many threads to start: half as many again while none of them has to wait for leave.

    Only when answers have come since the last time, and good ones: a service that is silent or in trouble must not
    be sent more leads at once, since all that are under way may end up unknown.
    """
    short = look.waiting == 0 and look.answered > answered_before and look.well and look.load < BUSY
    return min(max(1, look.threads // 2), most - look.threads) if short else 0


def work_together(
    work: Callable[[], None],
    look: Callable[[int, float], Look],
    start: int,
    most: int = MOST,
    clock: Callable[[], float] = time.monotonic,
    cpu: Callable[[], float] = time.process_time,
    stop: Callable[[], object] = lambda: None,
) -> None:
    """Run `work` in `start` threads, and in more (at most `most`) where that helps; returns when all are done.

    `look` is asked what is seen, given the number of threads and the load. Whatever breaks, in a thread or here (a
    signal handler may raise), calls `stop`, which must make `work` end, and is raised once all threads are done: the
    caller may close what they use.
    """
    threads: list[threading.Thread] = []
    broken: list[BaseException] = []

    def guarded() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - carried to the caller's thread, raised there
            broken.append(error)
            stop()

    def more(number: int) -> None:
        for _ in range(number):
            # A daemon: a second Ctrl-C leaves at once, whatever the threads wait for.
            threads.append(threading.Thread(target=guarded, name=f"worker-{len(threads)}", daemon=True))
            threads[-1].start()

    def wait() -> None:
        answered, then, used = 0, clock(), cpu()
        while alive := _join_one(threads):
            now = clock()
            if now - then >= LOOK:
                seen = look(alive, (cpu() - used) / (now - then))
                then, used = now, cpu()
                if number := wanted(seen, answered, most):
                    answered = seen.answered
                    more(number)

    try:
        more(start)
        wait()
    except BaseException:
        stop()
        while _join_one(threads):
            pass
        raise
    if broken:
        raise broken[0]


def _join_one(threads: list[threading.Thread]) -> int:
    """Wait for one of those at work, for a short time: a Ctrl-C is handled between waits. How many were at work."""
    alive = [thread for thread in threads if thread.is_alive()]
    if alive:
        alive[0].join(LOOK)
    return len(alive)
