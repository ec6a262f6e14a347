"""The benchmark's lists hold what they say, and its verdicts can fail."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

import benchmarks.page
from benchmarks.jobs import FRICTIONLESS, OURS, PANDAS, POLARS, List, fault
from benchmarks.make_list import make_list
from benchmarks.measure import Measured, measure
from benchmarks.page import MOST_BYTES, cost
from benchmarks.tables import BEGIN, END, replace_block
from benchmarks.targets import FEW_BAD, LONG, MANY_BAD, Figure, verdicts
from pipeline.load import open_list
from pipeline.mapping import read_mapping, resolve
from pipeline.planning import Planner
from pipeline.sandbox import Sandbox

from .builders import EXAMPLE

MAPPING = Path(__file__).parents[1] / "benchmarks" / "mapping.yaml"
GOOD = Figure(1_000, seconds=1.0, cpu=1.0, peak=100_000_000)


@pytest.mark.parametrize("bad", [0.03, 0.5])
def test_a_list_holds_what_was_planted_in_it_and_the_importer_finds_just_that(tmp_path: Path, bad: float) -> None:
    planted = make_list(tmp_path / "list.csv", rows=4_000, bad=bad)
    source = open_list(tmp_path / "list.csv")
    links = resolve(read_mapping(MAPPING)[0], source.headers, EXAMPLE, "")
    counts = {"rows": 0, "invalid": 0, "duplicate": 0}
    with Planner(links, dry_run=True, folder=tmp_path) as planner:
        for plan in planner.plans(source.chunks()):
            found = plan.counts()
            counts["rows"] += found.total()
            counts["invalid"] += found["invalid"]
            counts["duplicate"] += found["duplicate"]
    assert counts == {name: planted[name] for name in counts}
    assert planted["invalid"] / planted["rows"] == pytest.approx(bad, abs=0.02)


def test_the_same_seed_writes_the_same_list(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        make_list(tmp_path / name, rows=500, bad=0.1, seed=7)
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_a_job_that_counts_wrong_or_fails_is_at_fault() -> None:
    planted = {"rows": 10, "invalid": 3, "duplicate": 1, "bytes": 5}
    right = Measured(1.0, 1.0, 1, 0, '{"rows": 10, "invalid": 3}', "")
    assert fault(POLARS, right, planted) == ""
    assert "invalid 2 instead of 3" in fault(POLARS, replace(right, out='{"rows": 10, "invalid": 2}'), planted)
    assert "exit code 2: no such file" in fault(
        POLARS, replace(right, out="", err="no such file", exit_code=2), planted
    )
    assert "ended after" in fault(POLARS, replace(right, timed_out=True), planted)
    ours = '{"rows": 10, "outcomes": {"invalid": 3, "duplicate": 2, "valid": 5}}'
    assert "duplicate 2 instead of 1" in fault(OURS, replace(right, out=ours), planted)


def test_a_whole_process_is_measured_and_ended_when_its_time_is_over(tmp_path: Path) -> None:
    done = measure(["sh", "-c", "echo out; echo err >&2; exit 3"], tmp_path, {"PATH": "/usr/bin:/bin"})
    assert (done.exit_code, done.out, done.err, done.timed_out) == (3, "out\n", "err\n", False)
    assert done.peak > 0
    late = measure(["sleep", "60"], tmp_path, {"PATH": "/usr/bin:/bin"}, timeout=0.2)
    assert late.timed_out


def verdict(target: str, **figures: Figure) -> bool:
    parts = {"ours": (FEW_BAD, OURS), "many": (MANY_BAD, OURS), "long": (LONG, OURS)}
    peers = {"polars": (FEW_BAD, POLARS), "pandas": (FEW_BAD, PANDAS), "frictionless": (FEW_BAD, FRICTIONLESS)}
    found = verdicts({(parts | peers)[name]: one for name, one in figures.items()})
    return next(one.holds for one in found if target in one.target)


@pytest.mark.parametrize(
    ("target", "peer", "good", "bad"),
    [
        ("multiple of frictionless", "frictionless", 8.0, 7.9),
        ("multiple of pandas", "pandas", 2.0, 1.9),
        ("multiple of polars", "polars", 0.25, 0.24),
    ],
)
def test_a_target_against_a_peer_holds_at_its_bound_and_not_beyond(
    target: str, peer: str, good: float, bad: float
) -> None:
    assert verdict(target, ours=GOOD, **{peer: replace(GOOD, seconds=good)})
    assert not verdict(target, ours=GOOD, **{peer: replace(GOOD, seconds=bad)})
    assert not verdict(target, ours=replace(GOOD, fault="counted wrong"), **{peer: replace(GOOD, seconds=good)})


def test_targets_of_memory_and_bad_rows_can_fail() -> None:
    assert verdict("50 % bad rows", ours=GOOD, many=replace(GOOD, seconds=1.3))
    assert not verdict("50 % bad rows", ours=GOOD, many=replace(GOOD, seconds=1.4))
    assert verdict("multiple of the short", ours=GOOD, long=replace(GOOD, peak=114_000_000))
    assert not verdict("multiple of the short", ours=GOOD, long=replace(GOOD, peak=116_000_000))
    assert not verdict("peak memory of the long list", ours=GOOD, long=replace(GOOD, peak=400_000_000))


def test_the_tables_replace_only_what_stands_between_the_marks() -> None:
    page = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    assert replace_block(page, "new\n") == f"before\n{BEGIN}\nnew\n{END}\nafter\n"
    with pytest.raises(ValueError, match="no lines"):
        replace_block("a page without marks", "new")


def test_a_lists_name_says_what_is_in_it() -> None:
    assert List(1_000, 0.5).name == "list-1000-bad50.csv"
    assert List(1_000, 0.03, "xlsx").words == "1,000 rows, 3% bad, xlsx"


def test_what_a_page_costs_is_measured_from_its_dry_runs_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(benchmarks.page, "IMPORTER", Path(sys.executable).with_name("leadbyte-import"))
    listed = tmp_path / "list.csv"
    make_list(listed, rows=300, bad=0.5)
    with Sandbox(key="sandbox-key") as sandbox:
        found = cost(listed, tmp_path / "scratch", sandbox.base_url)
    assert 0 < found.page < found.dry_run
    assert 10_000 < found.size < MOST_BYTES
    assert not (tmp_path / "scratch").exists()
