"""A check's words about cells, as the tests ask for them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import numpy as np

from pipeline.checks import IN_ORDER, Check, Rule
from pipeline.checks.at_work import look_for
from pipeline.checks.counted import Counted
from pipeline.checks.found import Look
from pipeline.data_types import TypeOptions
from pipeline.model import Severity

from ..builders import column

NOW: Final = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)


def looking(
    rule: Rule, limit: int | None = None, *, now: datetime = NOW, date_format: str = "", country: str = ""
) -> Look:
    check = Check(rule, Severity.WARNING, "field", limit=limit, options=TypeOptions(date_format, country=country))
    if rule not in IN_ORDER:
        return look_for(check, now)
    counted = Counted(check)
    return lambda cells: counted.look(cells, np.arange(len(cells)))


def said_by(look: Look, *cells: str) -> list[str]:
    """What is said of each cell; "" for nothing."""
    found = look(column(*cells))
    assert found.positions.tolist() == sorted(set(found.positions.tolist())), "each once, in order"
    words = dict(zip(found.positions.tolist(), found.messages.to_pylist(), strict=True))
    return [words.get(at, "") for at in range(len(cells))]


def said(rule: Rule, *cells: str, limit: int | None = None, now: datetime = NOW, date_format: str = "") -> list[str]:
    return said_by(looking(rule, limit, now=now, date_format=date_format), *cells)


def flagged(rule: Rule, *cells: str, limit: int | None = None, date_format: str = "", country: str = "") -> list[str]:
    """The cells that something is said of."""
    words = said_by(looking(rule, limit, date_format=date_format, country=country), *cells)
    return [cell for cell, one in zip(cells, words, strict=True) if one]
