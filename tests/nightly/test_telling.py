"""Nights are told by real mail, webhooks and pings on this machine; whatever fails changes nothing else."""

from __future__ import annotations

import json
import logging
import os
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from pipeline.errors import ConfigError, InputError, RunLocked
from pipeline.nightly.channels import Channels, Mail, check
from pipeline.nightly.digest import words
from pipeline.nightly.model import FileReport, FileState, JobReport, Night
from pipeline.nightly.night import run_night
from pipeline.nightly.telling import Teller, subject
from pipeline.sandbox import Sandbox

from ..delivery import CERTIFICATE, ROOT
from .serving import PASSWORD, USER, Posted, Web, mail_server, web_server

NOW = datetime(2026, 11, 24, 2, 5, tzinfo=UTC)
SECRET = "T0KEN/that-nobody-may-see"

IMPORTED = FileReport("acme", "acme_20261123.csv", FileState.IMPORTED, "", rows=3, outcomes={"accepted": 3})
STOPPED = FileReport(
    "acme", "acme_20261123.csv", FileState.STOPPED, "the campaign's cap was reached; 1,204 rows wait",
    outcomes={"accepted": 1, "not_sent": 1204}, exit_code=3, next_step="resume RUN", needs_a_person=True,
)  # fmt: skip


def night_of(*files: FileReport, **changes: Any) -> Night:
    times = ("2026-11-24T02:00:00+00:00", "2026-11-24T02:05:00+00:00")
    return replace(Night(*times, jobs=(JobReport("acme", files),)), **changes)


GOOD, BAD = night_of(IMPORTED), night_of(STOPPED)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """For 127.0.0.1, vouched for by nobody but itself."""
    path = tmp_path / "certificate.pem"
    path.write_text(CERTIFICATE, encoding="ascii")
    return path


@pytest.fixture
def web() -> Iterator[Web]:
    with web_server() as server:
        yield server


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [one for one in os.environ if one.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)


class Slept(list[float]):
    """Sleeps in no time, and knows for how long."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def teller(channels: Channels, slept: Slept | None = None, **changes: Any) -> Teller:
    return Teller(channels, sleep=Slept() if slept is None else slept, now=lambda: NOW, **changes)


def mail_to(port: int, to: tuple[str, ...] = ("ops@example.com",), **changes: Any) -> Mail:
    return replace(Mail(to, "importer@example.com", "127.0.0.1", port), **changes)


def by_mail(port: int, when: Any = "always", certificates: str | bool = True, **changes: Any) -> Channels:
    return Channels(mail=mail_to(port, **changes), when=when, certificates=certificates)


def by_webhook(web: Web, when: Any = "always") -> Channels:
    return Channels(webhook=SecretStr(f"{web.url}/{SECRET}"), when=when)


def by_ping(web: Web, when: Any = "always") -> Channels:
    return Channels(ping=SecretStr(f"{web.url}/{SECRET}"), when=when)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def body_of(mail: EmailMessage) -> str:
    return str(mail.get_content()).replace("\r\n", "\n")


def text_of(posted: Posted) -> str:
    document = json.loads(posted.body)
    assert set(document) == {"text"}
    return str(document["text"])


# ---------------------------------------------------------------------- who is told of what


def test_a_night_with_nothing_to_do_is_told_to_the_watch_alone(web: Web) -> None:
    with mail_server() as box:
        channels = replace(
            by_mail(box.port, when="problems"),
            webhook=SecretStr(f"{web.url}/hook"),
            ping=SecretStr(f"{web.url}/ping"),
        )
        assert teller(channels).tell(GOOD) == ()

    assert box.mails == []
    assert web.paths == ["/ping"]


def test_a_night_with_something_to_do_is_told_by_every_channel(web: Web) -> None:
    with mail_server() as box:
        channels = replace(
            by_mail(box.port, when="problems"),
            webhook=SecretStr(f"{web.url}/hook"),
            ping=SecretStr(f"{web.url}/ping"),
        )
        assert teller(channels).tell(BAD) == ()

    assert len(box.mails) == 1
    assert web.paths == ["/hook", "/ping/fail"]


def test_a_good_night_is_told_to_people_who_want_to_hear_of_every_night(web: Web) -> None:
    teller(by_webhook(web, when="always")).tell(GOOD)

    assert len(web.posted) == 1


def test_without_channels_nobody_is_told() -> None:
    silent = teller(Channels())

    assert silent.begin() + silent.tell(BAD) + silent.broke(RunLocked("busy")) + silent.trial() == ()


def test_a_dry_run_is_told_to_nobody(web: Web) -> None:
    channels = replace(by_webhook(web), ping=SecretStr(web.url))

    teller(channels).tell(replace(BAD, dry_run=True))

    assert web.posted == []


def test_a_trial_reaches_every_channel_and_calls_nobody(web: Web) -> None:
    with mail_server() as box:
        channels = replace(
            by_mail(box.port, when="problems"),
            webhook=SecretStr(f"{web.url}/hook"),
            ping=SecretStr(f"{web.url}/ping"),
        )
        assert teller(channels).trial() == ()

    assert "trial" in str(box.mails[0]["Subject"])
    assert web.paths == ["/hook", "/ping"]


# ---------------------------------------------------------------------- mail


def test_a_mail_says_in_its_subject_whether_to_act_and_is_plain_text() -> None:
    with mail_server() as box:
        assert teller(by_mail(box.port, to=("ops@example.com", "sales@example.com"))).tell(BAD) == ()

    (mail,) = box.mails
    assert mail["Subject"] == subject(BAD)
    assert str(mail["Subject"]).startswith("ACT: ")
    assert (mail["From"], mail["To"]) == (
        "leadbyte-import <importer@example.com>",
        "ops@example.com, sales@example.com",
    )
    assert box.reached == [["ops@example.com", "sales@example.com"]]
    assert mail["Date"].datetime == NOW
    assert str(mail["Message-ID"]).endswith("@example.com>")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content_type() == "text/plain"
    assert body_of(mail) == words(BAD)


def test_the_subject_of_a_good_night_asks_for_nothing() -> None:
    assert not subject(GOOD).startswith("ACT")


def test_a_mail_goes_over_starttls_with_user_and_password(certificate: Path) -> None:
    login = {"security": "starttls", "user": USER, "password": SecretStr(PASSWORD)}
    with mail_server(starttls=certificate, login=True) as box:
        assert teller(by_mail(box.port, certificates=str(certificate), **login)).tell(BAD) == ()

    assert box.over_tls == [True]


def test_a_mail_goes_over_tls_from_the_first_byte(certificate: Path) -> None:
    with mail_server(tls=certificate) as box:
        assert teller(by_mail(box.port, certificates=str(certificate), security="tls")).tell(BAD) == ()

    assert len(box.mails) == 1


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_no_mail_goes_to_a_server_whose_certificate_nobody_vouches_for(certificate: Path, security: Any) -> None:
    slept = Slept()
    servers = {"starttls": lambda: mail_server(starttls=certificate), "tls": lambda: mail_server(tls=certificate)}
    with servers[security]() as box:
        (told,) = teller(by_mail(box.port, security=security), slept).tell(BAD)

    assert told.startswith("the mail could not be sent: the server's certificate does not verify: self")
    assert (box.mails, slept) == ([], [])


def test_no_mail_goes_to_a_server_of_another_name(certificate: Path) -> None:
    with mail_server(starttls=certificate) as box:
        channels = by_mail(box.port, certificates=str(certificate), security="starttls", host="localhost")
        (told,) = teller(channels).tell(BAD)

    assert "Hostname mismatch" in told
    assert box.mails == []


def test_a_mail_is_not_sent_in_clear_where_tls_was_asked_for() -> None:
    with mail_server() as box:
        (told,) = teller(by_mail(box.port, security="starttls")).tell(BAD)

    assert told.endswith("the server cannot do what is needed: STARTTLS extension not supported by server")
    assert box.mails == []


def test_a_wrong_password_is_told_without_it_and_tried_once(certificate: Path) -> None:
    login = {"security": "starttls", "user": USER, "password": SecretStr("wr0ng-passw0rd")}
    slept = Slept()
    with mail_server(starttls=certificate, login=True) as box:
        (told,) = teller(by_mail(box.port, certificates=str(certificate), **login), slept).tell(BAD)

    assert told == "the mail could not be sent: the server refused user and password (535)"
    assert (box.mails, slept) == ([], [])


def test_a_mail_server_that_is_not_there_is_tried_three_times() -> None:
    slept = Slept()

    (told,) = teller(by_mail(free_port()), slept).tell(BAD)

    assert told == "the mail could not be sent: the connection failed: Connection refused"
    assert slept == [2.0, 10.0]


def test_a_mail_server_that_does_not_answer_is_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        (told,) = teller(by_mail(mute.getsockname()[1]), timeout=0.05, deadline=5).tell(BAD)

    assert told == "the mail could not be sent: no answer came in time"


def test_a_mail_that_is_not_taken_now_is_offered_again() -> None:
    with mail_server() as box:
        box.answers = ["451 4.7.1 come back later"]
        assert teller(by_mail(box.port)).tell(BAD) == ()

    assert (box.offered, len(box.mails)) == (2, 1)


def test_a_mail_that_is_refused_for_good_is_offered_once() -> None:
    with mail_server() as box:
        box.answers = ["554 5.7.1 no, and ops@example.com knows why"] * 3
        (told,) = teller(by_mail(box.port)).tell(BAD)

    assert told == "the mail could not be sent: the server answered 554"
    assert box.offered == 1


def test_an_address_that_is_refused_does_not_keep_the_mail_from_the_others() -> None:
    with mail_server() as box:
        box.refusals = {"gone@example.com": "550 5.1.1 no gone@example.com here"}
        (told,) = teller(by_mail(box.port, to=("gone@example.com", "ops@example.com"))).tell(BAD)

    assert told == "the mail could not be sent: the server refused 1 of 2 addresses (550)"
    assert box.reached == [["ops@example.com"]]


@pytest.mark.parametrize(
    ("answer", "times"), [("550 5.1.1 no ops@example.com here", 0), ("450 4.2.1 the box is busy", 2)]
)
def test_a_mail_that_reaches_nobody_is_told(answer: str, times: int) -> None:
    slept = Slept()
    with mail_server() as box:
        box.refusals = {"ops@example.com": answer}
        (told,) = teller(by_mail(box.port), slept).tell(BAD)

    assert told == f"the mail could not be sent: the server refused everybody in `to` ({answer[:3]})"
    assert len(slept) == times


# ---------------------------------------------------------------------- webhook


def test_a_webhook_gets_the_digest_as_slack_reads_it(web: Web) -> None:
    assert teller(by_webhook(web)).tell(BAD) == ()

    (posted,) = web.posted
    assert posted.path == f"/{SECRET}"
    assert posted.headers["content-type"] == "application/json"
    first, _, rest = text_of(posted).partition("\n")
    assert first == subject(BAD)
    assert rest == f"```\n{words(BAD).partition(chr(10))[2].strip()}\n```"


def test_a_long_digest_is_cut_at_a_line_for_a_webhook(web: Web) -> None:
    files = [replace(IMPORTED, file=f"acme_{number}.csv") for number in range(200)]

    teller(by_webhook(web)).tell(night_of(*files))

    text = text_of(web.posted[0])
    assert len(text) < 4000
    assert text.endswith(".\n…\n```")


def test_a_webhook_is_tried_again_when_its_server_has_a_fault(web: Web) -> None:
    web.answers, slept = [(500, {}), (502, {})], Slept()

    assert teller(by_webhook(web), slept).tell(BAD) == ()

    assert (len(web.posted), slept) == (3, [2.0, 10.0])


def test_a_webhook_is_left_after_three_times(web: Web) -> None:
    web.answers = [(503, {})] * 5

    assert teller(by_webhook(web)).tell(BAD) == ("the webhook could not be sent: it answered HTTP 503",)

    assert len(web.posted) == 3


def test_a_webhook_is_tried_again_when_it_asks_to_be(web: Web) -> None:
    web.answers, slept = [(429, {"Retry-After": "7"})], Slept()

    assert teller(by_webhook(web), slept).tell(BAD) == ()

    assert slept == [7.0]


def test_a_webhook_that_asks_for_more_time_than_there_is_is_left(web: Web) -> None:
    web.answers, slept = [(429, {"Retry-After": "300"})], Slept()

    (told,) = teller(by_webhook(web), slept).tell(BAD)

    assert told == "the webhook could not be sent: it answered HTTP 429, and asks to be left alone for 300 s"
    assert (len(web.posted), slept) == (1, [])


@pytest.mark.parametrize("status", [400, 403, 404, 410])
def test_a_webhook_that_refuses_is_asked_once(web: Web, status: int) -> None:
    web.answers = [(status, {})]

    assert teller(by_webhook(web)).tell(BAD) == (f"the webhook could not be sent: it answered HTTP {status}",)

    assert len(web.posted) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(web: Web, status: int) -> None:
    with web_server() as other:
        web.answers = [(status, {"Location": f"{other.url}/elsewhere"})]
        (told,) = teller(by_webhook(web)).tell(BAD)

    assert "redirects are not followed" in told
    assert (len(web.posted), other.posted) == (1, [])


def test_no_webhook_goes_to_a_server_whose_certificate_nobody_vouches_for(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with web_server(certificate) as server:
        (told,) = teller(by_webhook(server)).tell(BAD)

    assert told == "the webhook could not be sent: its certificate does not verify"
    assert server.posted == []


def test_a_webhook_goes_to_a_server_that_is_vouched_for(certificate: Path) -> None:
    with web_server(certificate) as server:
        assert teller(replace(by_webhook(server), certificates=str(certificate))).tell(BAD) == ()

    assert len(server.posted) == 1


def test_a_webhook_that_does_not_answer_is_left(web: Web) -> None:
    web.silent = True

    (told,) = teller(by_webhook(web), timeout=0.05).tell(BAD)

    assert told == "the webhook could not be sent: no answer came in time"


def test_a_webhook_that_answers_for_ever_holds_no_night_up(web: Web) -> None:
    web.drips = True

    (told,) = teller(by_webhook(web), deadline=0.3).tell(BAD)

    assert told == "the webhook could not be sent: it took longer than 0.3 s"


def test_the_address_of_a_channel_is_in_no_word_and_no_log(web: Web, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    nowhere = SecretStr(f"http://127.0.0.1:{free_port()}/{SECRET}")
    odd = SecretStr(f"https://[{SECRET}")
    web.answers = [(404, {}), (302, {"Location": f"/{SECRET}"})]

    told = [
        *teller(Channels(webhook=nowhere, ping=odd)).tell(BAD),
        *teller(replace(by_webhook(web), ping=SecretStr(f"{web.url}/{SECRET}"))).tell(BAD),
    ]

    assert len(told) == 4
    assert SECRET not in "\n".join(told) + caplog.text
    assert SECRET not in repr(Channels(webhook=nowhere, ping=odd, mail=mail_to(1, password=SecretStr(SECRET))))


# ---------------------------------------------------------------------- ping


def test_the_watch_hears_that_a_night_begins_and_that_it_went_well(web: Web) -> None:
    pinging = teller(by_ping(web))

    assert pinging.begin() + pinging.tell(GOOD) == ()

    assert web.paths == [f"/{SECRET}/start", f"/{SECRET}"]
    assert web.posted[1].body.decode() == subject(GOOD)


def test_the_watch_hears_that_somebody_must_act(web: Web) -> None:
    teller(by_ping(web)).tell(BAD)

    assert web.paths == [f"/{SECRET}/fail"]
    assert web.posted[0].body.decode() == subject(BAD)


def test_the_watch_hears_that_a_night_was_cut_short(web: Web) -> None:
    teller(by_ping(web)).tell(replace(GOOD, interrupted=True))

    assert web.paths == [f"/{SECRET}/fail"]


def test_what_the_address_of_a_ping_asks_for_stays_behind_its_path(web: Web) -> None:
    channels = Channels(ping=SecretStr(f"{web.url}/key/nightly/?create=1"))

    teller(channels).tell(BAD)

    assert web.paths == ["/key/nightly/fail?create=1"]


def test_a_channel_that_fails_is_told_by_those_behind_it(web: Web) -> None:
    channels = replace(by_mail(free_port()), webhook=SecretStr(f"{web.url}/hook"), ping=SecretStr(f"{web.url}/ping"))

    told = teller(channels).tell(GOOD)

    assert told == ("the mail could not be sent: the connection failed: Connection refused",)
    hook, ping = web.posted
    assert told[0] in text_of(hook)
    assert ping.path == "/ping/fail"
    assert told[0] in ping.body.decode()


def test_a_ping_that_fails_is_told(web: Web) -> None:
    web.answers = [(404, {})]

    assert teller(by_ping(web)).begin() == ("the ping could not be sent: it answered HTTP 404",)


# ---------------------------------------------------------------------- nights that did not come to their end


def test_a_night_that_did_not_run_is_told_whatever_people_want_to_hear_of(web: Web) -> None:
    error = RunLocked("another run (process 12) uses output", "wait for it to end")
    with mail_server() as box:
        channels = replace(by_mail(box.port, when="problems"), ping=SecretStr(f"{web.url}/ping"))
        assert teller(channels).broke(error) == ()

    (mail,) = box.mails
    title = "ACT: the nightly import did not run: another run (process 12) uses output"
    assert mail["Subject"] == title
    assert body_of(mail) == f"{title}\nNext: wait for it to end\n"
    assert web.paths == ["/ping/fail"]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (InputError("there is no column '07700 900123'", "is '07700 900123' it?"), "there is no column"),
        (ValueError("07700 900123"), "ValueError"),
    ],
)
def test_words_that_may_quote_a_list_are_not_sent(web: Web, error: Exception, told: str) -> None:
    teller(replace(by_webhook(web), ping=SecretStr(web.url))).broke(error)

    assert len(web.posted) == 2
    for posted in web.posted:
        assert b"900123" not in posted.body
        assert told in posted.body.decode()


# ---------------------------------------------------------------------- names that mean harm

HOSTILE = "a\r\nBcc: thief@example.com\r\n\r\n<!channel> ```*x* <https://example.com|y>\x1b[2J\u202e\udcff`.csv"


def test_a_hostile_name_makes_no_header_and_no_line_of_a_mail() -> None:
    with mail_server() as box:
        assert teller(by_mail(box.port)).tell(night_of(replace(STOPPED, file=HOSTILE))) == ()
        assert teller(by_mail(box.port)).broke(RunLocked(f"{HOSTILE} is locked", HOSTILE)) == ()

    for mail in box.mails:
        assert mail["Bcc"] is None
        assert not any(line.startswith("Bcc") for line in mail.get_content().splitlines()), "no line of its own"
        assert not set(mail.get_content()) & {"\x1b", "\u202e", "\udcff"}
    assert box.reached == [["ops@example.com"]] * 2


def test_a_hostile_name_calls_nobody_and_links_nowhere_on_a_webhook(web: Web) -> None:
    assert teller(by_webhook(web)).tell(night_of(replace(STOPPED, file=HOSTILE))) == ()

    text = text_of(web.posted[0])
    assert "<" not in text
    assert "&lt;!channel&gt;" in text
    assert text.count("```") == 2, "the block is as long as it was meant to be"
    assert text.isprintable() or set(filter(lambda char: not char.isprintable(), text)) == {"\n"}


def test_a_hostile_name_breaks_no_ping(web: Web) -> None:
    assert teller(by_ping(web)).broke(RunLocked(f"{HOSTILE} is locked")) == ()

    assert web.posted[0].body.decode().count("\n") == 0


def test_a_subject_is_no_longer_than_a_mail_program_bears() -> None:
    with mail_server() as box:
        assert teller(by_mail(box.port)).broke(RunLocked("ä" * 5000)) == ()

    assert len(str(box.mails[0]["Subject"])) == 200


# ---------------------------------------------------------------------- a real night


def test_nothing_of_a_list_and_no_key_is_told_of_a_real_night(
    web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACME_API_KEY", "sandbox-key")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    lines = (ROOT / "sample_data" / "first-list.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (inbox / "good.csv").write_text("".join(lines), encoding="utf-8")
    (inbox / "no-header.csv").write_text("".join(lines[1:]), encoding="utf-8")
    with Sandbox() as sandbox, mail_server() as box:
        (tmp_path / "jobs.yaml").write_text(
            f"""
            accounts: {{acme: {{base_url: "{sandbox.base_url}", key: {{env: ACME_API_KEY}}, rate: 100/s}}}}
            jobs:
              - {{name: first, account: acme, inbox: inbox, pattern: "*.csv", settle: 0s, max_invalid: 100%,
                 mapping: "{ROOT / "mappings" / "first-list.yaml"}"}}
            """,
            encoding="utf-8",
        )
        night = run_night(tmp_path / "jobs.yaml")
        channels = replace(by_mail(box.port), webhook=SecretStr(web.url), ping=SecretStr(web.url))
        assert teller(channels).tell(night) == ()

    told = "".join([str(box.mails[0]["Subject"]), body_of(box.mails[0]), *(one.body.decode() for one in web.posted)])
    assert {one.file for one in night.files} == {"good.csv", "no-header.csv"}
    assert "no-header.csv REFUSED" in told
    assert len(web.posted) == 2
    cells = {cell.strip() for line in lines[1:] for cell in line.split(",") if len(cell.strip()) > 3}
    assert len(cells) > 10
    assert [cell for cell in cells | {"sandbox-key"} if cell in told] == []


# ---------------------------------------------------------------------- checked before the night


@pytest.mark.parametrize(
    "channels",
    [
        Channels(webhook=SecretStr("https://hooks.example.com/services/x"), ping=SecretStr("https://hc.example.com/y?z=1")),
        Channels(ping=SecretStr("http://localhost:8000/ping/x")),
        Channels(mail=Mail(("root@localhost",), "importer@example.com")),
        Channels(mail=Mail(("a@example.com",), "b@example.com", "mail.example.com", security="starttls", user="u")),
        Channels(mail=Mail(("a@example.com",), "b@example.com", user="u")),
        Channels(),
    ],
)  # fmt: skip
def test_channels_that_can_work_are_taken(channels: Channels) -> None:
    check(channels)


@pytest.mark.parametrize(
    ("channels", "words"),
    [
        (Channels(webhook=SecretStr(f"http://hooks.example.com/{SECRET}")), "webhook: its address is not an https"),
        (Channels(ping=SecretStr(f"https:/{SECRET}")), "ping: its address"),
        (Channels(ping=SecretStr(f"https://x.example.com:port/{SECRET}")), "ping: its address"),
        (Channels(ping=SecretStr(f"https://x.example.com/\n{SECRET}")), "ping: its address"),
        (Channels(webhook=SecretStr("")), "webhook: its address"),
        (Channels(mail=Mail((), "importer@example.com")), "nobody is named"),
        (Channels(mail=Mail(("ops@",), "importer@example.com")), "'ops@' in `to`"),
        (Channels(mail=Mail(("ops",), "importer@example.com")), "'ops' in `to` is not an e-mail address"),
        (Channels(mail=Mail(("a@example.com, b@example.com",), "importer@example.com")), "in `to`"),
        (Channels(mail=Mail(("a@example.com\nBcc: x@example.com",), "importer@example.com")), "in `to`"),
        (Channels(mail=Mail(("a@example.com",), "Importer <b@example.com>")), "in `from`"),
        (Channels(mail=Mail(("a@example.com",), "b@example.com", "mail.example.com", user="u")), "in clear text"),
    ],
)  # fmt: skip
def test_a_channel_that_cannot_work_is_refused_without_its_secret(channels: Channels, words: str) -> None:
    with pytest.raises(ConfigError) as refused:
        check(channels)

    assert words in refused.value.message
    assert SECRET not in f"{refused.value.message} {refused.value.hint}"
