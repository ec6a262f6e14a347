"""What `--help` and mistyped commands have to wait for: nothing big."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BIG = {"pandas", "pandera", "requests", "pyarrow", "pydantic", "tqdm", "starlette"}
ASK = """
import sys
from pipeline.cli import main
sys.argv = ["leadbyte-import", *sys.argv[1:]]
try:
    main()
finally:
    print("\\n" + " ".join(name for name in sys.modules if "." not in name))
"""


@pytest.mark.parametrize(
    ("words", "code"),
    [("--help", 0), ("--version", 0), ("run --help", 0), ("rum list.csv", 2), ("run list.csv", 2)],
)
def test_help_pays_for_none_of_the_big_packages(words: str, code: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ASK, *words.split()], capture_output=True, encoding="utf-8", timeout=60, check=False
    )
    assert done.returncode == code, done.stderr
    loaded = set(done.stdout.splitlines()[-1].split())
    assert {"click", "pipeline"} <= loaded
    assert loaded & BIG == set()


@pytest.mark.parametrize("words", ["run nosuch.csv --mapping map.yaml", "check list.csv --mapping nosuch.yaml"])
def test_what_is_plainly_wrong_is_told_without_the_big_packages_for_data(tmp_path: Path, words: str) -> None:
    (tmp_path / "list.csv").write_text("a\n1\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", ASK, *words.split()],
        cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert "nosuch" in done.stderr
    assert set(done.stdout.splitlines()[-1].split()) & {"pandas", "pandera", "pyarrow"} == set()
