"""The drift guard as people meet it: `map` makes the lock, `run` and `check` compare, `accept-changes` renews it."""

from __future__ import annotations

import pytest

from pipeline.sandbox.campaigns import by_reference

from .user import InProcess

MAP = ("map", "list.csv", "--campaign", "EXAMPLE-CAMPAIGN", "--mapping", "made.yaml", "--yes")
CHECK = ("check", "list.csv", "--mapping", "made.yaml")
RUN = ("run", "list.csv", "--mapping", "made.yaml", "--rate", "1000/s")
ACCEPT = ("accept-changes", "made.yaml")


@pytest.fixture
def mapped(person: InProcess) -> InProcess:
    """Somebody who has let `map` write a mapping, and looked it over."""
    ran = person.enter(*MAP)
    assert ran.code == 0
    assert "written: made.yaml, and made.lock.yaml beside it" in ran.err
    person.write("made.yaml", person.read("map.yaml"))
    return person


def test_map_keeps_what_the_mapping_was_made_for(mapped: InProcess) -> None:
    lock = mapped.read("made.lock.yaml")
    assert 'campaign: "EXAMPLE-CAMPAIGN"' in lock
    assert '- {name: "data13", label: "make_of_car", required: true, data_type: "Text"}' in lock
    assert lock.endswith('headers:\n- "First name"\n- "Surname"\n- "Email"\n- "Car"\n- "SID"\n')
    assert "doe" not in lock.casefold(), "no cell of the list is in it"
    assert mapped.enter(*RUN).code == 0


def test_what_has_changed_is_told_refused_and_accepted(mapped: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    known = by_reference("EXAMPLE-CAMPAIGN")
    assert known is not None
    now = [one | {"data_type": "Text"} if one["name"] == "email" else one for one in known["fields"]]
    monkeypatch.setitem(known, "fields", now)
    looked = mapped.enter(*CHECK)
    assert looked.code == 0
    assert "field Email is of the type Text now, no longer Email Address. `run` would send nothing" in looked.out
    assert "leadbyte-import accept-changes made.yaml --list list.csv" in looked.out
    ran = mapped.enter(*RUN)
    assert (ran.code, ran.out) == (2, "")
    assert "  - field Email is of the type Text now, no longer Email Address\n" in ran.err
    assert (
        "next: see whether the mapping still holds, mend it if not, then: leadbyte-import accept-changes" in ran.err
    )
    assert mapped.sandbox.record() == []
    accepted = mapped.enter(*ACCEPT, "--list", "list.csv")
    assert (accepted.code, accepted.err) == (0, "")
    assert accepted.out == (
        "accepted: field Email is of the type Text now, no longer Email Address\nwritten: made.lock.yaml\n"
    )
    assert mapped.enter(*ACCEPT).out.startswith("nothing has changed since ")
    assert mapped.enter(*RUN).code == 0


def test_another_header_is_accepted_with_a_list_read_as_it_is_imported(mapped: InProcess) -> None:
    mapped.write("list.csv", "x\n" + mapped.read("list.csv").replace("Car", "Make"))
    mapped.write("made.yaml", mapped.read("made.yaml").replace("Car", "Make"))
    ran = mapped.enter(*RUN, "--header-row", "2")
    assert ran.code == 2
    assert "column 'Car' is called 'Make' now" in ran.err
    assert mapped.enter(*ACCEPT, "--list", "list.csv", "--header-row", "2").code == 0
    assert mapped.enter(*RUN, "--header-row", "2").code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("accept-changes", "nosuch.yaml"), "nosuch.yaml does not exist"),
        (("accept-changes", "map.yaml", "--list", "nosuch.csv"), "nosuch.csv does not exist"),
        (("accept-changes", "map.yaml", "--campaign", "NOSUCH"), "NOSUCH"),
        (("accept-changes", "bare.yaml"), "bare.yaml names no campaign"),
    ],
)
def test_what_makes_no_sense_is_refused(person: InProcess, words: tuple[str, ...], said: str) -> None:
    person.write("bare.yaml", "columns: {Email: Email}\n")
    ran = person.enter(*words)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert not list(person.folder.glob("*.lock.yaml"))
