"""The journal's tables, version by version: a new journal takes every step, an old one those that it lacks."""

from __future__ import annotations

from typing import Final

_RUNS_AND_ROWS: Final = """
CREATE TABLE runs (
    run_id TEXT PRIMARY KEY, started_at TEXT NOT NULL, finished_at TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL DEFAULT 'planning', stopped TEXT NOT NULL DEFAULT '',
    about TEXT NOT NULL) STRICT;
CREATE TABLE rows (
    run_id TEXT NOT NULL REFERENCES runs, row INTEGER NOT NULL, cells TEXT NOT NULL, lead TEXT NOT NULL,
    state TEXT NOT NULL, outcome TEXT NOT NULL DEFAULT '', status TEXT NOT NULL DEFAULT '',
    queue_id TEXT NOT NULL DEFAULT '', code INTEGER, errors TEXT NOT NULL DEFAULT '',
    http_status INTEGER, attempts INTEGER NOT NULL DEFAULT 0, submitted_at TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (run_id, row)) STRICT, WITHOUT ROWID;
CREATE INDEX rows_open ON rows (run_id, row) WHERE state <> 'done';
CREATE TABLE issues (
    run_id TEXT NOT NULL REFERENCES runs, row INTEGER NOT NULL, "column" TEXT NOT NULL, field TEXT NOT NULL,
    label TEXT NOT NULL, rule TEXT NOT NULL, value TEXT NOT NULL, message TEXT NOT NULL) STRICT;
CREATE INDEX issues_by_row ON issues (run_id, row);
"""

# `people` and `digest`: the keyed hashes of pipeline.people. `queue`: what became of a lead after the queue.
# `searches`: what leads/search showed of an unknown one. `earlier`: what a row was before it was offered again.
_AFTERWARDS: Final = """
ALTER TABLE rows ADD COLUMN people BLOB NOT NULL DEFAULT x'';
CREATE INDEX rows_by_queue_id ON rows (queue_id) WHERE queue_id <> '';
CREATE TABLE ledger (
    digest BLOB NOT NULL, run_id TEXT NOT NULL, row INTEGER NOT NULL, at TEXT NOT NULL,
    PRIMARY KEY (digest, run_id, row)) STRICT, WITHOUT ROWID;
CREATE TABLE queue (
    run_id TEXT NOT NULL REFERENCES runs, row INTEGER NOT NULL, status TEXT NOT NULL, code INTEGER,
    message TEXT NOT NULL, lead_id TEXT NOT NULL, rejection_id TEXT NOT NULL, processed_at TEXT NOT NULL,
    PRIMARY KEY (run_id, row)) STRICT, WITHOUT ROWID;
CREATE INDEX queue_by_lead ON queue (lead_id) WHERE lead_id <> '';
CREATE TABLE searches (
    run_id TEXT NOT NULL REFERENCES runs, row INTEGER NOT NULL, misses INTEGER NOT NULL DEFAULT 0,
    first_miss TEXT NOT NULL DEFAULT '', last_miss TEXT NOT NULL DEFAULT '', lead_id TEXT NOT NULL DEFAULT '',
    found_by TEXT NOT NULL DEFAULT '', PRIMARY KEY (run_id, row)) STRICT, WITHOUT ROWID;
CREATE INDEX searches_by_lead ON searches (lead_id) WHERE lead_id <> '';
CREATE TABLE earlier (
    run_id TEXT NOT NULL REFERENCES runs, row INTEGER NOT NULL, outcome TEXT NOT NULL, status TEXT NOT NULL,
    queue_id TEXT NOT NULL, code INTEGER, errors TEXT NOT NULL, submitted_at TEXT NOT NULL) STRICT;
CREATE INDEX earlier_by_row ON earlier (run_id, row);
CREATE INDEX earlier_by_queue_id ON earlier (queue_id) WHERE queue_id <> '';
"""

# `severity`: fault or warning. `seconds`: from a lead's last sending to its answer. `quality`: what a list was found
# to be when it was planned (pipeline.report.profile); later lists of its vendor are judged by it. `erased`: the row's
# person is gone. `suppressed`: who is never to be sent, as keyed hashes (pipeline.people); `kind`: email or phone.
_QUALITY: Final = """
ALTER TABLE issues ADD COLUMN severity TEXT NOT NULL DEFAULT 'fault';
ALTER TABLE rows ADD COLUMN seconds REAL;
CREATE TABLE quality (
    run_id TEXT PRIMARY KEY REFERENCES runs, vendor TEXT NOT NULL, profile TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX quality_by_vendor ON quality (vendor, run_id) WHERE vendor <> '';
ALTER TABLE rows ADD COLUMN erased INTEGER NOT NULL DEFAULT 0;
CREATE TABLE suppressed (
    digest BLOB PRIMARY KEY, kind TEXT NOT NULL, at TEXT NOT NULL, why TEXT NOT NULL) STRICT, WITHOUT ROWID;
"""

#: Step n makes version n of version n - 1.
STEPS: Final = (_RUNS_AND_ROWS, _AFTERWARDS, _QUALITY)
SCHEMA_VERSION: Final = len(STEPS)
