from __future__ import annotations

import pytest

from pipeline.checks import Rule

from .looking import flagged, said

PERSONAL = (
    "ann@gmail.com", "ann@outlook.com", "ann@hotmail.co.uk", "ann@yahoo.co.uk", "ann@icloud.com",
    "ann@btinternet.com", "ann@proton.me", "ann@example.com", "ann@nhs.net",
)  # fmt: skip


@pytest.mark.parametrize(
    "email", ["a@mailinator.com", "a@YOPMAIL.com", "a@in.mailinator.com", "a+b@guerrillamail.com."]
)
def test_a_mailbox_at_a_throw_away_service_is_told(email: str) -> None:
    assert said(Rule.DISPOSABLE_EMAIL, email) == ["is at a service of throw-away mailboxes"]


def test_the_services_that_people_have_their_mail_at_are_let_be() -> None:
    assert (
        flagged(
            Rule.DISPOSABLE_EMAIL, *PERSONAL, "", "mailinator.com@gmail.com", "ann@mailinator.example.com", "@", "com"
        )
        == []
    )


@pytest.mark.parametrize(
    "email",
    ["info@example.com", "Sales@example.com", "no-reply@example.com", "no.reply@example.com", "admin+uk@example.com",
     "Customer_Services@example.com", "postmaster@example.com"],
)  # fmt: skip
def test_the_address_of_a_role_is_told(email: str) -> None:
    assert said(Rule.ROLE_EMAIL, email) == ["is the address of a role, not of a person"]


@pytest.mark.parametrize(
    "email",
    [*PERSONAL, "", "ann.info@example.com", "infoann@example.com", "ann+info@example.com", "sally@sales.example.com"],
)
def test_the_address_of_a_person_is_let_be(email: str) -> None:
    assert said(Rule.ROLE_EMAIL, email) == [""]
