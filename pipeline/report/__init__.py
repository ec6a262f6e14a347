"""Report stage: what a run came to, for a person (a page, the terminal, a note to the vendor) and for programs."""

from __future__ import annotations

from pipeline.report.collector import Collector
from pipeline.report.summary import (
    SUMMARY_FORMAT,
    Reason,
    Summary,
    exit_code,
    fault_counts,
    field_counts,
    reasons_from,
    write_summary,
)
from pipeline.report.terminal import summary_lines

__all__ = [
    "SUMMARY_FORMAT",
    "Collector",
    "Reason",
    "Summary",
    "exit_code",
    "fault_counts",
    "field_counts",
    "reasons_from",
    "summary_lines",
    "write_summary",
]
