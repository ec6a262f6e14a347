"""How each kind of fault is mended, in a sentence: one table by rule, one by LeadByte's response code.

Adding a rule is adding a line here; what has none is answered with ANY.
"""

from __future__ import annotations

from typing import Final

ANY: Final = "Correct these cells in the list, or ask the vendor for what is missing."

#: By the rule that is broken (of pipeline.data_types, validate and checks; `record`: of a row as a whole).
BY_RULE: Final[dict[str, str]] = {
    "required": "The campaign takes no lead without it: fill the cells, or ask the vendor for them. Is another "
    "column the right one? Then map that. A value that all rows share is a constant in the mapping.",
    "selection": "Only the campaign's own choices are taken. Translate the list's words in the mapping, as in "
    "values: {m: Male, f: Female}.",
    "record": "Every row needs as many cells as the header has. Take out totals and footers; put a cell that holds "
    "the delimiter, or a quote, in quotes. If the list was cut off, ask for it again.",
    "text": "Take out the characters that cannot be seen; mostly the list was exported in another encoding.",
    "date": "Correct the days that do not exist. Where the column writes its dates in another way than expected, say "
    "so in the mapping (date_format).",
    "date_time": "Correct the times that do not exist. Where the column writes date and time in another way than "
    "expected, say so in the mapping (date_format).",
    "email": "Take the address from its source again, one to a cell. Do not guess: a guess reaches a stranger.",
    "alphabetical": "Only letters, spaces, hyphens, full stops and apostrophes are taken. If most cells are wrong, "
    "the wrong column is mapped.",
    "uk_mobile": "A UK mobile has 07 and nine digits more. Where digits are lost (7.7E+09), format the column as "
    "Text in the original and export it again; landlines belong in another field.",
    "uk_landline": "A UK landline begins with 01, 02 or 03. Mobiles belong in another field; lost digits come back "
    "only from the original.",
    "phone": "Write numbers with + and the country code. Lost digits come back only from the original.",
    "postcode": "Compare it with the address. A half is no postcode, and O and 0, I and 1 are easily mixed up.",
    "number": "Digits, a full stop and a minus sign only: move units and words to another column.",
    "integer": "A whole number in digits only: move units and words to another column.",
    "currency": "An amount in digits, with at most two decimals, as in 1234.50.",
    "url": "A whole web address, beginning with http:// or https://.",
    "ip_address": "The visitor's one address, without a port, as in 203.0.113.7.",
    "yes_no": "Yes or No. Translate other words in the mapping, as in values: {Y: Yes, 0: No}.",
    "optin_date": "Without a credible date nobody can show that the person agreed: ask the vendor for it. Where "
    "it is too long ago, the person has to be asked anew.",
    "optin_url": "Ask the vendor for the whole address of the page on which the person agreed.",
    "optin_ip": "Ask the vendor for the address from which the person agreed.",
    "same_ip": "So many people behind one address may be one machine that fills in forms: ask the vendor how these "
    "leads were gathered.",
    "same_optin": "So many people in one second may be an import instead of people: ask the vendor how these leads "
    "were gathered.",
    "age": "The mapping asks for people of a certain age: leave these rows out, or have the date of birth corrected.",
    "fictitious_phone": "Nobody has such a number: ask the vendor for the person's own.",
    "disposable_email": "Such a mailbox is soon gone: ask the vendor for a lasting one.",
    "role_email": "Nobody knows who reads it, or whether that person agreed: ask the vendor for the person's own.",
    "keyboard_name": "Somebody typed what came to hand: ask the vendor for the name.",
}

#: By LeadByte's response code; None where no trustworthy answer came.
BY_CODE: Final[dict[int | None, str]] = {
    -2: "LeadByte has these people already: leave them out.",
    -3: "Not the rows' fault: leadbyte-import retry sends them again.",
    -4: "The campaign takes no more for now: raise its cap in LeadByte, or wait until there is room.",
    -5: "LeadByte's own words for each row are in fix-me.xlsx: mend these rows there, and import it.",
    -7: "Have the supplier (sid) authorised for the campaign in LeadByte.",
    -8: "The mobile number is not in use: ask the vendor for one that is.",
    -9: "Make the campaign active in LeadByte.",
    -10: "Address and postcode do not belong together: correct them from the source.",
    -11: "The visitor's address is blocked in LeadByte: ask the vendor where these leads come from.",
    -12: "The mailbox does not take mail: ask the vendor for an address that does.",
    -13: "The landline is not in use: ask the vendor for one that is.",
    -14: "The visitor was in another country than the campaign's: ask the vendor where these leads come from.",
    -15: "They are on the register of those who want no calls (TPS): leave them out.",
    -16: "They are on the register of those who want no calls (DNCR): leave them out.",
    -100: "Not the rows' fault: leadbyte-import retry sends them again.",
    None: "They may have arrived: leadbyte-import resolve looks for them. Nobody should send them again before.",
}


def cure(rule: str) -> str:
    """How a fault of this rule is mended."""
    return BY_RULE.get(rule, ANY)


def cure_of_code(code: int | None) -> str:
    """What to do about rows that LeadByte answered with this code."""
    return BY_CODE.get(code, "results.csv has LeadByte's own words for each row.")
