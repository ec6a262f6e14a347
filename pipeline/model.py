"""The words of this program as frozen data: campaign, field, issue, outcome, LeadByte's response codes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final


class Outcome(StrEnum):
    """The one place where every row of the input ends (docs/results.md)."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    FAILED = "failed"
    INVALID = "invalid"
    DUPLICATE = "duplicate"
    SUPPRESSED = "suppressed"
    NOT_SENT = "not_sent"
    UNKNOWN = "unknown"
    VALID = "valid"


class Severity(StrEnum):
    """How much it weighs: a `fault` keeps its row here, a row with a `warning` is sent (docs/checks.md)."""

    FAULT = "fault"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Selection:
    """One allowed value of a field: people see `label`, LeadByte is sent `value`."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Field:
    """A campaign's field: people think in `label`, what is submitted is `name` (leadbyte-api.md, Read)."""

    name: str
    label: str
    required: bool = False
    data_type: str = "Text"
    selections: tuple[Selection, ...] = ()


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign and its fields. Leads are posted to `reference`, details are read by `id`."""

    id: str
    name: str
    reference: str
    country: str = ""
    currency: str = ""
    active: bool = True
    archived: bool = False
    fields: tuple[Field, ...] = ()

    @property
    def state(self) -> str:
        """In a word for people: only an active campaign takes leads."""
        if self.archived:
            return "archived"
        return "active" if self.active else "not active"


def campaign_from(data: dict[str, Any]) -> Campaign:
    """The campaign that `dataclasses.asdict` took apart (as the journal keeps it)."""
    fields = tuple(
        Field(**(one | {"selections": tuple(Selection(**selection) for selection in one["selections"])}))
        for one in data["fields"]
    )
    return Campaign(**(data | {"fields": fields}))


@dataclass(frozen=True, slots=True)
class Issue:
    """One fault of one row. `row` is the spreadsheet's row number, `column` the header in the file.

    `value` is the cell as it stands in the file; `message` is a sentence that a person can act on.
    A fault of the record as a whole (a ragged row) has no column, field or value.
    """

    row: int
    column: str
    field: str
    label: str
    rule: str
    value: str
    message: str
    severity: Severity = Severity.FAULT


#: LeadByte's response codes, in its own words (leadbyte-api.md, "Codes"). Positive codes mean success.
RESPONSE_CODES: Final[dict[int, str]] = {
    2: "Success",
    1: "Success",
    -2: "Duplicate or resubmission",
    -3: "Remote system error",
    -4: "Campaign cap reached",
    -5: "Validation error",
    -7: "Supplier not authorised",
    -8: "HLR rejection",
    -9: "Campaign not active",
    -10: "PAF rejection",
    -11: "IP address blocked",
    -12: "Email rejection",
    -13: "Landline rejection",
    -14: "IP address country rejection",
    -15: "Number matched TPS database",
    -16: "Number matched DNCR database",
    -100: "Internal error",
}

#: What stands in the place of a cell whose person asked to be erased.
ERASED: Final = "erased"

#: Codes that are not the row's fault: LeadByte itself failed, `retry` offers the row again.
SYSTEM_CODES: Final = frozenset({-3, -100})
#: Codes after which no further row can succeed now: the run stops.
STOPPING_CODES: Final = frozenset({-4, -9})
#: The code that stops the rows of one supplier (`sid`) only.
SUPPLIER_CODE: Final = -7


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole HTTP answer to a posted lead. `retry_after` is that header's text as it came."""

    http_status: int
    body: bytes
    retry_after: str = ""


@dataclass(frozen=True, slots=True)
class NeverLeft:
    """No byte of the request was handed to the socket: sending again cannot make a duplicate.

    `fatal` marks what no waiting mends (a certificate that does not verify).
    """

    reason: str
    fatal: bool = False


@dataclass(frozen=True, slots=True)
class Lost:
    """The request may have arrived, but no whole, valid answer came back."""

    reason: str


Reply = Answer | NeverLeft | Lost


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a reply means for its row. `outcome` None: this attempt was not taken, it may be made again.

    `retry_after` is in seconds; `stop` says why no further row may be sent now; `stop_supplier` stops only the rows
    with the same `sid`. `errors` are LeadByte's own words, or ours where it gave none.
    """

    outcome: Outcome | None
    status: str = ""
    queue_id: str = ""
    code: int | None = None
    errors: str = ""
    http_status: int | None = None
    retry_after: float | None = None
    stop: str = ""
    stop_supplier: bool = False


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """One row of the input as the plan has it.

    `cells` are the input's cells as they were; `lead` is what would be posted (field name -> text), empty when the
    row is not to be sent, and then `outcome` and `errors` say why. `people` are the keyed hashes by which later lists
    know the lead (pipeline.people).
    """

    row: int
    cells: tuple[str, ...]
    lead: dict[str, str]
    outcome: Outcome | None = None
    errors: str = ""
    people: bytes = b""


@dataclass(frozen=True, slots=True)
class QueueState:
    """What became of a queued lead (leadbyte-api.md, "Afterwards"): `status` and `message` are LeadByte's words.

    `status` is "Processed", "Pending" or "Not Found"; a sold lead has a `lead_id`, one that was refused after all a
    `rejection_id`.
    """

    status: str
    code: int | None = None
    message: str = ""
    lead_id: str = ""
    rejection_id: str = ""
    processed_at: str = ""

    @property
    def is_last(self) -> bool:
        """Whether LeadByte is done with the lead: there is no need to ask again."""
        return self.status == "Processed"


@dataclass(frozen=True, slots=True)
class Found:
    """A lead that `leads/search` showed: when LeadByte received it (its own words), and what it was found by.

    `email` is the address that the lead has, "" where the answer does not say.
    """

    lead_id: str
    queue_id: str
    received: str
    by: str
    email: str = ""


@dataclass(frozen=True, slots=True)
class Misses:
    """How often, and when first and last (UTC, ISO), a search did not show a lead. It proves nothing."""

    count: int = 0
    first: str = ""
    last: str = ""


@dataclass(frozen=True, slots=True)
class JournalRow:
    """One row as the journal has it now; `state` is planned, sending or done.

    `queue` is what is known of it afterwards; `lead_id` and `found_by` where a search has shown an unknown lead.
    `first_sent` is when the row was sent for the first time, `own_ids` the queueIds that it had before it was offered
    again. `erased`: its person asked for that, so every cell is `ERASED` and there is no lead.
    """

    row: int
    cells: tuple[str, ...]
    lead: dict[str, str]
    state: str
    outcome: Outcome | None
    status: str
    queue_id: str
    code: int | None
    errors: str
    http_status: int | None
    attempts: int
    submitted_at: str
    queue: QueueState | None = None
    lead_id: str = ""
    found_by: str = ""
    misses: Misses = Misses()
    first_sent: str = ""
    own_ids: tuple[str, ...] = ()
    erased: bool = False
