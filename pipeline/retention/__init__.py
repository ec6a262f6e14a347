"""What is kept for how long: whole runs lose their personal data when their time is over, one person when they ask.

Users read docs/retention.md; why it is built so is in docs/adr/0016.
"""

from __future__ import annotations

from pipeline.retention.erase import erase
from pipeline.retention.filed import purge_filed
from pipeline.retention.outcomes import AtLeadByte, Erased, KeptRun, Purged, PurgedRun
from pipeline.retention.person import Person
from pipeline.retention.purge import purge

__all__ = ["AtLeadByte", "Erased", "KeptRun", "Person", "Purged", "PurgedRun", "erase", "purge", "purge_filed"]
