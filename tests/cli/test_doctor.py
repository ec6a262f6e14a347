"""`doctor`, as a person and as a program see it."""

from __future__ import annotations

import json

from pipeline.sandbox import Sandbox

from .user import InProcess


def test_a_person_is_told_line_by_line_with_the_cure_below(person: InProcess, sandbox: Sandbox) -> None:
    ran = person.enter("doctor", "--mapping", "map.yaml", LEADBYTE_ACOUNT="acme")
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert any(line.startswith("ok    campaigns     the key sees 5 campaigns") for line in lines)
    told = next(number for number, line in enumerate(lines) if line.startswith("warn  variables "))
    assert lines[told + 1].strip().startswith("next: correct its name")
    assert lines[-1].endswith("1 to look at, 0 to mend")
    assert sandbox.key not in ran.out
    assert sandbox.record() == []


def test_a_program_reads_the_checks_and_the_exit_code(person: InProcess) -> None:
    ran = person.enter("doctor", "--offline", "--json", LEADBYTE_BASE_URL="")
    assert ran.code == 2
    document = json.loads(ran.out)
    assert (document["format"], document["ok"]) == (1, False)
    assert all(set(one) == {"check", "state", "says", "cure"} for one in document["checks"])
    failed = {one["check"] for one in document["checks"] if one["state"] == "fail"}
    assert failed == {"account"}
    assert person.enter("doctor", "--offline", "--json").code == 0


def test_the_key_is_shown_nowhere_whatever_is_wrong(person: InProcess, sandbox: Sandbox) -> None:
    person.write(".env", f"LEADBYTE_API_KEY={sandbox.key}\nLEADBYTE_APIKEY={sandbox.key}\n")
    for changes in (
        {"LEADBYTE_API_KEY": ""},
        {"LEADBYTE_API_KEY": f"{sandbox.key} twice"},
        {"LEADBYTE_API_KEY": f"your-{sandbox.key}"},
        {"LEADBYTE_BASE_URL": f"https://{sandbox.key}@acme.leadbyte.com"},
        {"LEADBYTE_API_VERSION": sandbox.key},
    ):
        ran = person.enter("doctor", "--offline", **changes)
        assert sandbox.key not in ran.out + ran.err, changes
