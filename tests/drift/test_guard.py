"""The guard through the real parts: the sandbox's campaign and the list change between runs."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.drift import accept, drift_of, lock_now, lock_of, write_lock
from pipeline.errors import Drifted, MappingError
from pipeline.report import summary_lines
from pipeline.run import import_list, resume_run
from pipeline.sandbox import Sandbox
from pipeline.sandbox.campaigns import by_reference
from pipeline.world import Order
from tests.builders import EXAMPLE
from tests.delivery import (
    HEADERS,
    KEY,
    _clean_environment,  # noqa: F401 - an autouse fixture
    leadbyte,
    order,
    people,
    write_list,
)
from tests.retention.scene import At, world


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(key=KEY) as running:
        yield running


@pytest.fixture
def fields(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The fields of the sandbox's campaign, to change."""
    known = by_reference("EXAMPLE-CAMPAIGN")
    assert known is not None
    mine: list[dict[str, Any]] = copy.deepcopy(known["fields"])
    monkeypatch.setitem(known, "fields", mine)
    return mine


def locked(sandbox: Sandbox, folder: Path, **changes: Any) -> Order:
    """An order whose mapping has a lock, made today."""
    wanted = order(folder, people(3), **changes)
    write_lock(wanted.mapping, lock_now(leadbyte(sandbox.base_url).campaign("EXAMPLE-CAMPAIGN"), HEADERS, At()()))
    return wanted


def run(sandbox: Sandbox, wanted: Order, days: float = 1) -> Any:
    return import_list(wanted, leadbyte(sandbox.base_url), world(At(days)))


def field(fields: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(one for one in fields if one["name"] == name)


def test_a_campaign_and_a_list_as_they_were_are_no_news(sandbox: Sandbox, tmp_path: Path) -> None:
    assert run(sandbox, locked(sandbox, tmp_path)).notes == ()


def test_without_a_lock_a_run_goes_on_as_ever(sandbox: Sandbox, tmp_path: Path, fields: list[dict[str, Any]]) -> None:
    fields.append(field(fields, "data14") | {"name": "data20", "label": "Roof"})
    assert run(sandbox, order(tmp_path, people(3))).notes == ()


def test_a_run_stops_before_anything_is_read_and_says_what_has_changed(
    sandbox: Sandbox, tmp_path: Path, fields: list[dict[str, Any]]
) -> None:
    wanted = locked(sandbox, tmp_path)
    field(fields, "email")["data_type"] = "Text"
    field(fields, "gender")["selection_labels"] = field(fields, "gender")["selection_values"] = "Male,Female"
    fields.remove(field(fields, "dob"))
    before = len(sandbox.record())
    with pytest.raises(Drifted) as caught:
        run(sandbox, wanted)
    assert (caught.value.exit_code, len(sandbox.record())) == (2, before)
    assert caught.value.changes == (
        "field DOB is gone",
        "field Email is of the type Text now, no longer Email Address",
        "field Gender: 'M' and 'F' cannot be chosen any more",
    )
    lines = caught.value.message.splitlines()
    assert lines[0].endswith(f"since {wanted.mapping} was made ({lock_of(wanted.mapping)}, 2026-03-02):")
    assert lines[1:] == [f"  - {one}" for one in caught.value.changes]
    assert f"leadbyte-import accept-changes {wanted.mapping} --list {wanted.file}" in caught.value.hint
    assert not list(wanted.output.glob("2*")), "there is no run"


def test_a_dry_run_says_that_run_would_send_nothing_and_goes_on(
    sandbox: Sandbox, tmp_path: Path, fields: list[dict[str, Any]]
) -> None:
    wanted = locked(sandbox, tmp_path, dry_run=True)
    field(fields, "phone1")["required"] = field(fields, "email")["required"] = False
    field(fields, "postcode")["label"] = "Post_Code"
    summary = run(sandbox, wanted)
    assert summary.outcomes == {"valid": 3}
    assert summary.blocked.endswith(": field Postcode is called Post_Code now. `run` would send nothing")
    assert summary.blocked in "\n".join(summary_lines(summary))
    assert summary.notes == (
        f"changed since {wanted.mapping} was made: field Postcode is called Post_Code now",
        f"changed since {wanted.mapping} was made: field Email is no longer required",
    )
    assert "accept-changes" in summary.next_step
    with pytest.raises(Drifted):
        run(sandbox, replace(wanted, dry_run=False))


def test_what_stops_nobody_is_told_by_a_run(sandbox: Sandbox, tmp_path: Path, fields: list[dict[str, Any]]) -> None:
    wanted = locked(sandbox, tmp_path)
    fields.append(field(fields, "data14") | {"name": "data20", "label": "Roof"})
    summary = run(sandbox, wanted)
    assert sum(summary.outcomes.values()) == 3
    assert summary.notes[0] == f"changed since {wanted.mapping} was made: field Roof is new"


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_header_that_changed_is_why_the_mapping_does_not_fit(
    sandbox: Sandbox, tmp_path: Path, *, dry_run: bool
) -> None:
    wanted = locked(sandbox, tmp_path, dry_run=dry_run)
    path = write_list(Path(wanted.file), people(3))
    path.write_text(path.read_text().replace("E-mail", "Contact", 1).replace("Supplier\n", "Supplier,Town\n", 1))
    with pytest.raises(Drifted) as caught:
        run(sandbox, wanted)
    assert caught.value.changes == ("column 'E-mail' is called 'Contact' now", "column 'Town' is new")


def test_a_mapping_that_does_not_fit_for_another_reason_is_told_as_such(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = locked(sandbox, tmp_path)
    wanted.mapping.write_text(wanted.mapping.read_text().replace("First_Name", "Frist_Name"))
    with pytest.raises(MappingError, match="does not fit") as caught:
        run(sandbox, wanted)
    assert not isinstance(caught.value, Drifted)


def test_a_run_that_was_begun_goes_on_by_its_plan(
    sandbox: Sandbox, tmp_path: Path, fields: list[dict[str, Any]]
) -> None:
    first = run(sandbox, locked(sandbox, tmp_path, limit=1))
    field(fields, "phone1")["required"] = True
    fields.remove(field(fields, "dob"))
    resumed = resume_run(first.run_id, tmp_path / "output", leadbyte(sandbox.base_url), world(At(2)))
    assert "not_sent" not in resumed.outcomes


def test_another_campaign_than_the_locks_is_told_and_its_header_compared(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = locked(sandbox, tmp_path)
    other = replace(EXAMPLE, reference="OTHER", fields=())
    found = drift_of(wanted.mapping, other, HEADERS[1:])
    assert found.stops == ("column 'First name' is gone",)
    assert found.told == (
        f"{lock_of(wanted.mapping)} is about campaign EXAMPLE-CAMPAIGN: the fields of this one were not compared",
    )


# ---------------------------------------------------------------------- accepting


def test_what_was_accepted_stops_nobody_any_more(
    sandbox: Sandbox, tmp_path: Path, fields: list[dict[str, Any]]
) -> None:
    wanted = locked(sandbox, tmp_path, dry_run=True)
    fields.append(field(fields, "data14") | {"name": "data20", "label": "Roof"})
    field(fields, "email")["data_type"] = "Text"
    now = leadbyte(sandbox.base_url).campaign("EXAMPLE-CAMPAIGN")
    assert accept(wanted.mapping, now, HEADERS, At(3)()) == [
        "accepted: field Email is of the type Text now, no longer Email Address",
        "accepted: field Roof is new",
        f"written: {lock_of(wanted.mapping)}",
    ]
    assert run(sandbox, wanted).blocked == ""
    before = lock_of(wanted.mapping).read_bytes()
    assert accept(wanted.mapping, now, HEADERS, At(4)()) == [
        f"nothing has changed since 2026-03-05: {lock_of(wanted.mapping)} stays as it is"
    ]
    assert lock_of(wanted.mapping).read_bytes() == before


def test_without_a_list_the_header_of_before_stays(tmp_path: Path) -> None:
    mapping = tmp_path / "m.yaml"
    none = accept(mapping, EXAMPLE, (), At()())
    assert none == [
        "no list was looked at, so no header is compared; --list FILE looks at one", f"written: {lock_of(mapping)}",
    ]  # fmt: skip
    assert drift_of(mapping, EXAMPLE, ["anything"]).stops == ()
    accept(mapping, EXAMPLE, HEADERS, At()())
    changed = replace(EXAMPLE, fields=EXAMPLE.fields[1:])
    assert accept(mapping, changed, (), At()())[0] == "accepted: field make_of_car is gone"
    assert drift_of(mapping, changed, HEADERS[1:]).stops == ("column 'First name' is gone",)


def test_another_campaign_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    mapping = tmp_path / "m.yaml"
    accept(mapping, EXAMPLE, HEADERS, At()())
    other = replace(EXAMPLE, reference="OTHER", fields=EXAMPLE.fields[:3])
    assert (
        accept(mapping, other, HEADERS, At()())[0] == "it was about campaign EXAMPLE-CAMPAIGN, and is about OTHER now"
    )
    assert drift_of(mapping, replace(other, fields=EXAMPLE.fields[:2]), HEADERS).stops == ("field DOB is gone",)


def test_a_broken_lock_is_made_anew(tmp_path: Path) -> None:
    mapping = tmp_path / "m.yaml"
    lock_of(mapping).write_text("format: 9")
    with pytest.raises(MappingError, match="format 9"):
        drift_of(mapping, EXAMPLE, HEADERS)
    assert "it is made anew" in accept(mapping, EXAMPLE, HEADERS, At()())[0]
    assert drift_of(mapping, EXAMPLE, HEADERS).stops == ()
