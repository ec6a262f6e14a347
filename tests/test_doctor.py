from __future__ import annotations

import json
import os
import re
import socket
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pytest

from pipeline.doctor import Asked, Finding, State, examine
from pipeline.doctor.configuring import read_env_file, variables
from pipeline.doctor.folder import disk, file_system, folder
from pipeline.doctor.machine import machine
from pipeline.doctor.network import certificate, clock, network
from pipeline.journal.schema import STEPS
from pipeline.locks import opened_journal
from pipeline.run import import_list
from pipeline.sandbox import Sandbox
from pipeline.sandbox.keys import NO_SEARCH_KEY
from pipeline.world import World
from tests.delivery import (
    CERTIFICATE,
    KEY,
    MAPPING,
    RawServer,
    _clean_environment,  # noqa: F401 - an autouse fixture
    answering,
    email,
    http,
    journal_of,
    leadbyte,
    nowhere,
    order,
    planned,
    settings,
)
from tests.load.serving import write_certificate

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
posix = pytest.mark.skipif(sys.platform == "win32", reason="permissions as POSIX has them")
GB = 1 << 30


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(key=KEY) as running:
        yield running


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def examined(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., dict[str, Finding]]:
    """All that `doctor` finds with this environment, by check; where one says several things, the worst of them."""

    def examine_here(
        environment: Mapping[str, str] | None = None, clock: Callable[[], datetime] = now, **asked: Any
    ) -> dict[str, Finding]:
        for name, value in (environment or {}).items():
            monkeypatch.setenv(name, value)
        found: dict[str, Finding] = {}
        order = list(State)
        for one in examine(Asked(tmp_path / "output", **asked), clock, os.environ):
            assert KEY not in f"{one.says} {one.cure}"
            assert one.cure or one.state in (State.OK, State.SKIP), "whoever is told of a fault is told of its cure"
            before = found.get(one.check)
            if before is None or order.index(one.state) > order.index(before.state):
                found[one.check] = one
        return found

    return examine_here


def at(sandbox: Sandbox, key: str = KEY) -> dict[str, str]:
    return {"LEADBYTE_BASE_URL": sandbox.base_url, "LEADBYTE_API_KEY": key}


def states(found: Mapping[str, Finding]) -> dict[str, str]:
    return {name: one.state.value for name, one in found.items() if one.state is not State.OK}


Examined = Callable[..., dict[str, Finding]]


# ---------------------------------------------------------------------- as a whole


def test_where_all_is_well_every_check_says_so_and_nothing_is_sent(
    sandbox: Sandbox, tmp_path: Path, examined: Examined
) -> None:
    wanted = order(tmp_path, [email(0)])
    import_list(wanted, leadbyte(sandbox.base_url), World())
    sandbox.clear()
    found = examined(at(sandbox), mappings=[wanted.mapping])
    assert states(found) == {}
    assert set(found) == {
        "python", "packages", "env_file", "variables", "account", "key", "log", "connection", "clock",
        "campaigns", "queue", "search", "mapping", "folder", "state_folder", "disk", "file_system", "journal",
        "lock", "unfinished",
    }  # fmt: skip
    assert sandbox.record() == []
    asked = {(method, path) for method, path in sandbox.requests() if method != "GET"}
    assert asked == {("HEAD", "/"), ("POST", "/restapi/v1.3/leads/search")}, "a search changes nothing"


def test_offline_asks_nothing_of_the_network(sandbox: Sandbox, tmp_path: Path, examined: Examined) -> None:
    mapping = order(tmp_path, []).mapping
    found = examined(at(sandbox), mappings=[mapping], offline=True)
    assert found["connection"].state is State.SKIP
    assert "was not asked" in found["mapping"].says
    assert sandbox.requests() == []


def test_what_one_check_finds_keeps_no_other_from_being_made(examined: Examined) -> None:
    found = examined({"LEADBYTE_READ_TIMEOUT": "soon"})
    assert states(found) == {"configuration": "fail", "connection": "skip"}
    assert "LEADBYTE_READ_TIMEOUT" in found["configuration"].says
    assert {"folder", "disk", "journal"} <= set(found)


# ---------------------------------------------------------------------- the configuration


@pytest.mark.parametrize(
    ("environment", "check", "words"),
    [
        ({}, "account", "no LeadByte account"),
        ({"LEADBYTE_ACCOUNT": "https://acme.leadbyte.com"}, "account", "not an account's name"),
        ({"LEADBYTE_BASE_URL": "http://acme.leadbyte.com"}, "account", "not an https address"),
        ({"LEADBYTE_ACCOUNT": "acme", "LEADBYTE_CA_BUNDLE": "nowhere.pem"}, "account", "no file nowhere.pem"),
        ({"LEADBYTE_ACCOUNT": "acme"}, "key", "no API key"),
        ({"LEADBYTE_ACCOUNT": "acme", "LEADBYTE_API_KEY": "your-api-key"}, "key", "placeholder"),
        ({"LEADBYTE_ACCOUNT": "acme", "LEADBYTE_API_KEY": "<key>"}, "key", "placeholder"),
        ({"LEADBYTE_ACCOUNT": "acme", "LEADBYTE_API_KEY": "XXXXXXXX"}, "key", "placeholder"),
        ({"LEADBYTE_ACCOUNT": "acme", "LEADBYTE_API_KEY": "4711 0815"}, "key", "a space"),
        ({"LEADBYTE_ACCOUNT": "acme", "LEADBYTE_API_KEY": '"47110815"'}, "key", "a quote"),
        ({"LEADBYTE_ACCOUNT": "acme", "LEADBYTE_API_KEY": "sandbox-key"}, "key", "the sandbox's key"),
        ({"LEADBYTE_LOG": "nowhere/all.log"}, "log", "cannot be written"),
    ],
)
def test_a_wrong_configuration_fails(examined: Examined, environment: dict[str, str], check: str, words: str) -> None:
    found = examined(environment, offline=True)
    assert found[check].state is State.FAIL
    assert words in found[check].says
    for value in environment.values():
        assert value not in found[check].says or check != "key"


def test_an_address_that_is_not_leadbytes_is_to_be_looked_at(examined: Examined) -> None:
    found = examined({"LEADBYTE_BASE_URL": "https://leads.example.com", "LEADBYTE_API_KEY": KEY}, offline=True)
    assert found["account"].state is State.WARN
    found = examined({"LEADBYTE_BASE_URL": "https://acme.leadbyte.co.uk"}, offline=True)
    assert found["account"].state is State.OK


@posix
def test_an_env_file_that_others_can_read_is_told(tmp_path: Path, examined: Examined) -> None:
    file = tmp_path / ".env"
    file.write_text(f"LEADBYTE_ACCOUNT=acme\nLEADBYTE_API_KEY={KEY}\n", encoding="utf-8")
    file.chmod(0o644)
    found = examined(offline=True)
    assert (found["env_file"].state, found["env_file"].cure) == (State.WARN, "chmod 600 .env")
    assert found["key"].says == f"set in .env, {len(KEY)} characters"
    file.chmod(0o600)
    assert examined(offline=True)["env_file"].state is State.OK


def test_an_env_file_that_is_no_text_is_told_by_the_configuration(tmp_path: Path, examined: Examined) -> None:
    (tmp_path / ".env").write_bytes("LEADBYTE_ACCOUNT=acme".encode("utf-16"))
    assert "not text in UTF-8" in examined(offline=True)["configuration"].says


@pytest.mark.parametrize(
    ("environment", "in_file", "words"),
    [
        ({"LEADBYTE_ACOUNT": "x"}, {}, "LEADBYTE_ACOUNT in the environment (did you mean LEADBYTE_ACCOUNT?)"),
        ({}, {"LEADBYTE_APIKEY": "x"}, "LEADBYTE_APIKEY in .env (did you mean LEADBYTE_API_KEY?)"),
        ({}, {"API_KEY": "x"}, "API_KEY in .env (did you mean LEADBYTE_API_KEY?)"),
        ({}, {"LEADBYTEAPI_KEY": "x"}, "LEADBYTEAPI_KEY in .env (did you mean LEADBYTE_API_KEY?)"),
        ({"LEADBYTE_ACCOUNT": "a"}, {"LEADBYTE_ACCOUNT": "b"}, "not the same: LEADBYTE_ACCOUNT"),
    ],
)
def test_a_variable_that_nobody_reads_is_named_with_the_nearest_right_one(
    environment: dict[str, str], in_file: dict[str, str], words: str
) -> None:
    found = variables(environment, in_file)
    assert found.state is State.WARN
    assert words in found.says


def test_variables_of_others_and_the_same_one_twice_are_no_matter() -> None:
    same = {"LEADBYTE_ACCOUNT": "a", "leadbyte_api_key": "b"}
    found = variables(same | {"API_KEY": "of another program"}, same | {"DATABASE_URL": "x", "LOG": "y"})
    assert (found.state, found.says) == (State.OK, "LEADBYTE_ACCOUNT, leadbyte_api_key")


def test_the_env_file_is_read_as_the_program_reads_it(tmp_path: Path) -> None:
    (tmp_path / "env").write_text("# none\nexport LEADBYTE_ACCOUNT='acme'\nLEADBYTE_LOG=\n", encoding="utf-8")
    assert read_env_file(tmp_path / "env") == {"LEADBYTE_ACCOUNT": "acme"}
    assert read_env_file(tmp_path / "none") == {}


# ---------------------------------------------------------------------- the network


def reached(url: str, **changes: Any) -> dict[str, Finding]:
    return {one.check: one for one in network(settings(url, **changes), now)}


def test_nobody_who_listens_a_name_that_is_none_and_silence_fail() -> None:
    refused = reached(nowhere())["connection"]
    assert (refused.state, "refused" in refused.says) == (State.FAIL, True)
    unknown = reached("https://leadbyte-import-test.invalid")["connection"]
    assert (unknown.state, "nobody knows the name" in unknown.says) == (State.FAIL, True)

    def silent(server: RawServer, connection: socket.socket) -> None:
        server.over.wait(5)

    with RawServer(silent) as server:
        found = reached(server.url.replace("http:", "https:"), connect_timeout=0.2)
    assert found["connection"].state is State.FAIL
    assert "did not answer within 0.2 s" in found["connection"].says


def test_a_certificate_that_does_not_verify_fails_although_somebody_listens(tmp_path: Path) -> None:
    pem = tmp_path / "server.pem"
    pem.write_text(CERTIFICATE, encoding="ascii")
    with RawServer(answering(http(b"")), pem) as server:
        found = reached(server.url)
    assert (found["connection"].state, found["certificate"].state) == (State.OK, State.FAIL)
    assert "self-signed certificate" in found["certificate"].says.replace("self signed", "self-signed")
    assert "LEADBYTE_CA_BUNDLE" in found["certificate"].cure
    assert server.requests == []


def test_a_server_without_tls_and_a_bundle_that_is_none_fail(tmp_path: Path) -> None:
    def plain(_server: RawServer, connection: socket.socket) -> None:
        connection.recv(10)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with RawServer(plain) as server:
        found = reached(server.url.replace("http:", "https:"))
    assert found["certificate"].state is State.FAIL
    (tmp_path / "bundle.pem").write_text("no certificate", encoding="ascii")
    found = reached("https://127.0.0.1:1", ca_bundle=str(tmp_path / "bundle.pem"))
    assert "is not a file of certificates" in found["certificate"].says


def test_a_certificate_that_expires_soon_is_told(tmp_path: Path) -> None:
    soon = write_certificate(tmp_path / "soon.pem")
    with RawServer(answering(http(b"", "Date: Mon, 23 Nov 2026 02:00:00 GMT")), soon) as server:
        found = reached(server.url, ca_bundle=str(soon))
    assert (found["connection"].state, found["certificate"].state) == (State.OK, State.WARN)
    assert "for 0 days" in found["certificate"].says
    (request,) = server.requests
    assert request.startswith(b"HEAD / HTTP/1.1\r\n")
    assert KEY.encode() not in request


def test_a_certificate_is_looked_after_fourteen_days_before_its_end() -> None:
    def valid(**left: int) -> State:
        until = (NOW + timedelta(**left)).strftime("%b %d %H:%M:%S %Y GMT")
        return certificate({"notAfter": until}, NOW).state

    assert (valid(days=14, hours=1), valid(days=13, hours=23)) == (State.OK, State.WARN)
    assert certificate({}, NOW).state is State.SKIP


@pytest.mark.parametrize(
    ("off", "state", "words"),
    [
        (0, State.OK, "right within 1 s"),
        (59, State.OK, "59 s"),
        (61, State.WARN, "61 s fast"),
        (-3600, State.WARN, "slow"),
    ],
)
def test_a_clock_that_is_more_than_a_minute_off_is_told(off: int, state: State, words: str) -> None:
    found = clock("Mon, 23 Nov 2026 02:00:00 GMT", NOW + timedelta(seconds=off))
    assert found.state is state
    assert words in found.says


def test_an_answer_without_a_time_says_nothing_of_the_clock() -> None:
    assert [clock(said, NOW).state for said in ("", "soon")] == [State.SKIP, State.SKIP]


def test_the_clock_is_compared_with_the_servers(sandbox: Sandbox, examined: Examined) -> None:
    found = examined(at(sandbox), clock=lambda: datetime.now(UTC) + timedelta(hours=1))
    assert found["clock"].state is State.WARN
    assert "fast" in found["clock"].says


# ---------------------------------------------------------------------- a proxy


@contextmanager
def proxy_to(port: int, status: str = "200 OK") -> Iterator[tuple[str, list[bytes]]]:
    """A proxy that lets its clients through to this machine's `port`, whatever they ask for."""
    asked: list[bytes] = []

    def behave(server: RawServer, client: socket.socket) -> None:
        asked.append(server.read(client))
        client.sendall(f"HTTP/1.1 {status}\r\n\r\n".encode())
        if not status.startswith("200"):
            return
        with socket.create_connection(("127.0.0.1", port)) as onward:
            back = threading.Thread(target=_pass_on, args=(onward, client), daemon=True)
            back.start()
            _pass_on(client, onward)
            back.join(5)

    with RawServer(behave) as server:
        yield f"127.0.0.1:{server.port}", asked


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while block := source.recv(65536):
            target.sendall(block)
        target.shutdown(socket.SHUT_WR)


def test_the_certificate_is_looked_at_through_the_proxy_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pem = write_certificate(tmp_path / "server.pem")
    with RawServer(answering(http(b"")), pem) as server, proxy_to(server.port) as (where, asked):
        monkeypatch.setenv("HTTPS_PROXY", f"http://somebody:s3cret@{where}")
        # Not a loopback address, which no proxy is asked for; the certificate is 127.0.0.1's.
        found = reached("https://leadbyte.example:8443", ca_bundle=str(pem))
    assert found["proxy"].says == f"http://{where}, by the environment"
    assert found["connection"].state is State.OK
    assert found["certificate"].state is State.FAIL
    assert "leadbyte.example" in found["certificate"].says
    assert asked[0].startswith(b"CONNECT leadbyte.example:8443 ")
    assert b"Proxy-Authorization: Basic c29tZWJvZHk6czNjcmV0" in asked[0]
    assert not any("s3cret" in one.says + one.cure for one in found.values())


def test_a_proxy_that_refuses_or_cannot_be_looked_through_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with proxy_to(1, "407 Proxy Authentication Required") as (where, _asked):
        monkeypatch.setenv("HTTPS_PROXY", f"http://{where}")
        found = reached("https://leadbyte.example")
    assert (found["connection"].state, "the proxy refused" in found["connection"].says) == (State.FAIL, True)
    monkeypatch.setenv("HTTPS_PROXY", "socks5://127.0.0.1:1")
    assert reached("https://leadbyte.example")["connection"].state is State.SKIP


# ---------------------------------------------------------------------- what the key may do


def test_a_key_that_may_not_look_back_is_to_be_looked_at(sandbox: Sandbox, examined: Examined) -> None:
    found = examined(at(sandbox, NO_SEARCH_KEY))
    assert states(found) == {"queue": "warn", "search": "warn"}
    assert "`reconcile`" in found["queue"].says
    assert "API queue" in found["queue"].cure
    assert "Leads > Search" in found["search"].cure


def test_a_key_that_is_refused_fails_once(sandbox: Sandbox, examined: Examined) -> None:
    found = examined(at(sandbox, "another"))
    assert states(found) == {"campaigns": "fail", "queue": "skip", "search": "skip"}


def test_an_answer_that_says_nothing_of_a_permission_is_no_fault(sandbox: Sandbox, examined: Examined) -> None:
    sandbox.fault_next_question("http500")
    sandbox.fault_next_question("http429always")
    found = examined(at(sandbox))
    assert states(found) == {"queue": "skip", "search": "skip"}
    assert "HTTP 429" in found["search"].says


@pytest.mark.parametrize(("answer", "words"), [(b"[]", "0 campaigns"), (b"<html>", "is not JSON")])
def test_an_account_without_campaigns_and_an_address_that_is_none_of_leadbytes(
    examined: Examined, answer: bytes, words: str
) -> None:
    with RawServer(answering(http(answer))) as server:
        found = examined({"LEADBYTE_BASE_URL": server.url, "LEADBYTE_API_KEY": KEY})
    assert words in found["campaigns"].says
    assert found["campaigns"].state is (State.WARN if answer == b"[]" else State.FAIL)


# ---------------------------------------------------------------------- mappings


@pytest.mark.parametrize(
    ("text", "campaign", "state", "words"),
    [
        (MAPPING, "", State.OK, "fits EXAMPLE-CAMPAIGN: 5 fields"),
        (MAPPING + "ignore: [Notes, Agreed]\nchecks: {optin_url: {column: Agreed}}\n", "", State.OK, "fits"),
        (MAPPING.replace("Last_Name", "Lost_Name"), "", State.FAIL, "Last_Name"),
        (MAPPING.replace(", Car: make_of_car", ""), "", State.FAIL, "'make_of_car' is fed by nothing"),
        (MAPPING, "NOSUCH", State.FAIL, "no campaign 'NOSUCH'"),
        (MAPPING, "OLD-CAMPAIGN", State.FAIL, "not active"),
        (MAPPING.replace("campaign: EXAMPLE-CAMPAIGN\n", ""), "", State.WARN, "names no campaign"),
        ("columns: [", "", State.FAIL, "line 1"),
    ],
)  # fmt: skip
def test_a_mapping_is_fitted_to_its_campaign(
    sandbox: Sandbox, tmp_path: Path, examined: Examined, text: str, campaign: str, state: State, words: str
) -> None:
    path = tmp_path / "m.yaml"
    path.write_text(text, encoding="utf-8")
    found = examined(at(sandbox), mappings=[path], campaign=campaign)
    assert found["mapping"].state is state
    assert words in found["mapping"].says
    assert str(path) in found["mapping"].says


# ---------------------------------------------------------------------- the folder


@posix
def test_a_folder_that_others_can_read_is_told(tmp_path: Path, examined: Examined) -> None:
    (tmp_path / "output").mkdir(mode=0o755)
    (tmp_path / "output").chmod(0o755)
    found = examined(offline=True)
    assert (found["folder"].state, found["folder"].cure) == (State.WARN, f"chmod 700 {tmp_path / 'output'}")


def test_a_folder_that_is_a_file_fails(tmp_path: Path, examined: Examined) -> None:
    (tmp_path / "output").write_text("", encoding="utf-8")
    found = examined(offline=True)
    assert found["folder"].state is State.FAIL


def test_a_folder_that_cannot_be_made_fails() -> None:
    Path("file").write_text("", encoding="utf-8")
    found = folder(Path("file") / "output")
    assert found.state is State.FAIL
    assert "cannot be made" in found.says


@pytest.mark.parametrize(
    ("free", "size", "state"),
    [
        (40 << 20, 500 * GB, State.FAIL),
        (GB - 1, 2 * GB, State.WARN),
        (GB + 1, 2 * GB, State.OK),
        (15 * GB, 500 * GB, State.WARN),
        (30 * GB, 2000 * GB, State.OK),
    ],
)
def test_a_disk_is_full_by_what_is_left_and_by_its_share(tmp_path: Path, free: int, size: int, state: State) -> None:
    found = disk(tmp_path, free, size)
    assert found.state is state
    assert f"{free / GB:.1f} GB free" in found.says


def test_a_folder_of_another_machine_is_told(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    lines = [
        "/dev/sda1 / ext4 rw 0 0",
        f"server:/leads {tmp_path}/my\\040share nfs4 rw 0 0",
        f"/dev/sdb1 {tmp_path}/my\\040share/local xfs rw 0 0",
    ]
    mounts.write_text("\n".join(lines), encoding="utf-8")
    for name in ("my share/local", "my share/output"):
        (tmp_path / name).mkdir(parents=True)
    assert file_system(tmp_path, mounts).says == "a disk of this machine (ext4)"
    assert file_system(tmp_path / "my share" / "local" / "new", mounts).state is State.OK
    there = file_system(tmp_path / "my share" / "output", mounts)
    assert there.state is State.WARN
    assert "nfs4" in there.says
    assert file_system(tmp_path, tmp_path / "none").state is State.SKIP


# ---------------------------------------------------------------------- the journal and what waits


def output_of(tmp_path: Path) -> Path:
    folder = tmp_path / "output"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def test_a_damaged_journal_fails(tmp_path: Path, examined: Examined) -> None:
    with journal_of(output_of(tmp_path), planned(2000)):
        pass
    path = tmp_path / "output" / "journal.sqlite3"
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 8192] = b"\xff" * 8192
    path.write_bytes(content)
    found = examined(offline=True)["journal"]
    assert found.state is State.FAIL
    assert "damaged" in found.says
    assert "backup" in found.cure


def test_what_is_no_journal_fails_and_an_old_one_is_brought_up_to_date_later(
    tmp_path: Path, examined: Examined
) -> None:
    path = output_of(tmp_path) / "journal.sqlite3"
    db = sqlite3.connect(path)
    db.executescript(f"{STEPS[0]};PRAGMA user_version=1")
    db.close()
    found = examined(offline=True)
    assert found["journal"].state is State.OK
    assert "format 1; the next run brings it up to date" in found["journal"].says
    path.write_bytes(b"no database at all" * 100)
    assert examined(offline=True)["journal"].state is State.FAIL


def test_a_ledger_without_its_key_fails(sandbox: Sandbox, tmp_path: Path, examined: Examined) -> None:
    import_list(order(tmp_path, [email(0)]), leadbyte(sandbox.base_url), World())
    assert "ledger_key" not in examined(offline=True)
    (tmp_path / "output" / "ledger.key").unlink()
    found = examined(offline=True)
    assert found["ledger_key"].state is State.FAIL


def test_who_has_the_folder_is_named_and_who_was_killed(tmp_path: Path, examined: Examined) -> None:
    with opened_journal(output_of(tmp_path), NOW):
        found = examined(offline=True)["lock"]
        assert (found.state, f"process {os.getpid()} on" in found.says) == (State.OK, True)
        assert examined(offline=True)["journal"].state is State.OK, "looked at while another has it"
    assert examined(offline=True)["lock"].says == "free"
    about = {"pid": 2**22 + 5, "host": socket.gethostname(), "since": NOW.isoformat()}
    (tmp_path / "output" / "journal.holder").write_text(json.dumps(about), encoding="utf-8")
    found = examined(offline=True)["lock"]
    assert (found.state, "was killed" in found.says) == (State.OK, True)


def test_runs_that_wait_are_told_with_what_goes_on(sandbox: Sandbox, tmp_path: Path, examined: Examined) -> None:
    run_ids = [
        import_list(order(tmp_path, [email(n), email(n + 100)], limit=1), leadbyte(sandbox.base_url), World()).run_id
        for n in range(7)
    ]
    findings = [
        one for one in examine(Asked(tmp_path / "output", offline=True), now, {}) if one.check == "unfinished"
    ]
    assert {one.state for one in findings} == {State.WARN}
    assert len(findings) == 6
    assert "2 more runs are unfinished" in findings[-1].says
    latest = max(run_ids)
    assert f"run {latest} of " in findings[0].says
    assert "stopped: --limit, 1 rows not sent" in findings[0].says
    assert f"leadbyte-import resume {latest}" in findings[0].cure


# ---------------------------------------------------------------------- the program


def test_a_package_that_is_missing_fails() -> None:
    def without_pandas(name: str) -> str:
        if name == "pandas":
            raise PackageNotFoundError(name)
        return version(name)

    found = {one.check: one for one in machine(without_pandas)}
    assert (found["packages"].state, found["packages"].says) == (State.FAIL, "missing: pandas")
    assert {one.state for one in machine()} == {State.OK}


def test_the_document_has_every_check() -> None:
    top = Path(__file__).parents[1]
    text = (top / "docs" / "operations.md").read_text(encoding="utf-8").partition("## What is wrong here")[2]
    told = {
        name for first in re.findall(r"^\| (`.*?) \|", text, re.MULTILINE) for name in re.findall(r"`(\w+)`", first)
    }
    source = "".join(path.read_text(encoding="utf-8") for path in (top / "pipeline" / "doctor").glob("*.py"))
    made = set(re.findall(r"\b(?:ok|warn|fail|failed|skip)\(\s*\"(\w+)\"", source))
    assert len(made) > 15
    assert told == made
