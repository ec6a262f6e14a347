"""Checks stage: consent and compliance of purchased lists, off unless the mapping asks (docs/checks.md).

A mapping's `checks:` is parsed as `Wanted` and fitted by the mapping stage into `Check`s; `at_work.look_for` makes of
each the function that finds, in a column of values, those that the check has something against. What is imported here
needs none of the big packages, so that a mistyped mapping is told at once.
"""

from __future__ import annotations

from pipeline.checks.definition import IN_ORDER, READ_RAW, Check, Rule
from pipeline.checks.wanted import Asked, Wanted, known_keys

__all__ = ["IN_ORDER", "READ_RAW", "Asked", "Check", "Rule", "Wanted", "known_keys"]
