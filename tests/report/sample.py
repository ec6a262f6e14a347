"""Reports to look at and to test: dry and real runs, good and bad lists, hostile cells, more than a page holds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from pipeline.damage import Finding, Kind
from pipeline.model import Outcome, Severity
from pipeline.report.contents import Delivery, EarlierList, Moment, Report, Response
from pipeline.report.profile import (
    BINS,
    EXAMPLES,
    KINDS,
    WORST,
    Example,
    Fault,
    FieldQuality,
    Profile,
    Strip,
    WorstRow,
)
from pipeline.report.summary import Reason, Summary

HEADERS: Final = ("First name", "Surname", "E-mail address", "Mobile", "Born", "Sex", "Post code", "Car", "Notes")
E_MAIL: Final = "is not a valid e-mail address"
MOBILE: Final = "is not a UK mobile number"


def fault(
    rule: str, message: str, rows: int, *values: str, first: int = 4, severity: Severity = Severity.FAULT
) -> Fault:
    examples = tuple(Example(first + 7 * at, value) for at, value in enumerate(values))
    return Fault(severity, rule, message, rows, first, examples)


def field(
    label: str, column: str, data_type: str, *faults: Fault, filled: int = 10_000, **changes: Any
) -> FieldQuality:
    bad = sum(one.rows for one in faults if one.severity is Severity.FAULT and one.rule != "required")
    plain = FieldQuality(label.lower(), label, True, data_type, (), column, filled, filled - bad, faults)
    return replace(plain, **changes)


FIELDS: Final = (
    field("First_Name", "First name", "Alphabetical"),
    field(
        "Last_Name", "Surname", "Alphabetical",
        fault("alphabetical", "contains “0”: only letters, spaces, hyphens and full stops are expected", 9, "Sm1th0"),
    ),
    field(
        "Email", "E-mail address", "Email Address",
        fault("email", f"{E_MAIL}: the @ is missing", 214, "ann.example.com", "bob(at)example.com", "n/a", first=12),
        fault("email", f"{E_MAIL}: the part behind the @ has no full stop, as in example.com", 61, "ann@example"),
        fault("email", f"{E_MAIL}: there is a space inside", 22, "ann @example.com", "bo b@example.com", first=88),
        fault("required", "is required and empty", 31, first=340),
        fault("role_email", "is a role's address, not a person's", 140, "info@example.com", "sales@example.com",
              first=9, severity=Severity.WARNING),
        filled=9_969,
    ),
    field(
        "Phone_1", "Mobile", "UK Mobile Number",
        fault("uk_mobile", f"{MOBILE}: 10 digits after the first 0 are expected, this has 9", 131, "07700 90012",
              "0770090013", first=31),
        fault("uk_mobile", f"{MOBILE}: these start with 07, this starts with 02", 44, "020 7946 0123", first=77),
        fault("fictitious_phone", "is one of the numbers for drama, which nobody has", 12, "07700 900123", first=3,
              severity=Severity.WARNING),
        required=False, filled=9_912,
    ),
    field(
        "DOB", "Born", "Date",
        fault("date", "is not a valid date: expected DD/MM/YYYY, as in 25/12/1980, and a day that exists", 58,
              "31/02/1980", "00/00/0000", "12-1975", first=19),
        required=False, filled=8_204,
    ),
    field(
        "Gender", "Sex", "Text",
        fault("selection", "is not one of the campaign's choices: Male, Female, M, F", 17, "woman", "x"),
        required=False, filled=7_950, selections=("Male", "Female", "M", "F"),
    ),
    field("Postcode", "Post code", "Postcode", filled=9_998, required=False),
    field("make_of_car", "Car", "Text"),
    field("SID", "(constant)", "Text"),
)  # fmt: skip

RECORD: Final = (
    fault("record", "the row looks like a footer or total, not a lead", 1, first=9_997),
    fault("same_ip", "column 'IP' is the same on more than 20 rows", 31, "203.0.113.7", severity=Severity.WARNING),
)


def bins(*shares: float, rows: int = 84) -> tuple[int, ...]:
    """Rows in each bin, from shares of them."""
    return tuple(round(rows * share) for share in shares)


def strip(invalid: tuple[int, ...], duplicate: tuple[int, ...] = (), good: str = "valid", rows: int = 84) -> Strip:
    twice = tuple(
        min(rows - one, other) for one, other in zip(invalid, duplicate or (0,) * len(invalid), strict=True)
    )
    fit = tuple(rows - one - other for one, other in zip(invalid, twice, strict=True))
    counts = {good: fit, "invalid": invalid} | ({"duplicate": twice} if any(twice) else {})
    return Strip(2, rows, counts)


#: Nine of ten faults in the last bins; the rest here and there.
TAIL: Final = strip(
    bins(*[0.01 + 0.01 * (at % 3) for at in range(112)], *[0.5, 0.9, 0.8, 1, 1, 1, 1]), bins(*[0.02] * 119)
)
EVEN: Final = strip(tuple(4 + (at * 7) % 5 for at in range(119)), bins(*[0.02] * 119))

WORST_ROWS: Final = tuple(
    WorstRow(
        row=9_990 - 50 * at,
        outcome="invalid",
        faults=3 if at < 4 else 2 if at < 20 else 1,
        cells=("Jane", "Quillfeather", "jane.example.com", f"07700 90{at:04d}0", "31/02/1980", "woman", "SW1A 1AA",
               "Saab", "called twice"),
        faulty=(2, 3, 4) if at < 4 else (2, 4) if at < 20 else (2,),
        errors=f"Email {E_MAIL}: the @ is missing (column 'E-mail address')"
        + ("; DOB is not a valid date: expected DD/MM/YYYY, as in 25/12/1980, and a day that exists (column 'Born')"
           if at < 20 else ""),
    )
    for at in range(WORST)
)  # fmt: skip

DAMAGE: Final = (
    Finding(
        Kind.LOST_ZERO, "Mobile", "Phone_1", 1_204, 4,
        "column 'Mobile' (Phone_1): 1,204 phone numbers had lost the leading 0, as happens in Excel; it was put back "
        "(first in row 4). Nothing need be done; a column formatted as Text keeps it.", False,
    ),
    Finding(
        Kind.PLACEHOLDER, "E-mail address", "Email", 88, 40,
        "column 'E-mail address' (Email): 88 cells with what looks like a placeholder for empty, like NULL, None, "
        "nan, N/A or - (first in row 40). Where it means empty, say so in the mapping, for this column: "
        'values: {"NULL": ""}.', False,
    ),
)  # fmt: skip

SUMMARY: Final = Summary(
    run_id="20261123T114050Z-f5c9",
    dry_run=True,
    file="lists/november/solar-leads-2026-11.csv",
    campaign="EXAMPLE-CAMPAIGN",
    campaign_name="Example Campaign A",
    rows=9_996,
    blank_rows=3,
    outcomes={one: sum(counts) for one, counts in TAIL.counts.items()},
    queue={},
    reasons=(),
    notes=(
        "read as cp1252 (not UTF-8)",
        "fields divided by semicolons",
        "the header is in row 1",
        "blank rows skipped: 3",
    ),
    damage=DAMAGE,
    stopped="",
    started_at="2026-11-23T11:40:50+00:00",
    finished_at="2026-11-23T11:40:51+00:00",
    seconds=0.412,
    rate=0.0,
    exit_code=1,
    results="output/20261123T114050Z-f5c9/results.csv",
    issues="output/20261123T114050Z-f5c9/issues.csv",
    next_step="leadbyte-import run lists/november/solar-leads-2026-11.csv --mapping mappings/solar.yaml",
    warnings=152,
)

PROFILE: Final = Profile(
    rows=9_996,
    whole_rows=9_995,
    headers=HEADERS,
    ignored=("Notes",),
    fields=FIELDS,
    record_faults=RECORD,
    strip=TAIL,
    worst=WORST_ROWS,
    warned=152,
    repeated=226,
    sent_before=12,
)

EARLIER: Final = tuple(
    EarlierList(
        f"2026{month:02d}02T090000Z-0001", f"2026-{month:02d}-02T09:00:00+00:00", f"solar-leads-2026-{month:02d}.csv",
        rows, good, rows - good - 60, 60,
    )
    for month, rows, good in (
        (10, 8_112, 7_739), (9, 7_480, 7_091), (8, 9_903, 9_517), (7, 6_120, 5_581), (6, 4_410, 4_220)
    )
)  # fmt: skip

#: A dry run of a list with a bad end, of a vendor with earlier lists.
DRY: Final = Report(SUMMARY, PROFILE, None, "Sunny Leads Ltd", EARLIER, False, "fix-me.xlsx")

#: A handful of rows.
SMALL: Final = Report(
    replace(
        SUMMARY, rows=5, outcomes={"valid": 3, "invalid": 1, "duplicate": 1}, damage=(), notes=(), warnings=0,
        file="first-list.csv", next_step="leadbyte-import run first-list.csv --mapping mappings/first-list.yaml",
    ),
    replace(
        PROFILE, rows=5, whole_rows=5, record_faults=(), warned=0, repeated=1, sent_before=0, ignored=(),
        fields=(
            field("Email", "E-mail", "Email Address", fault("email", f"{E_MAIL}: the @ is missing", 1, "example.com"),
                  filled=5),
            field("First_Name", "First name", "Alphabetical", filled=5),
        ),
        headers=("First name", "E-mail"),
        strip=Strip(2, 1, {"valid": (1, 1, 0, 0, 1), "invalid": (0, 0, 1, 0, 0), "duplicate": (0, 0, 0, 1, 0)}),
        worst=(WorstRow(4, "invalid", 1, ("Jane", "example.com"), (1,), f"Email {E_MAIL}: the @ is missing"),),
    ),
)  # fmt: skip


def _of(profile: Profile, outcome: str, **changes: Any) -> Profile:
    """The profile of a list of which every row has one outcome."""
    return replace(profile, strip=Strip(2, 84, {outcome: (84,) * 119}), **changes)


#: Nothing is wrong with it.
ALL_GOOD: Final = Report(
    replace(
        SUMMARY, outcomes={"valid": 9_996}, damage=(), notes=(), warnings=0, exit_code=0, blank_rows=0
    ),
    _of(
        PROFILE, "valid", fields=tuple(replace(one, faults=(), valid=one.filled) for one in FIELDS), record_faults=(),
        worst=(), warned=0, repeated=0, sent_before=0, ignored=(),
    ),
)  # fmt: skip

SWAPPED: Final = Finding(
    Kind.SWAPPED, "Mobile", "Phone_1", 9_996, 2,
    "column 'Mobile' (Phone_1): most of its 9,996 cells look like e-mail addresses, and most of column "
    "'E-mail address' like phone numbers. Were the two swapped in the mapping, or in the file?", False,
)  # fmt: skip
#: Two columns are swapped: not one row can be sent.
ALL_BAD: Final = Report(
    replace(
        SUMMARY, outcomes={"invalid": 9_996}, damage=(SWAPPED,), warnings=0,
        next_step="9,996 of 9,996 rows are invalid, more than --max-invalid 20% allows: correct the list or the "
        "mapping (results.csv says what and where), then check again",
        blocked="9,996 of 9,996 rows are invalid, more than --max-invalid 20% allows",
    ),
    _of(
        PROFILE, "invalid",
        fields=(
            field("Email", "E-mail address", "Email Address",
                  fault("email", f"{E_MAIL}: the @ is missing", 9_996, "07700 900123", "07700 900124"), filled=9_996),
            field("Phone_1", "Mobile", "UK Mobile Number",
                  fault("uk_mobile", f"{MOBILE}: there are no digits", 9_996, "ann@example.com"), filled=9_996),
            field("First_Name", "First name", "Alphabetical", filled=9_996),
        ),
        record_faults=RECORD[:1], warned=0, repeated=0, sent_before=0,
    ),
    fix_me="fix-me.xlsx",
)  # fmt: skip

MOMENTS: Final = tuple(
    Moment(
        f"2026-11-23T{11 + (41 + at) // 60:02d}:{(41 + at) % 60:02d}:00+00:00", 60.0,
        0 if at == 40 else 148 + (at * 13) % 17,
        None if at == 40 else 0.18 + 0.01 * (at % 5),
        None if at == 40 else 2.4 if at == 21 else 0.5 + 0.05 * (at % 7),
    )
    for at in range(60)
)  # fmt: skip


def sent(strip: Strip, last: int) -> Strip:
    """The strip once its fit rows were sent, up to bin `last`: most are taken, some refused, a few neither."""
    fit = strip.counts["valid"]
    gone = tuple(rows if at < last else 0 for at, rows in enumerate(fit))
    counts = {
        "rejected": tuple(min(rows, 3 + at % 3) for at, rows in enumerate(gone)),
        "failed": tuple(3 if at == 21 else 0 for at in range(len(fit))),
        "unknown": tuple(6 if at == 21 else 0 for at in range(len(fit))),
        "not_sent": tuple(rows - one for rows, one in zip(fit, gone, strict=True)),
    }
    taken = tuple(rows - sum(others) for rows, *others in zip(gone, *list(counts.values())[:3], strict=True))
    return replace(strip, counts={"accepted": taken} | counts | {"invalid": strip.counts["invalid"],
                                                                "duplicate": strip.counts["duplicate"]})  # fmt: skip


def outcomes(strip: Strip) -> dict[str, int]:
    return {one: number for one, bins in strip.counts.items() if (number := sum(bins))}


def responses(strip: Strip) -> tuple[Response, ...]:
    found = outcomes(strip)
    return (
        Response("accepted", 2, "Success", found["accepted"]),
        Response("rejected", -15, "Number matched TPS database", found["rejected"] - 140),
        Response("rejected", -5, "Validation error", 120),
        Response("rejected", -2, "Duplicate or resubmission", 20),
        Response("failed", -3, "Remote system error", 3),
        Response("unknown", None, "no trustworthy answer", 6),
    )


STOPPED: Final = sent(TAIL, 104)
WHOLE: Final = sent(TAIL, 200)
RESPONSES: Final = responses(STOPPED)
#: A real run that stopped before its end.
REAL: Final = Report(
    replace(
        SUMMARY, dry_run=False, rate=2.6, seconds=3_612.2, finished_at="2026-11-23T12:41:02+00:00", exit_code=4,
        outcomes=outcomes(STOPPED),
        reasons=(
            Reason("rejected", RESPONSES[1].rows, 9, -15, "Number matched TPS database"),
            Reason("rejected", 120, 14, -5, "Validation error"),
        ),
        stopped="LeadByte answered -4: Campaign cap reached",
        next_step="raise the campaign's cap in LeadByte, or wait until there is room (--on-cap wait:08:00 does), "
        "then: leadbyte-import resume 20261123T114050Z-f5c9",
    ),
    replace(PROFILE, strip=STOPPED),
    Delivery(RESPONSES, MOMENTS, ()),
    fix_me="fix-me.xlsx",
)  # fmt: skip
_TAKEN: Final = outcomes(WHOLE)["accepted"]
#: A run that went to its end, once LeadByte's queue was asked.
RECONCILED: Final = replace(
    REAL,
    summary=replace(
        REAL.summary, queue={"sold": 6_120, "refused": 1_510, "pending": _TAKEN - 7_630}, stopped="",
        outcomes=outcomes(WHOLE),
        next_step="search for the unknown rows before anybody sends them again: "
        "leadbyte-import resolve 20261123T114050Z-f5c9",
    ),
    profile=replace(PROFILE, strip=WHOLE),
    delivery=Delivery(
        responses(WHOLE), MOMENTS,
        (("sent", sum(WHOLE.counts[one][at] for one in ("accepted", "rejected", "failed", "unknown")
                      for at in range(len(WHOLE.counts[one])))),
         ("queued: LeadByte took them", _TAKEN), ("accepted: processed, and not refused", 6_120),
         ("sold", 6_120)),
        waiting=_TAKEN - 7_630,
    ),
    vendor="Sunny Leads Ltd",
    earlier=EARLIER,
)  # fmt: skip

NASTY: Final = (
    "<script>alert(1)</script>", "</style><img src=x onerror=alert(1)>", "\"' onmouseover='alert(1)", "&amp;<!--",
    "\u202egnp.exe\u202c", "\x00\x07\x1b[31m", "]]>", "{{ 7 * 7 }}", "=1+1", "\u2028line\nbreak",
)  # fmt: skip


def hostile(*, show_data: bool = True) -> Report:
    """Every text from a list, a mapping or a campaign tries to run, to close, or to turn what is around it."""
    script = "<script>alert(1)</script>"
    nasty = tuple(
        field(f"{bad}{at}", f"{bad}{at}", bad, fault("email", f"is {bad}", 9, *NASTY),
              fault("fictitious_phone", bad, 3, bad, severity=Severity.WARNING), filled=100, selections=NASTY)
        for at, bad in enumerate(NASTY)
    )  # fmt: skip
    return Report(
        replace(
            SUMMARY, file=f"lists/{script}.csv", campaign=script, campaign_name=script, notes=NASTY, stopped=script,
            damage=(Finding(Kind.SWAPPED, NASTY[0], NASTY[0], 3, 2, script, True),), blocked=script, next_step=script,
        ),
        replace(
            PROFILE, headers=NASTY, ignored=NASTY, fields=nasty, record_faults=(fault("record", script, 4, script),),
            worst=tuple(WorstRow(at + 2, "invalid", 2, NASTY, (0, at), script) for at in range(len(NASTY))),
        ),
        Delivery((Response("rejected", -5, script, 4),), (Moment(script, 1.0, 3, 0.1, 0.2),), ((script, 9),)),
        script, (EarlierList(script, script, script, 100, 90, 5, 5),), show_data, "fix-me.xlsx",
    )  # fmt: skip


def enormous(character: str = "&", columns: int = 300, headers: int = 2_000) -> Report:
    """As much as a list can hold, of a character that is long once it is escaped."""
    long, words = character * 32_767, character * 1_000
    faults = tuple(
        fault("email", f"{at}{words}", 1_000 - at, *[long] * EXAMPLES, severity=list(Severity)[at % 2])
        for at in range(KINDS)
    )
    return Report(
        replace(
            SUMMARY, file=long, campaign=long, campaign_name=long, notes=(long,) * 500, stopped=long, blocked=long,
            damage=tuple(
                Finding(Kind.EMPTY, f"{at}{words}", f"{at}{words}", 3, 2, long, True) for at in range(columns)
            ),
            next_step=long, lacking=(long,) * 5, outcomes=dict.fromkeys(Outcome, 1_110), rows=9_990,
        ),
        replace(
            PROFILE, rows=10 * BINS * 10**6, headers=tuple(f"{at}{long}" for at in range(headers)),
            ignored=tuple(f"{at}{long}" for at in range(headers - columns)),
            fields=tuple(
                field(f"{at}{words}", f"{at}{words}", words, *faults, selections=(words,) * 50)
                for at in range(columns)
            ),
            record_faults=faults,
            worst=tuple(
                WorstRow(at, "invalid", 9, (long,) * headers, tuple(range(columns)), long) for at in range(WORST)
            ),
            strip=Strip(2, 10**6, dict.fromkeys(("", *Outcome), (10**6,) * BINS)),
        ),
        Delivery(
            tuple(Response("rejected", -at, words, 10**6) for at in range(200)),
            tuple(Moment("2026-11-23T11:40:50+00:00", 0.1, 10**6, 0.1, 99.0) for _ in range(5_000)),
            tuple((words, 10**6) for _ in range(9)),
        ),
        long, tuple(EarlierList(long, long, long, 10**6, 10**5, 1, 1) for _ in range(40)), True, "fix-me.xlsx",
    )  # fmt: skip


#: Faults all over the list, and its cells in full.
EVENLY: Final = replace(
    DRY, show_data=True, profile=replace(PROFILE, strip=EVEN),
    summary=replace(SUMMARY, outcomes={one: sum(counts) for one, counts in EVEN.counts.items()}),
)  # fmt: skip

SAMPLES: Final = {
    "dry": DRY, "small": SMALL, "all-good": ALL_GOOD, "all-bad": ALL_BAD, "real": REAL, "reconciled": RECONCILED,
    "even": EVENLY, "hostile": hostile(),
}  # fmt: skip
