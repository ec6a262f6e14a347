"""The command line of the torture: `make torture`, `python -m benchmarks.torture kills --kills 1000`."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path

from benchmarks.torture import commits, faults, kills, naive, pairs
from benchmarks.torture.lists import Person
from benchmarks.torture.server import server

#: What the kills at boundaries are about: an outcome of every kind, an answer that may come again, rows kept here.
SMALL = [
    Person(0), Person(1, "tps"), Person(2, "http503retry"), Person(3, "http504"), Person(0), Person(4, "system"),
    Person(5),
]  # fmt: skip


def main() -> int:
    """Torture, print what it came to, and return the exit code: 0 when every promise was kept."""
    words = _arguments()
    with tempfile.TemporaryDirectory(prefix="torture-", dir=words.folder) as scratch:
        os.environ["XDG_STATE_HOME"] = scratch  # the locks of campaigns: those of a torture are none of the user's
        clean: bool = words.torture(words, Path(scratch))
    return 0 if clean else 1


def _say(title: str, toll: kills.Toll) -> bool:
    print(toll.words(title), flush=True)
    return toll.found.clean


def _kills(words: argparse.Namespace, folder: Path) -> bool:
    clean = True
    with server(latency=0.02) as one:
        if words.kills:
            clean &= _say("killed at random, forked", kills.random_kills(one, folder, words.kills, words.seed))
        if words.launches:
            toll = kills.launched_kills(one, folder, words.launches, words.seed + 1)
            clean &= _say("killed at random, launched", toll)
    return clean


def _boundaries(words: argparse.Namespace, folder: Path) -> bool:
    with server() as one, commits.without_commit(words.without) if words.without else nullcontext():
        toll = kills.every_boundary(one, folder, SMALL, words.step, first=words.first)
        clean = _say("killed at every boundary of a run", toll)
        if words.first and not clean:
            return False
        toll = kills.every_boundary(one, folder, SMALL, words.step, resumed_after=60, first=words.first)
        return _say("killed again at every boundary of its resume", toll) and clean


def _naive(words: argparse.Namespace, folder: Path) -> bool:
    """The same for the naive script: always "clean", for nothing is expected of it."""
    with server(latency=0.02) as one:
        print(naive.naive_kills(one, folder, words.kills, words.seed).words("naive, killed at random"), flush=True)
    if words.rows:
        people = faults.mixed_people(words.rows, 0.2, words.seed, waiting=0, resting=20)
        with server() as one:
            print(naive.naive_faults(one, folder, people).words("naive, fault mix"), flush=True)
    return True


def _faults(words: argparse.Namespace, folder: Path) -> bool:
    people = faults.mixed_people(words.rows, 0.2, words.seed, waiting=words.waiting, resting=words.resting)
    with server() as one:
        mix = faults.fault_mix(one, folder, people)
        print(mix.words(), flush=True)
        stops = faults.stops(one, folder) if words.stops else {}
    print(faults.stop_words(stops), flush=True)
    return mix.clean and all(found.clean for found in stops.values())


def _pairs(words: argparse.Namespace, folder: Path) -> bool:
    with server() as one:
        found = pairs.two_at_once(one, folder, words.times, words.seed)
    print(found.words(), flush=True)
    return found.clean


def _commits(_words: argparse.Namespace, _folder: Path) -> bool:
    clean = True
    for name, test, found in commits.needed():
        clean &= bool(test)
        print(f"{name}: {test or 'NO TEST FAILS'}{f'; killed: {found}' if found else ''}", flush=True)
    return clean


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.torture", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="where the lists go  [default: the system's folder for such]")
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("kills", help="kill -9 at random instants")
    one.add_argument("--kills", type=int, default=1_000, help="of importers forked from a process that is warm")
    one.add_argument("--launches", type=int, default=0, help="of the command as a user starts it")
    one.set_defaults(torture=_kills)
    one = commands.add_parser("boundaries", help="kill -9 before and after every write, COMMIT, fsync, rename, POST")
    one.add_argument("--step", type=int, default=1, help="only every so-manieth boundary")
    one.add_argument("--without-commit", dest="without", default="", help="take a commit of the journal out")
    one.add_argument("--first", action="store_true", help="stop at the first that is wrong")
    one.set_defaults(torture=_boundaries)
    one = commands.add_parser("naive", help="the same for benchmarks/naive.py")
    one.add_argument("--kills", type=int, default=1_000)
    one.add_argument("--rows", type=int, default=5_000, help="of the fault mix; it sends them one by one")
    one.set_defaults(torture=_naive)
    one = commands.add_parser("faults", help="a fifth of the rows meet faults, of every kind")
    one.add_argument("--rows", type=int, default=100_000)
    one.add_argument("--waiting", type=int, default=60, help="rows of each kind that keeps a worker waiting")
    one.add_argument("--resting", type=int, default=5, help="rows of each kind after which all send slower")
    one.add_argument("--no-stops", dest="stops", action="store_false", help="without the faults that stop a run")
    one.set_defaults(torture=_faults)
    one = commands.add_parser("pairs", help="two launches at once")
    one.add_argument("--times", type=int, default=20)
    one.set_defaults(torture=_pairs)
    one = commands.add_parser("commits", help="each commit of the journal taken out: what notices?")
    one.set_defaults(torture=_commits)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
