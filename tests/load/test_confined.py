"""Children that read untrusted files: whatever becomes of them, the user gets an answer and none is left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import pytest

from pipeline.errors import InputError
from pipeline.load.confined import Confined, Limits

CHILD = "tests.load.children"
LIMITS = Limits()


def child(*args: str, limits: Limits = LIMITS) -> Confined:
    return Confined(CHILD, args, "list.zip", limits=limits)


def refusal(*args: str, limits: Limits = LIMITS) -> InputError:
    with pytest.raises(InputError) as caught, child(*args, limits=limits) as running:
        running.read(1 << 20)
    assert caught.value.hint
    return caught.value


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def gone(pid: int) -> bool:
    """Whether the process ends within some seconds."""
    for _ in range(100):
        if not alive(pid):
            return True
        time.sleep(0.1)
    return False


def test_what_the_child_writes_is_read_to_its_end() -> None:
    with child("write", "3000000") as running:
        pieces = [running.read(1 << 20) for _ in range(4)]
    assert [len(piece) for piece in pieces] == [1 << 20, 1 << 20, 3_000_000 - (2 << 20), 0]


def test_a_refusal_by_the_child_arrives_as_it_was_raised() -> None:
    error = refusal("refuse")
    assert (error.message, error.hint) == ("list.zip is refused", "Do something else.")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not limit the address space")
def test_a_child_that_wants_more_memory_than_it_may_have_is_refused() -> None:
    message = refusal("hoard", limits=Limits(512 << 20)).message
    assert message == "list.zip needs more than 512 MB of memory to open: it is damaged, or too large to be read"


@pytest.mark.parametrize("what", ["spin", "sleep"])
def test_a_child_that_takes_too_long_is_refused(what: str) -> None:
    assert refusal(what, limits=Limits(seconds=0.5)).message == "list.zip takes more than 0.5 s to open"


@pytest.mark.parametrize("what", ["abort", "fail"])
def test_a_child_that_breaks_off_is_refused(what: str) -> None:
    assert "list.zip cannot be opened: the program that reads it broke off" in refusal(what).message


def test_the_time_that_the_parent_takes_is_not_the_childs() -> None:
    with child("write", "3000000", limits=Limits(seconds=1)) as running:
        running.read(1)
        time.sleep(1.5)
        assert len(running.read(3_000_000)) == 2_999_999


def test_the_child_knows_no_key_and_loads_nothing_big(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LEADBYTE_API_KEY", "ACME_API_KEY", "SMTP_PASSWORD"):
        monkeypatch.setenv(name, "secret")
    with child("facts") as running:
        facts = json.loads(running.read(1 << 20))
    assert "secret" not in facts["environment"].values()
    assert not {"pandas", "pyarrow", "numpy"} & set(facts["modules"])


def test_no_child_is_left_when_nobody_wants_it_any_more() -> None:
    running = child("sleep")
    pid = running._process.pid
    assert alive(pid)
    del running
    assert not alive(pid)


@pytest.mark.skipif(sys.platform == "win32", reason="processes are looked for the POSIX way")
def test_no_child_outlives_a_parent_that_is_killed() -> None:
    code = (
        "import os, sys, time; from pipeline.load.confined import Confined; "
        f"running = Confined({CHILD!r}, ['sleep'], 'x'); time.sleep(1); "
        "print(running._process.pid, flush=True); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=False)
    assert gone(int(done.stdout))
