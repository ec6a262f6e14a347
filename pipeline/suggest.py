"""A first mapping for a list: headers compared with the campaign's labels, and a look at the values."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pipeline.checks.proposed import proposed
from pipeline.data_types import TypeOptions
from pipeline.errors import ConfigError
from pipeline.files import whole_file
from pipeline.model import Campaign, Field
from pipeline.names import fold
from pipeline.normalise import type_of

if TYPE_CHECKING:
    import pandas as pd

#: Sure enough to take without asking, in percent.
SURE: Final = 85
#: Below this a header and a label have nothing to do with each other.
_POSSIBLE: Final = 60
#: A header that is a part of the label ("Car" of "make_of_car") is worth a question.
_PART: Final = 70

#: Other words that lists use for the standard field names (leadbyte-api.md, "Standard field names").
_SYNONYMS: Final[dict[str, tuple[str, ...]]] = {
    "title": ("salutation", "prefix"),
    "firstname": ("first name", "forename", "given name", "christian name", "fname"),
    "lastname": ("last name", "surname", "family name", "lname"),
    "email": ("e-mail address", "email address", "mail", "e-mail"),
    "phone1": ("mobile", "mobile number", "mobile phone", "phone", "telephone", "tel", "cell", "contact number"),
    "phone2": ("landline", "home phone", "alternative phone"),
    "street1": ("address", "address 1", "address line 1", "street"),
    "towncity": ("town", "city"),
    "postcode": ("post code", "zip", "zip code", "postal code"),
    "dob": ("date of birth", "birth date", "birthday", "d.o.b."),
    "gender": ("sex",),
    "sid": ("supplier", "supplier id", "source id"),
    "ipaddress": ("ip", "ip address"),
    "optinurl": ("opt-in url", "source url"),
    "optindate": ("opt-in date", "date collected"),
}

#: Each form with its twin, day and month the other way round: what both can read is not decided by the values.
_DATE_FORMATS: Final = tuple(
    form.replace("/", joint) for form in ("%d/%m/%Y", "%m/%d/%Y", "%d/%m/%y", "%m/%d/%y") for joint in ("/", "-", ".")
)


@dataclass(frozen=True, slots=True)
class Guess:
    """What is proposed for one column: `target` None is to ignore it; `score` in percent; `why` in words."""

    header: str
    target: Field | None
    score: int
    why: str
    date_format: str = ""
    date_note: str = ""
    date_choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposed mapping: one guess per column in file order, and the required labels that nothing feeds."""

    campaign: Campaign
    columns: tuple[Guess, ...]

    @property
    def unfed(self) -> tuple[str, ...]:
        """Labels of required fields that no column feeds."""
        fed = {one.target.name for one in self.columns if one.target}
        return tuple(one.label for one in self.campaign.fields if one.required and one.name not in fed)

    def doubtful(self) -> tuple[Guess, ...]:
        """The columns a person should decide on."""
        return tuple(one for one in self.columns if one.score < SURE)

    def decided(self, header: str, target: Field | None, date_format: str = "") -> Proposal:
        """The proposal after a person said what `header` feeds; a field feeds from one column only."""
        columns = []
        for one in self.columns:
            if one.header == header:
                said = replace(one, target=target, score=100, why="you said so", date_note="")
                columns.append(replace(said, date_format=date_format or one.date_format))
            elif target and one.target and one.target.name == target.name:
                columns.append(replace(one, target=None, score=100, why=f"{target.label} comes from {header}"))
            else:
                columns.append(one)
        return replace(self, columns=tuple(columns))


def propose(sample: pd.DataFrame, campaign: Campaign) -> Proposal:
    """A mapping for a list with these columns; `sample` is its first rows as text.

    Every pair of column and field is scored by name, then lifted or lowered by whether the values fit the field's
    type; the best pairs are taken first, each column and each field once.
    """
    columns = {str(header): [value for value in sample[header] if value][:500] for header in sample.columns}
    pairs = sorted(
        (_score(header, values, one, campaign) for header, values in columns.items() for one in campaign.fields),
        key=lambda guess: -guess.score,
    )
    taken: dict[str, Guess] = {}
    fed: set[str] = set()
    for guess in pairs:
        if guess.target and guess.score >= _POSSIBLE and guess.header not in taken and guess.target.name not in fed:
            taken[guess.header] = _with_dates(guess, columns[guess.header])
            fed.add(guess.target.name)
    nothing = {header: Guess(header, None, 0, "no field of the campaign is like it") for header in columns}
    return Proposal(campaign, tuple(taken.get(header, nothing[header]) for header in columns))


def _score(header: str, values: list[str], target: Field, campaign: Campaign) -> Guess:
    from rapidfuzz import fuzz

    known = (target.label, target.name, *_SYNONYMS.get(target.name, ()))
    name, nearest = max((round(fuzz.ratio(fold(header), fold(word))), word) for word in known)
    score, why = name, f"named like {nearest!r}"
    if name < _PART and _words(header) and _words(header) <= _words(target.label):
        score, why = _PART, f"a word of {target.label!r}"
        name = _PART
    fits = _fit(values, target, campaign)
    if fits is not None:
        # A column whose values are of the type, under another name, is worth a question; a name alone is not proof.
        score = max(name, 65) if fits > 0.9 and name < 65 else name
        score = min(score, 60) if fits < 0.3 else score
        why += f", {fits:.0%} of the values look like {target.data_type}"
    return Guess(header, target, score, why)


def _words(name: str) -> set[str]:
    return set(re.findall(r"[^\W_]+", name.casefold()))


#: Types that tell a column apart by its values; almost anything is Text.
_TELLING: Final = frozenset({"email", "uk_mobile", "postcode", "date"})


def _fit(values: list[str], target: Field, campaign: Campaign) -> float | None:
    """The share of values that fit the field's type; None when the type tells nothing, or there are no values."""
    kind = type_of(target)
    if target.selections:
        allowed = {one.label.casefold() for one in target.selections}
        allowed |= {one.value.casefold() for one in target.selections}
        fits = [value.strip().casefold() in allowed for value in values]
    elif kind.rule == "date":
        fits = [bool(_DATE_LIKE.fullmatch(value.strip())) for value in values]
    elif kind.rule in _TELLING:
        options = TypeOptions(country=campaign.country or TypeOptions().country)
        fits = [kind.check(kind.normalise(value, options), options) for value in values]
    else:
        return None
    return sum(fits) / len(fits) if fits else None


_DATE_LIKE = re.compile(r"[0-9]{1,4}[/.\- ](?:[0-9]{1,2}|[A-Za-z]{3,9})[/.\- ][0-9]{2,4}(?:[ T][0-9:.]+)?")


def _with_dates(guess: Guess, values: list[str]) -> Guess:
    """The format of a date column that its values follow, when there is just one; what to decide otherwise."""
    if guess.target is None or type_of(guess.target).rule != "date":
        return guess
    written = [value.strip() for value in values if not re.match(r"[0-9]{4}-", value.strip())]
    read = {form: {value for value in written if _parses(value, form)} for form in _DATE_FORMATS}
    scores = {form: sum(value in values for value in written) for form, values in read.items()}
    common = [form for form, number in scores.items() if number and number >= 0.7 * len(written)]
    # A form that reads nothing but what another reads too, and less of it, has no value to speak for it.
    forms = [form for form in common if not any(read[form] < read[other] for other in common)]
    if len(forms) == 1:
        return replace(guess, date_format=forms[0], date_note="read off the values")
    if forms:
        # Nothing is declared then: until a person decides, `check` refuses the dates that could be either.
        rules = [f'{{field: {guess.target.label}, date_format: "{form}"}}' for form in forms]
        note = f"DECIDE: {' or '.join(rules)}"
        return replace(guess, date_choices=tuple(forms), date_note=note, score=60)
    return guess


def _parses(value: str, form: str) -> bool:
    try:
        datetime.strptime(value, form)  # noqa: DTZ007 - a date of birth has no time zone
    except ValueError:
        return False
    return True


def write_proposal(path: Path, proposal: Proposal, file_name: str) -> None:
    """Write the proposal as a mapping file that a person edits, with how sure each line is as a comment.

    Raises ConfigError when the place cannot be written to.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as file:
            file.write(proposal_text(proposal, file_name).encode())
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be written: {error.strerror}", "choose another place with --mapping"
        ) from None


def proposal_text(proposal: Proposal, file_name: str) -> str:
    """The YAML text of a proposal."""
    from ruamel.yaml.comments import CommentedMap

    columns = CommentedMap()
    for one in proposal.columns:
        if one.target:
            columns[one.header] = _rule(one.target, one.date_format)
            columns.yaml_add_eol_comment(_remark(_comment(one)), one.header)
    ignored = [one.header for one in proposal.columns if not one.target]
    constants = ["  " + _remark(f'{label}: ""   # required, and fed by no column yet') for label in proposal.unfed]
    parts = [
        _remark(
            f"Mapping of {file_name} to campaign {proposal.campaign.reference}: header in the file, then field label."
        ),
        "# Lines marked CHECK are guesses. Every key is explained in docs/mapping.md.",
        _yaml({"campaign": proposal.campaign.reference, "columns": columns}),
        "# The same value for every row.",
        "constants:",
        *(constants or ['  # SID: "1"']),
        "# Columns that are not sent.",
        _yaml({"ignore": _inline(ignored)}),
        "# The same person twice in the file (the same in any one of these): the first row stays.",
        _yaml({"dedupe": _inline(_people(proposal.columns))}),
        *_checks([one.target for one in proposal.columns if one.target]),
    ]
    return "\n".join(parts) + "\n"


def _checks(fed: list[Field]) -> list[str]:
    checks = {name: _inline(labels) for name, labels in proposed(fed).items()}
    if not checks:
        return []
    lines = _yaml({"checks": checks}).splitlines()
    return [
        "# Checks of consent and quality, off as long as they are remarks (docs/checks.md).",
        *map(_remark, lines),
    ]


def _rule(target: Field, date_format: str) -> object:
    from ruamel.yaml.comments import CommentedMap
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    if not date_format:
        return target.label
    rule = CommentedMap(field=_inside(target.label), date_format=DoubleQuotedScalarString(date_format))
    rule.fa.set_flow_style()
    return rule


def _inline(values: list[str]) -> object:
    from ruamel.yaml.comments import CommentedSeq

    listed = CommentedSeq(map(_inside, values))
    listed.fa.set_flow_style()
    return listed


def _inside(text: str) -> str:
    """`text` as it stands between brackets: ruamel.yaml does not quote all that means something there (`?1`)."""
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    return text if re.fullmatch(r"[\w -]*\w", text) and text[0].isalnum() else DoubleQuotedScalarString(text)


def _yaml(data: dict[str, object]) -> str:
    from ruamel.yaml import YAML

    text, yaml = StringIO(), YAML()
    yaml.width = 4096
    yaml.dump(data, text)
    return text.getvalue().rstrip("\n")


def _remark(text: str) -> str:
    """`text` as a YAML comment: one line, whatever a file is called."""
    return "# " + "".join(letter if letter.isprintable() else "?" for letter in text)


def _comment(one: Guess) -> str:
    words = f"{'sure' if one.score >= SURE else 'CHECK'} ({one.score} %): {one.why}"
    return f"{words}; dates: {one.date_note}" if one.date_note else words


def _people(columns: Iterable[Guess]) -> list[str]:
    telling = ("email", "uk_mobile")
    return [one.target.label for one in columns if one.target and type_of(one.target).rule in telling]
