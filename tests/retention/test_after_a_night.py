"""Purge and erase after a real night, which has filed lists by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pipeline.errors import ConfigError
from pipeline.retention import Person, erase, purge
from pipeline.world import World
from tests.nightly.conftest import place, sandbox  # noqa: F401 - fixtures
from tests.nightly.scene import Place
from tests.retention.scene import found_on_disk

JANE, JOHN = "jane@example.com", "john@example.com"


@pytest.fixture
def after(place: Place) -> Place:  # noqa: F811 - the fixture
    place.write_jobs({})
    place.put("acme.csv", [JANE, JOHN])
    place.night()
    assert "inbox/done/2026-11-23/acme.csv.results.csv" in place.tree()
    return place


def later(after: Place) -> World:
    return after.world(now=lambda: after.clock.now() + timedelta(days=100), ask=None)


def test_an_erased_person_is_only_in_the_list_that_was_named(after: Place) -> None:
    found = erase(after.output, later(after), Person.of(JANE, ""), sure=True)
    filed = after.inbox / "done" / "2026-11-23" / "acme.csv"
    assert found.elsewhere == (str(filed),)
    assert found_on_disk(after.inbox, [JANE]) == {f"done/2026-11-23/acme.csv: {JANE}"}
    assert found_on_disk(after.output, [JANE]) == set()
    assert found_on_disk(after.inbox, [JOHN]) > {f"done/2026-11-23/acme.csv: {JOHN}"}


def test_a_purge_leaves_nobody_beside_the_list_and_takes_no_list_that_waits(after: Place) -> None:
    waiting = after.put("next.csv", [JANE])
    with pytest.raises(ConfigError, match="not imported yet"):
        purge(after.output, later(after), older_than=0, files=[after.inbox])
    assert found_on_disk(after.output, [JANE]) != set(), "nothing was done"
    purge(after.output, later(after), older_than=86_400)
    assert found_on_disk(after.inbox / "done", [JANE]) == {f"2026-11-23/acme.csv: {JANE}"}
    purge(after.output, later(after), older_than=86_400, files=[after.inbox / "done", after.inbox / "failed"])
    assert found_on_disk(after.inbox, [JANE]) == {f"next.csv: {JANE}"}
    assert waiting.exists()
