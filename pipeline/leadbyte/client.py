"""Talking to LeadByte: campaigns are read, leads are posted. The key is put in here and shows nowhere else."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import quote, urlsplit

import requests
from requests.adapters import HTTPAdapter

from pipeline.config import Settings, is_loopback
from pipeline.errors import CampaignError, KeyRefused, ServiceError
from pipeline.leadbyte.afterwards import leads_found, queue_state
from pipeline.leadbyte.answers import campaign_of, campaigns_in
from pipeline.leadbyte.wire import Meter, MeteredAdapter
from pipeline.model import Answer, Campaign, Found, Lost, NeverLeft, QueueState, Reply
from pipeline.names import did_you_mean

#: An answer to a lead is some hundred bytes; more than this is not an answer.
MAX_ANSWER = 1 << 20
#: An account's campaigns may be many.
MAX_READ = 64 << 20

# urllib3 writes request lines at DEBUG and warns of odd answers with the whole address: those of GETs hold the key.
logging.getLogger("urllib3").setLevel(logging.CRITICAL)


class LeadByte:
    """One account of LeadByte, over HTTP. `post` may be called from several threads.

    Facts relied on (leadbyte-api.md): `?key=` on GETs; the key in the body for v1.2 and in `X_KEY` for v1.3 POSTs;
    the lead under `lead` for v1.2 and at the top level for v1.3.
    """

    def __init__(self, settings: Settings) -> None:
        self.address = settings.address()
        self.version = settings.api_version
        self._key = settings.key()
        self._settings = settings
        self._certificates = settings.certificates()
        self._root = f"{self.address}/restapi/{self.version}"
        # Asked once: requests would search the environment on every request, and `.netrc` besides.
        # What is on this machine is reached without a proxy: the key and the leads must not leave it in clear text.
        here = is_loopback(urlsplit(self.address).hostname or "")
        self._proxies = {} if here else requests.utils.get_environ_proxies(self.address)
        self._local = threading.local()

    # ------------------------------------------------------------------ reading

    def campaigns(self) -> list[Campaign]:
        """All campaigns, without their fields. Raises KeyRefused, ServiceError."""
        return campaigns_in(self._get("campaigns", debug="yes"))

    def campaign(self, wanted: str) -> Campaign:
        """The campaign with that id, reference or name, with its fields. Raises CampaignError when there is none."""
        known = self.campaigns()
        folded = wanted.strip().casefold()
        for words in ("reference", "id", "name"):
            found = [one for one in known if getattr(one, words).casefold() == folded]
            if len(found) == 1:
                return campaign_of(self._get(f"campaigns/{quote(found[0].id, safe='')}"))
        near = did_you_mean(wanted, [one.reference for one in known])
        raise CampaignError(
            f"there is no campaign {wanted!r} in this account{near}", "`leadbyte-import campaigns` lists them"
        )

    def _get(self, path: str, **params: str) -> Any:
        answer, failure = self._ask(path, params)
        if answer is None:
            raise ServiceError(
                f"LeadByte could not be asked at {self.address}: {failure}",
                "check the address, the network and whether LeadByte is up; nothing was sent",
            )
        if answer.http_status in (401, 403):
            raise KeyRefused(
                f"LeadByte refused the API key (HTTP {answer.http_status})",
                "check LEADBYTE_API_KEY and its permissions",
            )
        if answer.http_status != 200:
            raise ServiceError(
                f"LeadByte answered HTTP {answer.http_status} to a read of {path.split('/', maxsplit=1)[0]}",
                "is the base URL right, and LeadByte up? nothing was sent",
            )
        with suppress(ValueError, RecursionError):
            return json.loads(answer.body)
        raise ServiceError(
            f"LeadByte's answer from {self.address} is not JSON",
            "is the base URL LeadByte's? nothing was sent",
        )

    def _ask(self, path: str, params: Mapping[str, str]) -> tuple[Answer | None, str]:
        """The whole answer to a read, or None and why there is none.

        The exception ends here: its text holds the URL, and the URL the key.
        """
        session = self._session(HTTPAdapter(max_retries=0))
        try:
            with (
                session,
                session.get(
                    f"{self._root}/{path}",
                    params={"key": self._key, **params},
                    timeout=(self._settings.connect_timeout, self._settings.read_timeout),
                    allow_redirects=False,
                    stream=True,
                ) as answer,
            ):
                found = _whole(answer, MAX_READ)
        except (requests.RequestException, OSError, ValueError) as error:
            return None, _why(error)
        return (found, "") if isinstance(found, Answer) else (None, found.reason)

    # ------------------------------------------------------------------ looking back

    def queue(self, queue_id: str, on_sent: Callable[[], None] = lambda: None) -> QueueState | Lost | Answer:
        """What became of a queued lead; an Answer (429, 503) when told to wait, Lost when no good answer came.

        `on_sent` is called when the first bytes are with the socket. Raises KeyRefused; else never for the network.
        """
        path = f"apiqueue/{quote(queue_id, safe='')}"
        answer = self._look_back("GET", path, on_sent, params={"key": self._key})
        if isinstance(answer, Lost) or answer.http_status != 200:
            return _look_back_refused(answer, "read the API queue", 'the permission "API queue"', "reconcile RUN")
        return queue_state(answer.body)

    def search(
        self, campaign_id: str, by: str, value: str, on_sent: Callable[[], None] = lambda: None
    ) -> list[Found] | Lost | Answer:
        """The leads of a campaign that have this `value`, `by` "email" or "phone"; otherwise as `queue`."""
        # Shown as a number in the documents; what is none is sent as it is.
        campaign = int(campaign_id) if campaign_id.isascii() and campaign_id.isdigit() else campaign_id
        document = {"key": self._key, "searches": [{"campaignId": campaign, by: value}]}
        answer = self._look_back("POST", "leads/search", on_sent, json=document)
        if isinstance(answer, Lost) or answer.http_status != 200:
            needed = "the rights of an Administrator key with Leads > Search"
            return _look_back_refused(answer, "search leads", needed, "resolve RUN")
        return leads_found(answer.body, campaign_id, by, value)

    def _look_back(self, method: str, path: str, on_sent: Callable[[], None], **request: Any) -> Answer | Lost:
        """One question about leads that LeadByte has, always of v1.3: v1.2 is not known to answer them.

        The exception ends here: its text may hold the URL, and the URL the key.
        """
        session, meter = self._worker()
        try:
            with (
                meter.within(self._settings.deadline, on_sent),
                session.request(
                    method,
                    f"{self.address}/restapi/v1.3/{path}",
                    timeout=(self._settings.connect_timeout, self._settings.read_timeout),
                    allow_redirects=False,
                    stream=True,
                    **request,
                ) as answer,
            ):
                return _whole(answer, MAX_ANSWER)
        except (requests.RequestException, OSError, ValueError) as error:
            return Lost(self._too_late() if meter.over else _why(error))

    # ------------------------------------------------------------------ posting

    def post(self, campaign: str, lead: Mapping[str, str], on_sent: Callable[[], None]) -> Reply:
        """Post one lead to the campaign's reference, once. Never raises for what the network does.

        `on_sent` is called when the first bytes are with the socket.
        """
        session, meter = self._worker()
        body, headers = self._body(campaign, lead)
        try:
            with (
                meter.within(self._settings.deadline, on_sent),
                session.post(
                    f"{self._root}/leads",
                    data=body,
                    headers=headers,
                    timeout=(self._settings.connect_timeout, self._settings.read_timeout),
                    allow_redirects=False,
                    stream=True,
                ) as answer,
            ):
                found = _whole(answer, MAX_ANSWER)
                # A body of no told length ends where the connection does, and that was ended here.
                return Lost(self._lost(self._too_late())) if meter.over and not _told_length(answer) else found
        except (requests.RequestException, OSError, ValueError) as error:
            why = self._too_late() if meter.over else _why(error)
            if meter.touched:
                return Lost(self._lost(why))
            fatal = isinstance(error, requests.exceptions.SSLError) and "CERTIFICATE_VERIFY_FAILED" in repr(error)
            return NeverLeft(f"LeadByte could not be reached: {why}", fatal)

    def _too_late(self) -> str:
        return f"the total time ({self._settings.deadline:g} s) was over"

    @staticmethod
    def _lost(why: str) -> str:
        return f"sent, but no whole answer came back: {why}"

    def _body(self, campaign: str, lead: Mapping[str, str]) -> tuple[bytes, dict[str, str]]:
        fields = {"campid": campaign, **lead}
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self.version == "v1.2":
            return json.dumps({"key": self._key, "lead": fields}).encode(), headers
        return json.dumps(fields).encode(), headers | {"X_KEY": self._key}

    def _worker(self) -> tuple[requests.Session, Meter]:
        if not hasattr(self._local, "worker"):
            meter = Meter()
            self._local.worker = (self._session(MeteredAdapter(meter)), meter)
        worker: tuple[requests.Session, Meter] = self._local.worker
        return worker

    def _session(self, adapter: HTTPAdapter) -> requests.Session:
        from pipeline import __version__

        session = _Session()
        session.trust_env = False
        session.proxies.update(self._proxies)
        session.verify = self._certificates
        session.headers["User-Agent"] = f"leadbyte-import/{__version__}"
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        return session


class _Session(requests.Session):
    """A session that knows no redirects: even an unfollowed one would have its body read, of whatever size."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002 - requests names it
        """Nowhere."""
        return None


def _whole(answer: requests.Response, most: int) -> Answer | Lost:
    """The answer once its body is whole and of a sane size: at most `most` bytes."""
    body = bytearray()
    for block in answer.iter_content(64 * 1024):
        body += block
        if len(body) > most:
            return Lost("the answer is larger than any answer of LeadByte's")
    return Answer(answer.status_code, bytes(body), answer.headers.get("Retry-After", ""))


def _told_length(answer: requests.Response) -> bool:
    """Whether the answer itself says where it ends."""
    return "Content-Length" in answer.headers or "chunked" in answer.headers.get("Transfer-Encoding", "").casefold()


def _look_back_refused(answer: Answer | Lost, what: str, needed: str, command: str) -> Answer | Lost:
    """What a look back came to that was not answered: told to wait, or lost. Raises KeyRefused when it is the key."""
    if isinstance(answer, Lost) or answer.http_status in (429, 503):
        return answer
    if answer.http_status in (401, 403):
        raise KeyRefused(
            f"LeadByte does not let this API key {what} (HTTP {answer.http_status})",
            f"it needs {needed}: grant it in LeadByte or set LEADBYTE_API_KEY to a key that has it, "
            f"then `leadbyte-import {command}`",
        )
    return Lost(f"HTTP {answer.http_status} instead of an answer")


def _why(error: Exception) -> str:
    """What went wrong, without the exception's own text: that holds the URL."""
    kinds = (
        (requests.exceptions.ConnectTimeout, "connecting took too long"),
        (requests.exceptions.ReadTimeout, "no answer in time"),
        (requests.exceptions.SSLError, "the secure connection failed (TLS)"),
        (requests.exceptions.ProxyError, "the proxy failed"),
        (requests.exceptions.ChunkedEncodingError, "the answer was cut off"),
        (requests.exceptions.ContentDecodingError, "the answer's compression is broken"),
        (requests.exceptions.ConnectionError, "the connection failed"),
    )
    for kind, words in kinds:
        if isinstance(error, kind):
            return words
    return type(error).__name__


def check_open(campaign: Campaign) -> None:
    """Raises CampaignError when leads cannot go to `campaign` now."""
    if campaign.archived:
        raise CampaignError(f"campaign {campaign.reference} is archived", "choose another, or restore it in LeadByte")
    if not campaign.active:
        raise CampaignError(
            f"campaign {campaign.reference} is not active", "activate it in LeadByte, or choose another"
        )
