"""Suppression as people type it: lists on `check` and `run`, and the output folder's own list."""

from __future__ import annotations

import json

import pytest

from .user import InProcess, User

CHECK = ("check", "list.csv", "--mapping", "map.yaml")
RUN = ("run", "list.csv", "--mapping", "map.yaml", "--rate", "1000/s")
JANE = "jane.doe@example.com"


def test_a_list_holds_for_check_and_run(person: InProcess) -> None:
    person.write("dnc.txt", "someone@example.com\n")
    person.write("more.csv", f"email,phone\n{JANE.upper()},\n")
    for words in (CHECK, RUN):
        ran = person.enter(*words, "--suppress", "dnc.txt", "--suppress", "more.csv")
        assert (ran.code, ran.err) == (0, "")
        assert "1 suppressed" in ran.out
        assert "suppressed by more.csv: 1 entry, 1 row" in ran.out
    assert person.sandbox.record() == []


def test_a_list_that_is_not_there_is_told_first_and_nothing_is_sent(person: InProcess) -> None:
    ran = person.enter(*RUN, "--suppress", "nosuch.csv")
    assert (ran.code, ran.out) == (2, "")
    assert "nosuch.csv does not exist" in ran.err
    person.write("leads.csv", "Name\nJane Doe\nJohn Doe\n")
    ran = person.enter(*RUN, "--suppress", "leads.csv")
    assert (ran.code, ran.out) == (2, "")
    assert "leads.csv has hardly an entry" in ran.err
    assert "Doe" not in ran.err
    assert person.sandbox.record() == []


def test_what_leadbyte_refuses_is_learnt_and_listed(person: InProcess) -> None:
    person.write("map.yaml", person.read("map.yaml").replace("  SID: SID", "  SID: SID\n  Mobile: Phone_1"))
    person.write(
        "list.csv",
        "First name,Surname,Email,Car,SID,Mobile\nJane,Doe,jane.doe+tps@example.com,Ford,1,07700 900123\n",
    )
    assert person.enter(*RUN, "--learn-suppression", "-15", "--learn-suppression", "-16").code == 1
    listed = person.enter("suppress", "list")
    assert listed.code == 0
    assert [line.split()[-4:-2] for line in listed.out.splitlines()[2:]] == [["phone", "1"]]
    assert "Number matched TPS database (-15)" in listed.out
    assert "1 suppressed" in person.enter(*CHECK).out


def test_a_code_that_says_nothing_of_a_person_is_not_learnt(person: InProcess) -> None:
    ran = person.enter(*RUN, "--learn-suppression", "-5")
    assert ran.code == 2
    assert "'-15', '-16', '-2'" in ran.err


def test_somebody_is_put_on_the_list_and_taken_from_it_again(person: InProcess) -> None:
    ran = person.enter("suppress", "add", "--email", JANE.upper(), "--phone", "07700 900123", "--why", "by phone")
    assert (ran.code, ran.out) == (0, "2 entries added\n")
    assert person.enter("suppress", "add", "--email", JANE).out == "on the list already\n"
    assert "1 suppressed" in person.enter(*CHECK).out
    found = json.loads(person.enter("suppress", "list", "--json").out)
    assert found["entries"] == 2
    assert [(one["why"], one["kind"], one["entries"]) for one in found["counts"]] == [
        ("by phone", "email", 1), ("by phone", "phone", 1),
    ]  # fmt: skip
    assert {len(one["hash"]) for one in found["people"]} == {32}
    assert "doe" not in json.dumps(found).casefold()
    assert person.enter("suppress", "remove", "--email", JANE).out == "1 entry removed\n"
    assert person.enter("suppress", "remove", "--email", JANE).out == "not on the list\n"
    assert "1 valid" in person.enter(*CHECK).out
    person.enter("suppress", "remove", "--phone", "+447700900123")
    assert person.enter("suppress", "list").out == "nobody is on the list\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add",), "nobody is named"),
        (("add", "--email", "jane"), "--email is not an e-mail address"),
        (("add", "--email", JANE, "--why", f"{JANE} said so"), "--why is not a few words"),
        (("add", "--email", JANE, "--why", "07700900123"), "--why is not a few words"),
        (("remove", "--email", JANE), "there is no journal in output"),
        (("list",), "there is no journal in output"),
    ],
)
def test_what_makes_no_sense_is_refused_without_naming_anybody(
    person: InProcess, words: tuple[str, ...], said: str
) -> None:
    ran = person.enter("suppress", *words)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert "jane" not in ran.err


def test_an_address_may_be_typed_where_nobody_can_read_the_command_line(user: User) -> None:
    ran = user.on_terminal("suppress", "add", "--email", "-", answers=[("E-mail address", JANE)])
    assert (ran.code, ran.out) == (0, "1 entry added\n")
