"""E-mail addresses that are not one person's own: throw-away mailboxes, and addresses of a role."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.checks.definition import Check
from pipeline.checks.found import Found, Look, asked, saying, where

if TYPE_CHECKING:
    from pipeline.columns import Texts

_RFC_2142: Final = """
    abuse hostmaster info marketing news noc postmaster sales security support usenet uucp webmaster www ftp
"""
_USUAL: Final = """
    accounting accounts accountspayable accountsreceivable admin administration administrator admissions all billing
    bookings careers complaints compliance contact contactus customercare customerservice customerservices
    customersupport donotreply dpo enquiries enquiry enquire events everyone facilities feedback finance frontdesk
    gdpr generalenquiries headoffice hello help helpdesk hr humanresources information inquiries inquiry invoices it
    itsupport jobs legal lettings listserv mailerdaemon management manager media members membership newsletter
    newsletters nobody noreply office orders payments payroll pr press privacy procurement purchasing reception
    recruitment registrar reservations returns root secretary service servicedesk services shop spam staff subscribe
    sysadmin systems technical techsupport team tickets unsubscribe webadmin welcome
"""
#: Mailboxes of a task, not of a person, without full stops and hyphens: those of RFC 2142, and what companies have.
ROLES: Final = frozenset([*_RFC_2142.split(), *_USUAL.split()])
_DOMAIN: Final = r"\A.*@([^@]*)\z"


def disposable_email(_check: Check, _today: date) -> Look:
    """Addresses at services of throw-away mailboxes, by the list of the project disposable-email-domains."""
    from disposable_email_domains import blocklist

    def look(cells: Texts) -> Found:
        domains = pc.replace_substring_regex(pc.utf8_lower(cells), _DOMAIN, r"\1")
        return asked(lambda domain: _throw_away(domain, blocklist), domains, where(pc.not_equal(domains, "")))

    return look


def _throw_away(domain: str, known: Collection[str]) -> str:
    """A mailbox below a service's domain is at the service too; the last label alone is nobody's."""
    labels = domain.rstrip(".").split(".")
    found = any(".".join(labels[at:]) in known for at in range(len(labels) - 1))
    return "is at a service of throw-away mailboxes" if found else ""


def role_email(_check: Check, _today: date) -> Look:
    """Addresses of a role (info@, sales@, noreply@), which several people read and none of them signed up with."""
    roles = pa.array(sorted(ROLES), pa.large_string())

    def look(cells: Texts) -> Found:
        mailboxes = pc.replace_substring_regex(pc.utf8_lower(cells), r"(?:\+[^@]*)?@.*\z", "")
        plain = pc.replace_substring_regex(mailboxes, r"[._-]+", "")
        return saying("is the address of a role, not of a person", where(pc.is_in(plain, roles)))

    return look
