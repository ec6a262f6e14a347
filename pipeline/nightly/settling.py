"""Whether a file has stopped growing: it is taken only once its size and its time stood still for long enough."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from pipeline.nightly.inbox import Look, Stamp
from pipeline.nightly.pattern import Named, Pattern


@dataclass
class Settling:
    """An inbox over time: `look` looks into it. `settle` in seconds; `now`: seconds since 1970; `wait` sleeps.

    A file stood still when two looks that are `settle` apart show the same of it, or when it was last changed longer
    ago than that and shows the same in a second look.
    """

    look: Callable[[], Look]
    pattern: Pattern
    settle: float
    now: Callable[[], float]
    wait: Callable[[float], object]
    growing: list[str] = field(default_factory=list)
    _first: Look = field(default_factory=Look)
    _first_at: float = 0.0

    def begin(self) -> None:
        """The first look. Raises an ImportFailure where the inbox cannot be read."""
        self._first, self._first_at = self.look(), self.now()

    def steady(self) -> list[tuple[Named, Stamp]]:
        """The files of the pattern that stand still, by date and name; the others are in `growing`.

        Where one is too young, all wait for it: so the order is kept.
        """
        found, at = self.look(), self.now()
        named = sorted(self.named(found), key=lambda one: one.order)
        wait = max((self._too_young(one.name, found.files[one.name], at) for one in named), default=0.0)
        if wait > 0:
            self.wait(wait)
        last = self.look() if wait > 0 else found
        self.growing += [one.name for one in named if last.files.get(one.name) != found.files[one.name]]
        return [(one, found.files[one.name]) for one in named if one.name not in self.growing]

    def named(self, look: Look) -> list[Named]:
        """The files of a look that the pattern takes."""
        return [found for name in look.files if (found := self.pattern.match(name))]

    def _too_young(self, name: str, stamp: Stamp, at: float) -> float:
        """Seconds until a file has stood still for long enough, as far as anybody can tell now."""
        seen = at - self._first_at if self._first.files.get(name) == stamp else 0.0
        old = at - stamp.changed if stamp.changed is not None and stamp.changed <= at else 0.0
        return max(self.settle - max(seen, old), 0.0)
