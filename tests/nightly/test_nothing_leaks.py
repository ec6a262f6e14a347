"""Nothing that nights write, say, mail or post has a key in it, or anybody of a list; what may have people is named.

The month searches all that it wrote, before and after the purge (tests/nightly/test_month.py); that the search finds
what it is for is shown here.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks.month.leaks import AFTER_PURGE, HOLDS_PEOPLE, leaks
from benchmarks.month.lists import PERSONAL, Person
from benchmarks.month.servers import KEYS

KEY = KEYS["acme"]


def search(folder: Path, allowed: dict[str, str], *heard: str) -> list[str]:
    told = [{"channel": "mail", "text": one} for one in heard]
    case: Any = SimpleNamespace(seen=[SimpleNamespace(night=3, heard=told)])
    place: Any = SimpleNamespace(folder=folder)
    return leaks(place, case, allowed)


@pytest.mark.parametrize("what", PERSONAL)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_a_cell_in_a_log_is_found(tmp_path: Path, what: str, encoding: str) -> None:
    (tmp_path / "run.log").write_bytes(f"row 2: {what} is odd".encode(encoding))
    assert any(repr(what) in one for one in search(tmp_path, HOLDS_PEOPLE))


def test_every_cell_that_tells_who_somebody_is_is_looked_for() -> None:
    first, last, address, mobile, _born, postcode, car, _supplier = Person(1, phone=7).cells
    for cell in (first, last, address, mobile, postcode, car):
        assert any(one in cell for one in PERSONAL), cell


def test_what_is_zipped_is_searched(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "page.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sheet.xml", f"<t>{PERSONAL[0]}</t>")
    assert search(tmp_path, HOLDS_PEOPLE) == [f"page.xlsx has {PERSONAL[0]!r}"]


def test_what_may_hold_people_may_not_hold_a_key(tmp_path: Path) -> None:
    (tmp_path / "output/one").mkdir(parents=True)
    (tmp_path / "output/one/results.csv").write_text(f"2,{PERSONAL[0]},{KEY}\n", encoding="utf-8")
    assert search(tmp_path, HOLDS_PEOPLE) == [f"output/one/results.csv has {KEY!r}"]
    assert len(search(tmp_path, AFTER_PURGE)) == 2, "nor people, once it was purged"


def test_mails_and_posts_are_searched(tmp_path: Path) -> None:
    assert search(tmp_path, HOLDS_PEOPLE, "all well", f"{PERSONAL[0]} was sent") == [
        f"the mail of night 3 has {PERSONAL[0]!r}"
    ]
