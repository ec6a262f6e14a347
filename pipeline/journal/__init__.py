"""The journal: what every row of every run came to, durable on disk. `results.csv` is written from it."""

from pipeline.journal.rows import FINISHED, PLANNING, SENDING, Journal, Run
from pipeline.journal.schema import SCHEMA_VERSION

__all__ = ["FINISHED", "PLANNING", "SCHEMA_VERSION", "SENDING", "Journal", "Run"]
