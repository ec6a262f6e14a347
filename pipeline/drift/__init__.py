"""The drift guard (docs/drift.md): a mapping that fitted may fit no longer, or fit and send something else.

A lock beside the mapping says what it was made for (`lock`), what has changed since is told in words (`changes`)
before any row is read (`guard`).
"""

from __future__ import annotations

from pipeline.drift.guard import Drift, accept, drift_of
from pipeline.drift.lock import lock_now, lock_of, write_lock

__all__ = ["Drift", "accept", "drift_of", "lock_now", "lock_of", "write_lock"]
