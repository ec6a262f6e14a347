"""The examples of scheduling are what a scheduler takes, and start a command that there is."""

from __future__ import annotations

import configparser
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Final

import pytest

from pipeline.cli import root
from pipeline.sandbox import Sandbox

TOP = Path(__file__).parents[1]
EXAMPLES = TOP / "examples"
SERVICE, TIMER = (EXAMPLES / "systemd" / f"leadbyte-nightly.{kind}" for kind in ("service", "timer"))
PROGRAM, JOBS = "/opt/leadbyte-import/bin/leadbyte-import", "/srv/leadbyte/jobs.yaml"
#: In CI a missing systemd is a failure, no reason to skip its tests.
REQUIRED: Final = os.environ.get("LEADBYTE_SYSTEMD_REQUIRED") == "1"


def lines_of(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="ascii").splitlines() if line and not line.startswith("#")]


def parsed(words: list[str]) -> dict[str, Any]:
    """The words of a command line behind the program's name, as our command line takes them."""
    name, *rest = words
    return dict(root.commands[name].make_context(name, rest).params)


def unit(path: Path) -> configparser.ConfigParser:
    """A unit file; of a setting that stands twice, the last."""
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]  # the documented way to keep capitals
    parser.read_string(path.read_text(encoding="ascii"))
    return parser


@pytest.mark.parametrize("scheduler", ["cron", "systemd"])
def test_what_is_scheduled_is_a_command_that_there_is(scheduler: str) -> None:
    found = {
        "cron": lambda: lines_of(EXAMPLES / "cron" / "leadbyte-import")[-1].split(maxsplit=6)[-1],
        "systemd": lambda: unit(SERVICE)["Service"]["ExecStart"],
    }
    words = shlex.split(found[scheduler]())
    assert words[0] == PROGRAM
    options = parsed(words[1:])

    assert str(options["jobs_file"]) == JOBS
    assert options["quiet"]


def test_cron_takes_its_file() -> None:
    path = EXAMPLES / "cron" / "leadbyte-import"
    assert path.read_bytes().endswith(b"\n"), "cron leaves out a last line that does not end"
    assert "." not in path.name, "cron reads no file in cron.d with a dot in its name"
    line = lines_of(path)[-1]
    assert re.match(r"\d+ \d+ \* \* \* leadbyte /", line)
    assert "%" not in line, "cron takes it for the end of the line"


def test_no_example_holds_a_secret_or_starts_more_than_one_at_a_time() -> None:
    for path in (one for one in EXAMPLES.rglob("*") if one.is_file() and one.name != "jobs.yaml"):
        text = path.read_text(encoding="ascii")
        assert not re.search(r"(KEY|PASSWORD|SECRET)\s*=", text), path
        assert not re.search(r"^[^#]*\bflock\b", text, re.MULTILINE), path


# ---------------------------------------------------------------------- systemd


@pytest.fixture(scope="module")
def analyze() -> Callable[..., subprocess.CompletedProcess[str]]:
    program = shutil.which("systemd-analyze")
    if program is None:
        if REQUIRED:
            pytest.fail("there is no systemd-analyze, and LEADBYTE_SYSTEMD_REQUIRED demands it")
        pytest.skip("there is no systemd-analyze (Debian's package systemd has it)")

    def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [program, *words], capture_output=True, text=True, check=False, env=os.environ | {"LC_ALL": "C.UTF-8"}
        )

    return run


@pytest.fixture
def installed(tmp_path: Path) -> tuple[Path, Path]:
    """The two units with a program that there is: systemd says so when there is none."""
    for one in (SERVICE, TIMER):
        text = one.read_text(encoding="ascii")
        (tmp_path / one.name).write_text(text.replace(PROGRAM, sys.executable), encoding="ascii")
    return tmp_path / SERVICE.name, tmp_path / TIMER.name


def test_systemd_finds_no_fault_in_the_units(analyze: Any, installed: tuple[Path, Path]) -> None:
    done = analyze("verify", "--man=no", *installed)

    # Other units of the machine, which it looks at too, may have faults of their own.
    assert [line for line in done.stderr.splitlines() if "leadbyte" in line] == []
    assert done.returncode == 0


def test_systemd_would_find_a_fault(analyze: Any, installed: tuple[Path, Path]) -> None:
    service, _ = installed
    service.write_text(service.read_text(encoding="ascii").replace("ProtectHome", "ProtectHouse"), encoding="ascii")

    assert "ProtectHouse" in analyze("verify", "--man=no", *installed).stderr


def test_the_service_is_as_closed_as_the_documents_say(analyze: Any, installed: tuple[Path, Path]) -> None:
    done = analyze("security", "--offline=true", "--no-pager", "--threshold=20", installed[0])

    assert done.returncode == 0, f"more than 2.0 of 10 is open: {done.stdout}"


def test_the_timer_catches_up_with_a_night_that_was_missed() -> None:
    timer = unit(TIMER)["Timer"]

    assert timer["Persistent"] == "true"
    assert timer["OnCalendar"] == "*-*-* 02:00:00"


def test_a_stop_of_the_service_lets_the_night_end_in_order() -> None:
    """Readers of workbooks are ended by the importer: one that is ended from outside looks like a damaged file."""
    service = unit(SERVICE)["Service"]

    assert service["KillMode"] == "mixed"
    assert service["OOMPolicy"] == "continue"
    assert "@resources" not in service["SystemCallFilter"], "the readers set their own limits"
    assert service["SuccessExitStatus"].split() == ["1", "130"]


# ---------------------------------------------------------------------- Windows


def test_the_task_of_windows_starts_the_same_command() -> None:
    text = (EXAMPLES / "windows" / "leadbyte-nightly.xml").read_text(encoding="ascii")
    assert "encoding=" not in text, "the Task Scheduler refuses a file whose encoding is not the one that it names"
    task = ET.fromstring(text)  # noqa: S314 - our own file
    space = {"t": "http://schemas.microsoft.com/windows/2004/02/mit/task"}

    def said(path: str) -> str:
        return (task.findtext(path, namespaces=space) or "").strip()

    assert said("t:Actions/t:Exec/t:Command").endswith(r"\leadbyte-import.exe")
    options = parsed(said("t:Actions/t:Exec/t:Arguments").split())
    assert str(options["jobs_file"]) == r"C:\leadbyte\jobs.yaml"
    assert said("t:Settings/t:MultipleInstancesPolicy") == "IgnoreNew"
    assert said("t:Settings/t:StartWhenAvailable") == "true"
    assert said("t:Principals/t:Principal/t:RunLevel") == "LeastPrivilege"


# ---------------------------------------------------------------------- Airflow


class StubOfAirflow(ModuleType):
    """Not Airflow: only what the example imports of it. A decorated function stays the function."""

    def __init__(self) -> None:
        super().__init__("airflow.sdk")
        self.dags: list[dict[str, Any]] = []
        self.called: list[tuple[Any, ...]] = []
        self.task = SimpleNamespace(external_python=self._external_python)

    def dag(self, **options: Any) -> Callable[[Callable[[], None]], Callable[[], None]]:
        self.dags.append(options)
        return lambda function: function

    def _external_python(self, **options: Any) -> Callable[[Any], Any]:
        assert options["python"].endswith("/bin/python")

        def decorate(function: Any) -> Any:
            def call(*words: Any) -> None:
                self.called.append(words)

            call.function = function  # type: ignore[attr-defined]
            return call

        return decorate


@pytest.fixture
def airflow(monkeypatch: pytest.MonkeyPatch) -> tuple[StubOfAirflow, Callable[[str], dict[str, Any]]]:
    """The stub, after the example was read with it, and the function of its task."""
    stub = StubOfAirflow()
    monkeypatch.setitem(sys.modules, "airflow", ModuleType("airflow"))
    monkeypatch.setitem(sys.modules, "airflow.sdk", stub)
    found = runpy.run_path(str(EXAMPLES / "airflow" / "leadbyte_nightly.py"))
    return stub, found["import_tonight"].function


def test_the_dag_has_one_task_a_night_and_never_two_nights(airflow: Any) -> None:
    stub, _ = airflow
    (dag,) = stub.dags

    assert stub.called == [(JOBS,)]
    assert (dag["schedule"], dag["catchup"], dag["max_active_runs"]) == ("0 2 * * *", False, 1)


def test_the_task_imports_a_night_and_fails_when_somebody_must_act(
    airflow: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, import_tonight = airflow
    monkeypatch.setenv("ACME_API_KEY", "sandbox-key")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    shutil.copy(TOP / "mappings" / "first-list.yaml", tmp_path)
    with Sandbox() as sandbox:
        jobs = tmp_path / "jobs.yaml"
        jobs.write_text(
            f"""
            accounts:
              acme: {{base_url: "{sandbox.base_url}", key: {{env: ACME_API_KEY}}, rate: 100/s}}
            jobs:
              - {{name: first, account: acme, inbox: inbox, pattern: "*.csv", mapping: first-list.yaml, settle: 0s}}
            """
        )
        shutil.copy(TOP / "sample_data" / "first-list.csv", inbox / "list.csv")
        digest = import_tonight(str(jobs))
        assert digest["jobs"][0]["files"][0]["state"] == "imported"
        assert digest["rows"]["accepted"] > 0

        (inbox / "odd.csv").write_text("nothing,of,this,fits\n1,2,3,4\n")
        with pytest.raises(RuntimeError, match="1 thing to do"):
            import_tonight(str(jobs))


# ---------------------------------------------------------------------- told


def test_every_example_is_in_the_documents() -> None:
    text = (TOP / "docs" / "scheduling.md").read_text(encoding="utf-8")

    for path in (one for one in EXAMPLES.rglob("*") if one.is_file() and one.name != "jobs.yaml"):
        assert f"../{path.relative_to(TOP).as_posix()}" in text, path
