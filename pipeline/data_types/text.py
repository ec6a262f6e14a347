"""Text, Alphabetical and Yes/No (leadbyte-api.md, Read: the data types of the specification)."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from pipeline.data_types.cleaning import collapsed, is_control, shown, stripped
from pipeline.data_types.definition import DataType, Plain, TypeOptions, send_as_is

_LAYOUT: Final = frozenset("\t\n\r")
# Joiners between letters belong to the spelling of Persian and several Indian languages.
_NAME_MARKS: Final = frozenset(" .-\u2010\u2011'\u2019\u200c\u200d")
_PLAIN_NAME: Final = re.compile(r"[A-Za-z .'-]*[A-Za-z][A-Za-z .'-]*")
_YES: Final = frozenset({"yes", "y", "true", "1"})
_NO: Final = frozenset({"no", "n", "false", "0"})


def _text(text: str, options: TypeOptions) -> str:
    return stripped(text)


def _forbidden_in_text(text: str) -> str:
    return next((ch for ch in text if ch not in _LAYOUT and is_control(ch)), "")


def _is_text(canonical: str, options: TypeOptions) -> bool:
    return canonical.isprintable() or not _forbidden_in_text(canonical)


def _explain_text(text: str, options: TypeOptions) -> str:
    culprit = _forbidden_in_text(stripped(text))
    found = f" contains {shown(culprit)}, which" if culprit else " contains something that"
    return f"{found.strip()} no text should hold: delete it, or export the file again as UTF-8"


def _plain_text(options: TypeOptions) -> tuple[Plain, ...]:
    return (Plain(r"[!-~](?:[ -~]*[!-~])?"),)


def _alphabetical(text: str, options: TypeOptions) -> str:
    return collapsed(unicodedata.normalize("NFC", text))


def _in_a_name(character: str) -> bool:
    return character in _NAME_MARKS or unicodedata.category(character)[0] in "LM"


def _is_alphabetical(canonical: str, options: TypeOptions) -> bool:
    if _PLAIN_NAME.fullmatch(canonical):
        return True
    return any(map(str.isalpha, canonical)) and all(map(_in_a_name, canonical))


def _explain_alphabetical(text: str, options: TypeOptions) -> str:
    canonical = _alphabetical(text, options)
    culprit = next((ch for ch in canonical if not _in_a_name(ch)), "")
    allowed = "only letters, spaces, hyphens, apostrophes and full stops are expected"
    if culprit in {"\ufffd"}:
        return f"contains {shown(culprit)}, the mark of a wrong encoding: export the file again as UTF-8"
    if culprit:
        return f"contains {shown(culprit)}: {allowed}"
    return f"contains no letter: {allowed}"


def _plain_names(options: TypeOptions) -> tuple[Plain, ...]:
    # Letters that have one form only in Unicode, a letter first; single spaces.
    letters = "A-Za-zÀ-ÖØ-öø-ÿ"
    return (Plain(rf"[{letters}][{letters}.'-]*(?: [{letters}.'-]+)*"),)


def _yes_no(text: str, options: TypeOptions) -> str:
    plain = stripped(text)
    word = plain.lower()
    return "Yes" if word in _YES else "No" if word in _NO else plain


def _is_yes_no(canonical: str, options: TypeOptions) -> bool:
    return canonical in {"Yes", "No"}


def _explain_yes_no(text: str, options: TypeOptions) -> str:
    return "is neither yes nor no: expected Yes or No (y, n, true, false, 1 and 0 are understood as well)"


TEXT: Final = DataType("Text", "text", _text, _is_text, _explain_text, send_as_is, _plain_text)
ALPHABETICAL: Final = DataType(
    "Alphabetical", "alphabetical", _alphabetical, _is_alphabetical, _explain_alphabetical, send_as_is, _plain_names
)
YES_NO: Final = DataType("Yes/No", "yes_no", _yes_no, _is_yes_no, _explain_yes_no, send_as_is)
