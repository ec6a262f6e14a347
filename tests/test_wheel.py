"""What people install: the built wheel in an empty environment, without the repository."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Callable
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from pipeline import __version__

TOP = Path(__file__).parents[1]
#: Files beside the modules: what the page is made of, and schemas.
DATA = ("templates/*", "*.schema.json")


def succeeded(*words: str | Path, cwd: Path) -> str:
    """Standard output of a command that has to end well."""
    done = subprocess.run(words, cwd=cwd, capture_output=True, encoding="utf-8", timeout=500, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build(folder: Path) -> Path:
    succeeded(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, TOP, cwd=folder)
    (wheel,) = folder.glob("*.whl")
    return wheel


def ran(folder: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """A command of the installed program in an empty folder, nothing of the repository in its reach."""
    folder.mkdir()
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("LEADBYTE_", "PYTHON", "VIRTUAL"))
    }
    return subprocess.run(
        words,
        cwd=folder,
        env=kept | {"PYTHONWARNINGS": "error"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=100,
        check=False,
    )


def test_the_wheel_holds_the_package_and_the_samples_and_nothing_else(tmp_path: Path) -> None:
    with zipfile.ZipFile(build(tmp_path)) as wheel:
        names = set(wheel.namelist())
        facts = wheel.read(f"leadbyte_import-{__version__}.dist-info/METADATA").decode()
    modules = {str(path.relative_to(TOP)) for path in (TOP / "pipeline").rglob("*.py")}
    samples = {f"pipeline/samples/sample_data/{name}" for name in ("leads.csv", "leads.xlsx")}
    samples |= {f"pipeline/samples/mappings/{path.name}" for path in (TOP / "mappings").iterdir()}
    packed = {name for name in names if ".dist-info/" not in name}
    data = {str(path.relative_to(TOP)) for kind in DATA for path in (TOP / "pipeline").rglob(kind)}
    assert {"pipeline/report/templates/page.html", "pipeline/report/summary.schema.json"} <= data
    assert packed == modules | samples | data | {"pipeline/py.typed"}
    assert re.findall(r"^Requires-Dist: (\w+).*; extra == 'sandbox'$", facts, re.MULTILINE) == [
        "starlette",
        "uvicorn",
    ]


RUN_LOCK = TOP / "requirements/run.lock"


def fetched(pip: tuple[str | Path, ...], folder: Path) -> None:
    """The locked dependencies, as people install them."""
    succeeded(*pip, "install", "--no-compile", "--require-hashes", "-r", RUN_LOCK, cwd=folder)


def linked(_pip: tuple[str | Path, ...], folder: Path) -> None:
    """The locked dependencies and nothing else, as they are installed here: nothing is fetched or unpacked."""
    (site,) = (folder / "venv").glob("lib/python*/site-packages")
    for line in re.findall(r"^(\S+==[^\\\n]+)", RUN_LOCK.read_text(encoding="utf-8"), re.MULTILINE):
        wanted = Requirement(line.strip())
        if wanted.marker and not wanted.marker.evaluate():
            continue
        found = distribution(wanted.name)
        assert found.version in wanted.specifier, f"{wanted} is not what is installed here: {found.version}"
        for name in {Path(file).parts[0] for file in found.files or ()} - {"..", "__pycache__"}:
            if not (site / name).exists():
                (site / name).symlink_to(str(found.locate_file(name)))


def test_what_is_locked_to_run_is_locked_alike_to_develop() -> None:
    """So its hashes have been tried here: `make` installs requirements/dev.lock."""
    locked = re.compile(r"^(\S+==\S+).*((?:\n    --hash=\S+.*)+)", re.MULTILINE)
    to_run, to_develop = (
        set(locked.findall((TOP / "requirements" / name).read_text())) for name in ("run.lock", "dev.lock")
    )
    assert len(to_run) > 30
    assert to_run <= to_develop


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "dependencies",
    [pytest.param(fetched, marks=pytest.mark.slow),
     pytest.param(linked, marks=pytest.mark.skipif(os.name == "nt", reason="links as POSIX has them"))],
)  # fmt: skip
def test_the_wheel_works_in_an_empty_environment(
    dependencies: Callable[[tuple[str | Path, ...], Path], None], tmp_path: Path
) -> None:
    venv.create(tmp_path / "venv", with_pip=False)
    programs = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin")
    command, python = programs / "leadbyte-import", programs / "python"
    pip = (sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check", "--quiet")
    dependencies(pip, tmp_path)
    succeeded(*pip, "install", "--no-compile", "--no-deps", build(tmp_path), cwd=tmp_path)
    succeeded(*pip, "check", cwd=tmp_path)

    version = ran(tmp_path / "1", command, "--version")
    assert (version.returncode, version.stdout) == (0, f"leadbyte-import, version {__version__}\n"), version.stderr

    words = ran(tmp_path / "2", python, "-m", "pipeline", "--help")
    assert (words.returncode, words.stderr) == (0, "")
    assert words.stdout.startswith("Usage: leadbyte-import [OPTIONS] COMMAND")

    demo = ran(tmp_path / "3", command, "demo")
    assert (demo.returncode, demo.stderr) == (0, "")
    assert len(list((tmp_path / "3" / "output").glob("*/results.csv"))) == 2

    for one in (tmp_path / "venv").rglob("site-packages/*"):
        if one.name.startswith(("starlette", "uvicorn")):
            one.unlink() if one.is_symlink() else shutil.rmtree(one)
    for number, name in enumerate(("sandbox", "demo"), 4):
        without = ran(tmp_path / str(number), command, name)
        assert (without.returncode, without.stdout) == (2, "")
        assert re.search(r"needs the package (starlette|uvicorn)\n", without.stderr)
        assert "pip install 'leadbyte-import[sandbox]'" in without.stderr
    help_still_there = ran(tmp_path / "6", command, "--help")
    assert (help_still_there.returncode, help_still_there.stderr) == (0, "")
    assert list((tmp_path / "6").iterdir()) == []
