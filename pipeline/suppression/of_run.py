"""The suppression lists of a run: read before anything of it is planned or sent, and added to by what it learns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from pipeline.errors import RunError, SuppressionError
from pipeline.journal import Journal, Run
from pipeline.journal.retention import Suppressed
from pipeline.model import RESPONSE_CODES, Field, Outcome, campaign_from
from pipeline.people import EMAIL, PHONE, secret_of, suppression_digests
from pipeline.suppression.forms import Forms, Place
from pipeline.suppression.hashes import Hashes
from pipeline.suppression.looking import OWN, Listing, OfFile, OfFolder, Suppression
from pipeline.suppression.reading import SuppressionList, read_suppression_list
from pipeline.world import World

#: The codes that may be learnt from, and of which fields of a refused lead: LeadByte looks a number up with TPS and
#: DNCR, and compares leads as a whole (leadbyte-api.md, "Codes").
LEARNT: Final[Mapping[int, tuple[str, ...]]] = {-15: (PHONE,), -16: (PHONE,), -2: (EMAIL, PHONE)}


@dataclass(frozen=True, slots=True)
class Used:
    """A list that held for a run: its entries, and the rows that are on it; `unread` cells of it are no entries."""

    name: str
    entries: int
    rows: int
    unread: int = 0
    examples: tuple[tuple[int, str], ...] = ()
    hint: str = ""


def places_of(fields: Iterable[Field], country: str) -> list[Place]:
    """The fields that are looked up."""
    return [place for one in fields if (place := Place.of(one, country))]


def suppression_of(journal: Journal, run: Run, fields: Iterable[Field]) -> Suppression | None:
    """The lists that hold for a run which sends these fields: those it was given, and its folder's; None: no list.

    Raises SuppressionError where a list is not what it should be, where nothing can be looked up on it, and where the
    folder's list has lost its key.
    """
    about = run.about
    places = places_of(fields, about["campaign"]["country"])
    listings: list[Listing] = [OfFile(one) for one in _files(about, places)]
    if not journal.suppressed.is_empty():
        listings.append(_of_folder(journal, Path(about["output"])))
    return Suppression(places, listings) if listings else None


def _files(about: Mapping[str, Any], places: Sequence[Place]) -> list[SuppressionList]:
    paths = about.get("suppress_paths", ())
    if paths and not places:
        raise SuppressionError(
            "nothing can be looked up on the suppression list: no field that the mapping feeds has e-mail addresses "
            "or phone numbers",
            "map such a column, or leave out --suppress where there is none",
        )
    countries = sorted({one.country for one in places if one.kind == PHONE})
    return [
        read_suppression_list(path, name, Path(about["output"]), countries)
        for path, name in zip(paths, _names(paths), strict=True)
    ]


def _names(paths: Sequence[str]) -> list[str]:
    """What the files are called: by their names, or where two share one, as a whole."""
    names = Counter(Path(one).name for one in paths)
    return [Path(one).name if names[Path(one).name] == 1 else one for one in paths]


def _of_folder(journal: Journal, output: Path) -> OfFolder:
    try:
        secret = secret_of(output / "ledger.key", new=False)
    except RunError as error:
        raise SuppressionError(
            f"who is on the suppression list of {output} cannot be told: {error.message}",
            f"restore {output / 'ledger.key'} from a backup; without it those who are on the list would be sent",
        ) from None
    known = Hashes()
    for digests in journal.suppressed.digests():
        known.add(digests)
    known.settle()
    return OfFolder(known, secret, journal.suppressed.why)


def used(suppression: Suppression) -> list[dict[str, Any]]:
    """What the journal keeps of the lists that held while a list was planned."""
    kinds = {one.kind for one in suppression.places}
    return [asdict(_used(one, suppression.rows[one.name], kinds)) for one in suppression.listings]


def _used(listing: Listing, rows: int, kinds: set[str]) -> Used:
    if isinstance(listing, OfFile):
        read = listing.read
        return Used(listing.name, read.entries, rows, read.unread, tuple(read.examples), _in_vain(read, kinds))
    return Used(listing.name, len(listing.known) if isinstance(listing, OfFolder) else 0, rows)


def _in_vain(read: SuppressionList, kinds: set[str]) -> str:
    """Said of a list that has nothing of what the list to import has."""
    of_kinds = {"e-mail": EMAIL, "phone": PHONE}
    if {of_kinds.get(kind, "hashed") for kind, number in read.kinds.items() if number} & {*kinds, "hashed"}:
        return ""
    has, lacks = ("e-mail addresses", "phone numbers") if PHONE in kinds else ("phone numbers", "e-mail addresses")
    return f"it has {has} alone, and the list to import {lacks} alone: nobody can be found on it"


def lines_of(about: Mapping[str, Any]) -> tuple[str, ...]:
    """What a person is told of the lists that held for a run, and of what it has added to its folder's."""
    said = [_line(Used(**one)) for one in about.get("suppression", ()) if one["rows"] or one["name"] != OWN]
    if learnt := about.get("learnt", 0):
        said.append(
            f"{learnt:,} {'entry' if learnt == 1 else 'entries'} added to this output folder's suppression list: "
            "numbers or people that LeadByte has refused"
        )
    return tuple(said)


def _line(one: Used) -> str:
    entries = f"{one.entries:,} {'entry' if one.entries == 1 else 'entries'}"
    said = f"suppressed by {one.name}: {entries}, {one.rows:,} {'row' if one.rows == 1 else 'rows'}"
    if one.hint:
        said += f"; {one.hint}"
    if one.unread:
        shown = ", ".join(f"row {row}: {value!r}" for row, value in one.examples)
        cells = "1 cell of it is" if one.unread == 1 else f"{one.unread:,} cells of it are"
        said += f"; {cells} no entry ({shown}{', …' if one.unread > len(one.examples) else ''})"
    return said


# ---------------------------------------------------------------------- rows that waited


def leave_out_suppressed(journal: Journal, run: Run) -> None:
    """Planned rows that are on a list by now become `suppressed`: lists grow while rows wait.

    Only what waited needs this: a new plan has just looked. Raises as `suppression_of` does.
    """
    suppression = suppression_of(journal, run, campaign_from(run.about["campaign"]).fields)
    if suppression is None:
        return
    for batch in journal.suppressed.waiting(run.run_id):
        found = suppression.find_in_leads([lead for _row, lead in batch])
        journal.leave_out(run.run_id, [(batch[at][0], words) for at, words in found.items()], Outcome.SUPPRESSED)
    before = {one["name"]: one["rows"] for one in run.about.get("suppression", ())}
    now = [one | {"rows": one["rows"] + before.get(one["name"], 0)} for one in used(suppression)]
    gone = [one for one in run.about.get("suppression", ()) if one["name"] not in {known["name"] for known in now}]
    journal.amend(run.run_id, {"suppression": [*gone, *now]})


# ---------------------------------------------------------------------- what is learnt


def learn(journal: Journal, run: Run, world: World) -> None:
    """Put on the folder's list whom LeadByte has refused with one of the codes that the run learns from.

    Those who are on it already change nothing, so this may be done again. That the hashes have lost their key is
    told: it is no reason to end a run that has sent its leads.
    """
    codes = [int(one) for one in run.about.get("learn", ())]
    if run.about["dry_run"] or not codes:
        return
    places = places_of(campaign_from(run.about["campaign"]).fields, run.about["campaign"]["country"])
    refused = list(journal.suppressed.refused(run.run_id, codes))
    if not refused:
        return
    new = journal.ledger.is_empty() and journal.suppressed.is_empty()
    try:
        secret = secret_of(Path(run.about["output"]) / "ledger.key", new=new)
    except RunError as error:
        world.tell(f"nobody was put on the suppression list: {error.message}")
        return
    people = [
        Suppressed(digest, place.kind, why_of(code))
        for code in codes
        for place in places
        if place.kind in LEARNT[code]
        for digest in _digests(secret, place, [one.lead.get(place.name, "") for one in refused if one.code == code])
    ]
    if added := journal.suppressed.add(people, world.now().isoformat(timespec="seconds")):
        journal.amend(run.run_id, {"learnt": run.about.get("learnt", 0) + added})


def _digests(secret: bytes, place: Place, values: Sequence[str]) -> list[bytes]:
    forms = Forms(place, pa.array(filter(None, values), pa.large_string()))
    return suppression_digests(secret, place.kind, forms.plain.to_pylist())


def why_of(code: int) -> str:
    """Why somebody is on the folder's list whom LeadByte refused with this code."""
    return f"LeadByte: {RESPONSE_CODES[code]} ({code})"
