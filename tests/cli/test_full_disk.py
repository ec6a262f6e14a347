"""The disk fills up while leads are sent: the kernel lets no file grow any further from one moment on."""

from __future__ import annotations

import csv
import subprocess
import sys
import time
from collections import Counter

import pytest

from tests.cli.user import COMMAND, PATIENCE, User, a_list

resource = pytest.importorskip("resource", reason="limits as POSIX has them")


@pytest.mark.skipif(sys.platform != "linux", reason="prlimit is Linux's")
def test_nothing_goes_out_unnoted_on_a_full_disk_and_what_could_not_be_noted_is_named(user: User) -> None:
    user.write("list.csv", a_list(*[""] * 300))
    process = subprocess.Popen(
        [str(COMMAND), "run", "list.csv", "--mapping", "map.yaml", "--rate", "200/s"],
        cwd=user.folder,
        env=user.environment({}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    try:
        while len(user.sandbox.record()) < 10:
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
        wal = (user.folder / "output/journal.sqlite3-wal").stat().st_size
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (wal + 50_000, wal + 50_000))
        _out, err = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    assert process.returncode == 3, err
    assert "Traceback" not in err
    assert "journal.sqlite3 cannot be written" in err
    assert "make room on its disk" in err
    run = next(user.folder.glob("output/2*Z-*")).name
    assert f"leadbyte-import resume {run}" in err
    sent = {one.lead["email"]: one for one in user.sandbox.record()}
    assert 10 <= len(sent) < 300
    ended = user.run("resume", run)
    assert ended.code in (0, 4), ended
    with (user.folder / "output" / run / "results.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    outcomes = Counter(row["outcome"] for row in rows)
    assert outcomes["accepted"] + outcomes["unknown"] == 300
    arrived = Counter(one.lead["email"] for one in user.sandbox.record())
    assert set(arrived.values()) == {1}
    # An answer that the journal lacks was told, and its row is unknown.
    for row in rows:
        if row["outcome"] == "unknown" and row["Email"] in sent:
            assert sent[row["Email"]].queue_id in err
