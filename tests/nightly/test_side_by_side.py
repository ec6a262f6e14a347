"""Jobs side by side: of one account at its rate together, of one campaign never; and ended by a signal."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline.locks import opened_journal
from pipeline.nightly.checking import read_jobs
from pipeline.nightly.model import FileState
from pipeline.nightly.scene import Scene
from pipeline.sandbox import Sandbox
from pipeline.world import World
from tests.delivery import KEY, ROOT, email, people, wait_until
from tests.nightly.scene import Place, files

BUYERS = """\
campaign: BUYERS-LIVE
columns: {First name: First_Name, Surname: Last_Name, E-mail: Email, Supplier: SID}
ignore: [Car]
constants: {Phone_1: "07700900123", Postcode: "SW1A 1AA"}
"""


def real(place: Place) -> dict[str, Any]:
    """The real clock: what is measured is the sandbox's."""
    world = World()
    return {"now": world.now, "monotonic": world.monotonic, "sleep": world.sleep}


def test_jobs_side_by_side_keep_to_the_rate_of_their_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / ".state"))
    with Sandbox(key=KEY, rate_limit=20, duplicate_check=False) as sandbox:
        place = Place(tmp_path, sandbox)
        write_two(place)
        night = place.night(**real(place))
    assert [one.state for one in night.files] == [FileState.IMPORTED] * 2
    record = sandbox.record()
    assert len(record) == 36
    assert {one.http_status for one in record} == {200}, "nobody was told to slow down"
    first = [one.lead["campid"] for one in record[:12]]
    assert {"EXAMPLE-CAMPAIGN", "BUYERS-LIVE"} == set(first), "they went at the same time"


def write_two(place: Place) -> None:
    (place.folder / "buyers.yaml").write_text(BUYERS, encoding="utf-8")
    one = {"base_url": place.sandbox.base_url, "key": {"env": "ONE_KEY"}, "rate": "20/s"}
    place.write_jobs(
        {"name": "first"}, {"name": "second", "inbox": "inbox2", "mapping": "buyers.yaml"},
        parallel=2, accounts={"one": one}, defaults={"settle": "0s"},  # their files are as young as they look
    )  # fmt: skip
    place.put("a.csv", people(18))
    place.put("b.csv", [email(number + 50) for number in range(18)], inbox="inbox2")


def test_two_jobs_of_one_campaign_go_one_after_the_other(place: Place) -> None:
    place.write_jobs({"name": "first"}, {"name": "second", "inbox": "inbox2"}, parallel=4)
    place.put("a.csv", people(5))
    place.put("b.csv", [email(number + 50) for number in range(5)], inbox="inbox2")
    night = place.night()
    assert [job.problem for job in night.jobs] == ["", ""]
    assert night.exit_code == 0
    sent = place.sent()
    assert set(sent[:5]) == set(people(5))


def test_one_account_by_two_names_has_one_pacer(place: Place) -> None:
    one = {"base_url": place.sandbox.base_url, "key": {"env": "ONE_KEY"}, "rate": "8/s"}
    place.write_jobs(
        {}, {"name": "b", "account": "two", "inbox": "inbox2"}, accounts={"one": one, "two": one | {"rate": "4/s"}}
    )
    jobs = read_jobs(place.jobs_file)
    with opened_journal(place.output, place.clock.now()) as journal:
        scene = Scene(jobs, place.world(), journal, place.clock.now())
        lanes = [scene.world_of(job).pacer for job in jobs.jobs]
        first, second = (lane(6.0) for lane in lanes if lane)
    assert first._shared is second._shared  # type: ignore[attr-defined]
    assert (first.rate, second.rate) == (4.0, 4.0)


@pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")
@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow)])
def test_a_signal_ends_the_night_and_its_digest_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / ".state"))
    with Sandbox(key=KEY, duplicate_check=False) as sandbox:
        place = Place(tmp_path, sandbox)
        write_two(place)
        started = subprocess.Popen(
            [sys.executable, "-m", "pipeline", "nightly", str(place.jobs_file), "--json"],
            cwd="/", env=os.environ | {"ONE_KEY": KEY, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        with started:
            wait_until(
                lambda: len({one.lead["campid"] for one in sandbox.record()}) == 2 or started.poll() is not None
            )
            started.send_signal(number)
            out, err = started.communicate(timeout=60)
        assert started.returncode == 130, err
        told = json.loads(out)
        assert (told["interrupted"], told["exit_code"], told["needs_a_person"]) == (True, 130, False)
        assert [one["state"] for job in told["jobs"] for one in job["files"]] == ["stopped"] * 2
        assert "the night ends" in err
        night = place.night(**real(place))
    assert [files(night)[name].state for name in ("a.csv", "b.csv")] == [FileState.RESUMED] * 2
    assert sorted(place.sent()) == sorted([*people(18), *(email(one + 50) for one in range(18))])
