"""Erase: one person goes from everything in an output folder, and is never sent again."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from pipeline.errors import ConfigError, RunError
from pipeline.journal import Journal
from pipeline.journal.retention import Erasure, Suppressed
from pipeline.load.copies import remove_leftovers
from pipeline.locks import opened_journal
from pipeline.log import RUN_LOG
from pipeline.mending import REST, WORKBOOK
from pipeline.people import secret_of, suppression_digest
from pipeline.retention import record
from pipeline.retention.beside import COPY, copies
from pipeline.retention.looking import Trace, Traces, look
from pipeline.retention.outcomes import AtLeadByte, Erased
from pipeline.retention.person import Person
from pipeline.retention.profiles import without
from pipeline.retention.run_files import take_out
from pipeline.retention.search import is_in_file
from pipeline.retention.words import erasure_lines
from pipeline.retention.work import Work, carry_out
from pipeline.world import World

#: Why somebody is on the suppression list.
WHY: Final = "erased"
_NO_FIX_ME: Final = "fix-me.xlsx was removed, since somebody in it asked to be erased; `check` makes a new one"


def erase(
    output: Path,
    world: World,
    person: Person,
    *,
    folders: Sequence[Path] = (),
    dry_run: bool = False,
    sure: bool = False,
) -> Erased:
    """Find the person in every run, file and remain of the output folder, and take them away.

    `folders` are searched as well, and nothing in them is changed. Asks before it begins, unless `sure`. Cut off at
    any moment, it is finished by the same command, or by any other purge or erasure. Raises ConfigError where nobody
    is there to be asked, RunError where they say no.
    """
    if not (dry_run or sure or world.ask):
        raise ConfigError(
            "erase asks a person before it begins, and nobody is at a terminal here",
            "look first with --dry-run, then add --yes",
        )
    for one in folders:
        if not one.is_dir():
            raise ConfigError(f"there is no folder {one}", "name folders with --files DIR")
    now = world.now()
    with opened_journal(output, now, must_exist=True) as journal:
        if not dry_run:
            carry_out(journal, output, now)  # what another one has left
            remove_leftovers(output)
        traces = look(journal, output, person, folders)
        found = _found(journal, traces, f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}")
        if dry_run:
            return found
        for line in () if sure else erasure_lines(found):
            world.tell(line)
        if not sure and not (world.ask and world.ask(_question(found))):
            raise RunError("nothing was erased: it was not confirmed", "say yes, or add --yes")
        return _erase(journal, output, world, person, traces, found)


def _question(found: Erased) -> str:
    rows = sum(map(len, found.rows.values()))
    return f"Erase {'1 row' if rows == 1 else f'{rows:,} rows'} for good, and never send this person again?"


def _found(journal: Journal, traces: Traces, erasure: str) -> Erased:
    """What would be erased."""
    rows = {run_id: tuple(sorted(one.rows)) for run_id, one in sorted(traces.runs.items()) if one.rows}
    return Erased(
        erasure=erasure,
        dry_run=True,
        rows=rows,
        waiting=sum(
            row.state == "planned"
            for run_id, some in rows.items()
            for row in journal.retention.standing(run_id, some)
        ),
        files={
            run_id: (*sorted(one.files), *map(COPY.format, sorted(one.copies)))
            for run_id, one in sorted(traces.runs.items())
            if one.files or one.copies
        },
        at_leadbyte=tuple(_at_leadbyte(journal, traces)),
        elsewhere=tuple(map(str, traces.elsewhere)),
        unread=tuple(map(str, traces.unread)),
        person={},
    )


def _at_leadbyte(journal: Journal, traces: Traces) -> Iterator[AtLeadByte]:
    for run_id, one in sorted(traces.runs.items()):
        about = one.run.about
        for row in journal.retention.standing(run_id, sorted(one.rows)):
            lead_id = (row.queue.lead_id if row.queue else "") or row.lead_id
            if row.attempts or row.queue_id or lead_id:
                queue_ids = tuple(dict.fromkeys(filter(None, (row.queue_id, *row.own_ids))))
                yield AtLeadByte(
                    run_id, row.row, about["address"], about["campaign"]["reference"],
                    row.outcome or "unknown", queue_ids, lead_id,
                )  # fmt: skip


def _erase(journal: Journal, output: Path, world: World, person: Person, traces: Traces, found: Erased) -> Erased:
    now = world.now()
    for run_id in found.rows:
        # What a killed run has left under way may have arrived, and so may what was to be sent again.
        journal.settle_interrupted(run_id)
        journal.afterwards.take_back(run_id)
    found = _found(journal, traces, found.erasure)
    suppressed = _suppressed(journal, output, person, world)
    found = replace(found, dry_run=False, person={one.kind: one.digest.hex() for one in suppressed})
    known = {name: value for name, value in found.as_json().items() if name not in ("erasure", "dry_run", "files")}
    record.note(output, found.erasure, "begun", now, **known)
    for run_id, one in traces.runs.items():
        if RUN_LOG in one.files:
            take_out(person, output / run_id / RUN_LOG)
    erasures = [_erasure(journal, person, one, found.erasure) for one in traces.runs.values()]
    journal.retention.erase(erasures, suppressed, now.isoformat(timespec="seconds"))
    done = carry_out(journal, output, now, compact=True)
    if not erasures:
        record.note(output, found.erasure, "done", now, files={})
    left = [
        str(path)
        for run_id, one in traces.runs.items()
        # The run as it was found: where its list was filed may have been its person's name.
        for path in (*(output / run_id / name for name in sorted(one.files)), *copies(one.run).values())
        if path.is_file() and is_in_file(person, path)
    ]
    files = {run_id: tuple(names) for run_id, names in done.items() if names}
    return replace(found, files=files, elsewhere=(*found.elsewhere, *left))


def _suppressed(journal: Journal, output: Path, person: Person, world: World) -> list[Suppressed]:
    """The person as the suppression list knows them; nobody where the hashes have lost their key, which is told."""
    new = journal.ledger.is_empty() and journal.suppressed.is_empty()
    try:
        secret = secret_of(output / "ledger.key", new=new)
    except RunError as error:
        world.tell(f"they cannot be put on the suppression list: {error.message}")
        return []
    return [Suppressed(suppression_digest(secret, kind, text), kind, WHY) for kind, text in person.known_by().items()]


def _erasure(journal: Journal, person: Person, trace: Trace, erasure: str) -> Erasure:
    """What goes of the person in one run, and the work that is left then."""
    run, profile, rows = journal.run(trace.run.run_id), journal.quality.of(trace.run.run_id), sorted(trace.rows)
    about = {name: value for name, value in without(run.about, person).items() if value != run.about[name]}
    fix_me = not trace.files.isdisjoint((WORKBOOK, REST))
    about["retention"] = Work(rows=tuple(rows), fix_me=fix_me, erasures=(erasure,)).as_json()
    if fix_me and run.about["dry_run"]:
        about["to_mend"] = {"words": [_NO_FIX_ME]}
    left = without(json.loads(profile), person, frozenset(rows)) if profile else None
    return Erasure(
        run.run_id, rows, about, person.without(run.stopped), json.dumps(left, ensure_ascii=False) if left else ""
    )
