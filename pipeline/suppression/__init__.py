"""Suppression: who is on a list of people that are not to be contacted is not sent (docs/suppression.md).

A list comes as a file (`reading`), or is the output folder's own, in the journal. What is compared are hashes of
addresses and numbers in one form (`forms`), by the column (`looking`); `of_run` says which lists hold for a run.
"""

from __future__ import annotations

from pipeline.suppression.looking import Suppression
from pipeline.suppression.of_run import LEARNT, learn, leave_out_suppressed, lines_of, suppression_of, used
from pipeline.suppression.reading import read_suppression_list

__all__ = [
    "LEARNT",
    "Suppression",
    "learn",
    "leave_out_suppressed",
    "lines_of",
    "read_suppression_list",
    "suppression_of",
    "used",
]
