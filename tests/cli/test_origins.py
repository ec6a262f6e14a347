"""Lists that come in archives, through a pipe or from an address, on the command line."""

from __future__ import annotations

import gzip
import json
import shlex
from pathlib import Path

import pytest

from tests.load.serving import http_server

from .test_bad_input import CHECK, MAP, RUN, Bad, archive, assert_refused, meet
from .user import COMMAND, LIST, InProcess, User

MAPPED = ("--mapping", "map.yaml")
PACKED = gzip.compress(LIST.encode(), mtime=0)
PIPED = ("sh", "-c", f'exec {shlex.quote(str(COMMAND))} "$@" < list.csv', "sh")


def summary(user: User) -> dict[str, object]:
    found = sorted((user.folder / "output").glob("*/summary.json"))
    content: dict[str, object] = json.loads(found[-1].read_text(encoding="utf-8"))
    return content


def renamed(args: tuple[str, ...], name: str) -> tuple[str, ...]:
    return (args[0], name, *args[2:])


# ---------------------------------------------------------------------- well


def test_a_list_is_imported_from_standard_input(user: User) -> None:
    ran = user.run("run", "-", *MAPPED, program=PIPED)
    assert (ran.code, ran.err) == (0, "")
    assert summary(user)["file"] == "-"
    assert "Note: read from standard input" in ran.out
    assert len(user.sandbox.record()) == 1
    assert [one.name for one in (user.folder / "output").iterdir() if one.name.startswith(".")] == []


def test_the_next_command_after_a_check_is_the_same_list(person: InProcess) -> None:
    person.write("list.zip", archive())
    ran = person.enter("check", "list.zip", *MAPPED)
    assert ran.code == 0, ran
    assert "leadbyte-import run list.zip --mapping map.yaml" in ran.out
    assert "Note: read list.csv, the only list in list.zip" in ran.out
    assert summary(person)["file"] == "list.zip"


def test_a_packed_list_is_the_list_that_was_sent_before(person: InProcess) -> None:
    person.write("list.csv.gz", PACKED)
    assert person.enter(*RUN).code == 0
    ran = person.enter(*renamed(RUN, "list.csv.gz"))
    assert ran.code == 2
    assert "was sent to campaign EXAMPLE-CAMPAIGN before" in ran.err


@pytest.mark.parametrize(("name", "mapping"), [("list.csv.gz", "list"), ("list.zip", "list"), ("-", "stdin")])
def test_map_takes_any_list_and_asks_nothing_where_nobody_can_answer(user: User, name: str, mapping: str) -> None:
    user.write("list.csv.gz", PACKED)
    user.write("list.zip", archive())
    ran = user.run("map", name, "--campaign", "EXAMPLE-CAMPAIGN", program=PIPED)
    assert ran.code == 0, ran
    assert "Email: Email" in user.read(f"mappings/{mapping}.yaml")
    assert f"leadbyte-import check {name} --mapping mappings/{mapping}.yaml" in ran.err
    assert not (user.folder / "output").exists()


def test_the_copy_is_gone_before_the_first_lead_is_sent(person: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline import deliver, run

    carry_out, seen = deliver.carry_out, []

    def look(*args: object) -> object:
        seen.append((person.folder / "output/.incoming").exists())
        return carry_out(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(run, "carry_out", look)
    person.write("list.csv.gz", PACKED)
    assert person.enter(*renamed(RUN, "list.csv.gz")).code == 0
    assert seen == [False]


def test_nothing_keeps_or_shows_the_secrets_of_an_address(person: InProcess) -> None:
    with http_server({"/list.csv": (200, {}, LIST.encode())}) as (base, asked):
        where = f"{base}/list.csv?key=s3cret".replace("//", "//me:s3cret@")
        ran = person.enter(*renamed(RUN, where))
        told = person.enter(*renamed(MAP, where))
    assert (ran.code, told.code) == (0, 0), (ran, told)
    assert asked[0]["path"] == "/list.csv?key=s3cret"
    written = [one.read_bytes() for one in person.folder.rglob("*") if one.is_file()]
    assert b"s3cret" not in b"".join(written)
    assert "s3cret" not in ran.out + ran.err + told.out + told.err
    shown = f"{base}/list.csv?…".replace("//", "//…@")
    assert summary(person)["file"] == shown
    assert shlex.quote(shown) in told.err


# ---------------------------------------------------------------------- resume


def cut_off_while_planning(person: InProcess, monkeypatch: pytest.MonkeyPatch, *args: str) -> str:
    from pipeline import run

    def killed(*_: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(run, "plan_list", killed)
        assert person.enter(*args).code == 70
    ran = person.enter("resume", "none")
    return ran.err.partition("the latest are: ")[2].split()[0]


def test_a_packed_list_is_planned_again_whatever_packed_it(
    person: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    person.write("list.csv.gz", PACKED)
    run_id = cut_off_while_planning(person, monkeypatch, *renamed(RUN, "list.csv.gz"))
    person.write("list.csv.gz", gzip.compress(LIST.encode() + b"a,b,c@example.com,d,1\n"))
    assert_refused(person, person.enter("resume", run_id), "list.csv.gz has changed since run")
    person.write("list.csv.gz", gzip.compress(LIST.encode(), compresslevel=1))
    assert person.enter("resume", run_id).code == 0
    assert len(person.sandbox.record()) == 1


def test_an_address_is_asked_again(person: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    with http_server({"/list.csv": (200, {}, LIST.encode())}) as (base, asked):
        run_id = cut_off_while_planning(person, monkeypatch, *renamed(RUN, f"{base}/list.csv"))
        assert person.enter("resume", run_id).code == 0
    assert len(asked) == 2
    assert len(person.sandbox.record()) == 1


def test_what_cannot_be_read_again_is_asked_for(person: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    with http_server({"/list.csv": (200, {}, LIST.encode())}) as (base, _):
        run_id = cut_off_while_planning(person, monkeypatch, *renamed(RUN, f"{base}/list.csv?key=s3cret"))
        ran = person.enter("resume", run_id)
    assert_refused(person, ran, "where its list came from", "give the list to `leadbyte-import run` again")
    assert "s3cret" not in ran.err


# ---------------------------------------------------------------------- ill

ILL = [
    Bad("breaks off", "is incomplete", "list.csv.gz", "Download", files={"list.csv.gz": PACKED[:-10]}),
    Bad("damaged", "is a damaged archive", "list.xz", "Download", files={"list.xz": b"\xfd7zXZ\0" + bytes(99)}),
    Bad("no archive", "is not what its name says", "list.csv.bz2", "log-in page", files={"list.csv.bz2": LIST}),
    Bad("not there", "does not exist", "list.zip", "Did you mean list.csv?"),
    Bad("folder", "is a folder", "list.zip", "Name the list inside", files={"list.zip": "/"}),
    Bad("empty", "is empty", "list.csv.zst", "Check that", files={"list.csv.zst": ""}),
    Bad("empty inside", "is empty", "list.csv.gz", "Check that", files={"list.csv.gz": gzip.compress(b"")}),
    Bad("not encrypted", "is not encrypted", "http://example.com/list.csv", "https://"),
    Bad("unknown kind", "is no kind of address", "teleport://example.com/list.csv", "https://"),
    Bad("nobody there", "cannot be read", "http://127.0.0.1:9/list.csv", "Check the address"),
]


@pytest.mark.parametrize("args", [RUN, CHECK, MAP], ids=["run", "check", "map"])
@pytest.mark.parametrize("bad", ILL, ids=lambda bad: bad.name.replace(" ", "-"))
def test_what_cannot_be_read_is_refused_and_leaves_nothing_behind(
    person: InProcess, bad: Bad, args: tuple[str, ...]
) -> None:
    # An empty list inside an archive is called by its own name.
    name = bad.place.removesuffix(".gz") if bad.name == "empty inside" else bad.place
    assert_refused(person, meet(person, bad, renamed(args, bad.place)), bad.thing, name, bad.next_step)


@pytest.mark.parametrize("args", [RUN, CHECK, MAP], ids=["run", "check", "map"])
def test_an_empty_pipe_is_refused(user: User, args: tuple[str, ...]) -> None:
    assert_refused(user, user.run(*renamed(args, "-")), "stdin is empty", "Did the command before the | fail?")


def test_a_terminal_is_not_waited_for(user: User) -> None:
    ran = user.on_terminal(*renamed(CHECK, "-"))
    assert_refused(user, ran, "nothing is piped into it", "< LIST.csv")
    assert not Path(user.folder / "output").exists()
