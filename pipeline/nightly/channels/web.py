"""What is told over HTTP: to a webhook as Slack has it, and to a watch as healthchecks.io has it.

Slack: a POST of `{"text": …}`, in which `&`, `<` and `>` are written as entities, since `<!channel>` calls everybody
(api.slack.com/docs/message-formatting). healthchecks.io: a POST to the ping's address when all is well, with `/start`
or `/fail` behind its path otherwise; a body is kept and shown (healthchecks.io/docs/http_api).
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any, Final, Literal
from urllib.parse import urlsplit, urlunsplit

import requests
from pydantic import SecretStr

from pipeline.config import is_loopback
from pipeline.leadbyte.answers import retry_after_seconds
from pipeline.nightly.channels import Attempt, Ways

#: Signs of a text for a webhook, at most: Slack cuts a text of 40,000, and nobody reads one of 4,000 in a channel.
MOST_SIGNS: Final = 3500
#: What a ping says: the night begins, went well, or needs somebody.
Sign = Literal["start", "", "fail"]

# urllib3 writes the path of each request at DEBUG, and that is the secret.
logging.getLogger("urllib3").setLevel(logging.CRITICAL)


def to_webhook(url: SecretStr, title: str, text: str, ways: Ways) -> Attempt:
    """Post the title, and the text as a block that is shown as it is: a file's name makes nothing bold or a link."""
    block = (text if len(text) <= MOST_SIGNS else text[:MOST_SIGNS].rpartition("\n")[0] + "\n…").replace("`", "'")
    shown = f"{title}\n```\n{block}\n```" if block else title
    return _posted(url.get_secret_value(), ways, json={"text": _escaped(shown)})


def to_ping(url: SecretStr, sign: Sign, text: str, ways: Ways) -> Attempt:
    """Ping, with the text as what the watch shows."""
    parts = urlsplit(url.get_secret_value())
    path = parts.path.rstrip("/") + (f"/{sign}" if sign else "")
    headers = {"Content-Type": "text/plain; charset=utf-8"}
    address = urlunsplit(parts._replace(path=path))
    return _posted(address, ways, data=text.encode(), headers=headers)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


class _Session(requests.Session):
    """A session that knows no redirects: even an unfollowed one would have its body read, of whatever size."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002 - requests names it
        """Nowhere."""
        return None


def _posted(url: str, ways: Ways, **content: Any) -> Attempt:
    """The exception ends here: its text holds the address."""
    from pipeline import __version__

    with _Session() as session:
        session.trust_env = False  # no .netrc, and no REQUESTS_CA_BUNDLE in place of what was told
        session.verify = ways.certificates
        session.headers["User-Agent"] = f"leadbyte-import/{__version__}"
        if not is_loopback(urlsplit(url).hostname or ""):
            session.proxies.update(requests.utils.get_environ_proxies(url))
        try:
            # The body of the answer is not read: the status says it all.
            with session.post(url, timeout=ways.timeout, allow_redirects=False, stream=True, **content) as answer:
                return _judged(answer, ways.now())
        except (requests.RequestException, OSError, ValueError) as error:
            return _failed(error)


def _judged(answer: requests.Response, now: datetime) -> Attempt:
    status = answer.status_code
    if 200 <= status < 300:
        return Attempt()
    if 300 <= status < 400:
        return Attempt(f"it answered HTTP {status}: it has moved, and redirects are not followed")
    again = status == 429 or status >= 500
    wait = retry_after_seconds(answer.headers.get("Retry-After", ""), now) if again else None
    return Attempt(f"it answered HTTP {status}", again, wait)


def _failed(error: Exception) -> Attempt:
    """What went wrong, without the exception's own text."""
    if isinstance(error, requests.exceptions.SSLError):
        unknown = "CERTIFICATE_VERIFY_FAILED" in repr(error)
        return Attempt("its certificate does not verify" if unknown else "the secure connection failed (TLS)")
    if isinstance(error, requests.Timeout):
        return Attempt("no answer came in time", again=True)
    if isinstance(error, requests.exceptions.ProxyError):
        return Attempt("the proxy failed", again=True)
    if isinstance(error, requests.ConnectionError | OSError):
        return Attempt("the connection failed", again=True)
    return Attempt(type(error).__name__)
