"""A night is told to people, by the channels that its jobs file names. What cannot be told changes nothing else.

Mail and webhook are for people: they hear of the nights that `when` asks for. The ping is for a watch that misses a
night which did not come, so it is given every night, and `fail` where a person must act or another channel is out of
order.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

from pipeline.errors import ImportFailure, InputError, MappingError
from pipeline.nightly.channels import DEADLINE, TIMEOUT, Channels, Ways, tried
from pipeline.nightly.channels.mail import to_mail
from pipeline.nightly.channels.web import Sign, to_ping, to_webhook
from pipeline.nightly.digest import headline, words, worth_telling
from pipeline.nightly.model import Night
from pipeline.nightly.words import tellable

#: Signs of a subject, at most: mail programs show some sixty, and a file's name may have 255.
MOST_SIGNS: Final = 200


class Teller:
    """Tells a night by its channels. Each method hands back what could not be told, in words; none raises.

    The words are for the terminal, the log and the night's notes: no secret is in them.
    """

    def __init__(
        self,
        channels: Channels,
        *,
        sleep: Callable[[float], object] = time.sleep,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        timeout: float = TIMEOUT,
        deadline: float = DEADLINE,
    ) -> None:
        self._channels = channels
        self._ways = Ways(channels.certificates, timeout, deadline, sleep, now)

    def begin(self) -> tuple[str, ...]:
        """A night begins: only the watch hears of it."""
        return self._ping("start", "the nightly import has begun")

    def tell(self, night: Night) -> tuple[str, ...]:
        """What the night came to. A dry run is told to nobody: whoever wanted it is there."""
        if night.dry_run:
            return ()
        bad = night.needs_a_person or night.interrupted
        return self._tell(subject(night), words(night), bad, worth_telling(night, self._channels.when))

    def broke(self, error: Exception) -> tuple[str, ...]:
        """The night did not come to its end, or not to its beginning: everybody hears of it, whatever `when` says."""
        said, hint = _shown(error)
        title = _one_line(f"ACT: the nightly import did not run: {said}")
        return self._tell(_cut(title), f"{title}\n" + (f"Next: {_one_line(hint)}\n" if hint else ""), bad=True)

    def trial(self) -> tuple[str, ...]:
        """A message that says nothing, by each channel: somebody wants to see that they work."""
        text = "This is a trial: the channels of the nightly import work, and there is nothing to do."
        return self._tell("leadbyte-import: a trial, nothing to do", f"{text}\n", bad=False)

    def not_lost(self, lost: Sequence[str]) -> tuple[str, ...]:
        """The channels that there are, but for those of which `lost` (what `trial` handed back) speaks."""
        named = {"mail": self._channels.mail, "webhook": self._channels.webhook, "ping": self._channels.ping}
        return tuple(
            name for name, there in named.items()
            if there is not None and not any(one.startswith(_could_not(name)) for one in lost)
        )  # fmt: skip

    def _tell(self, title: str, text: str, bad: bool, people: bool = True) -> tuple[str, ...]:
        """Each channel also brings what those before it could not."""
        lost: tuple[str, ...] = ()
        if people:
            lost = self._mail(title, _clean(text))
            lost += self._webhook(title, "\n".join((*lost, _clean(text).partition("\n")[2].strip("\n"))))
        return lost + self._ping("fail" if bad or lost else "", "\n".join((title, *lost)))

    def _mail(self, title: str, text: str) -> tuple[str, ...]:
        mail, ways = self._channels.mail, self._ways
        return () if mail is None else _lost("mail", tried(lambda: to_mail(mail, title, text, ways), ways))

    def _webhook(self, title: str, text: str) -> tuple[str, ...]:
        url, ways = self._channels.webhook, self._ways
        return () if url is None else _lost("webhook", tried(lambda: to_webhook(url, title, text, ways), ways))

    def _ping(self, sign: Sign, text: str) -> tuple[str, ...]:
        url, ways = self._channels.ping, self._ways
        return () if url is None else _lost("ping", tried(lambda: to_ping(url, sign, text, ways), ways))


def subject(night: Night) -> str:
    """One line that says whether to act, fit for a header: no sign in it breaks a line, whatever a file is called."""
    return _cut(_one_line(f"{'ACT: ' if night.needs_a_person else ''}{headline(night)}"))


def _cut(line: str) -> str:
    return line if len(line) <= MOST_SIGNS else line[: MOST_SIGNS - 1] + "…"


def _one_line(text: str) -> str:
    return " ".join(_clean(text).split())


def _clean(text: str) -> str:
    """Text that every channel can carry: names of files may hold half a character, or signs that steer a terminal."""
    return "".join(
        char if char == "\n" or char.isprintable() else " " if char.isspace() else "\ufffd" for char in text
    )


def _lost(channel: str, why: str) -> tuple[str, ...]:
    return (f"{_could_not(channel)}{why}",) if why else ()


def _could_not(channel: str) -> str:
    return f"the {channel} could not be sent: "


def _shown(error: Exception) -> tuple[str, str]:
    """What of an error may leave this machine: its message and its hint, without what they may quote of a list."""
    if not isinstance(error, ImportFailure):
        return type(error).__name__, ""
    quotes = isinstance(error, InputError | MappingError)
    return tellable(error), "" if quotes else error.hint
