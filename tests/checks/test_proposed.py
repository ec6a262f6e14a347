from __future__ import annotations

import re

import pandas as pd
import pytest

from pipeline.checks.proposed import proposed
from pipeline.model import Campaign, Field
from pipeline.suggest import proposal_text, propose

from ..builders import EXAMPLE, campaign, fitted


def written(to: Campaign, *headers: str) -> str:
    sample = pd.DataFrame({header: pd.array(["x"], dtype="str") for header in headers})
    return proposal_text(propose(sample, to), "list.csv")


def test_each_check_is_offered_for_the_fields_that_it_makes_sense_with() -> None:
    fields = [
        Field("firstname", "First_Name"), Field("dob", "DOB", data_type="Date"),
        Field("data1", "Work", data_type="Email Address"), Field("phone2", "Home", data_type="UK Landline Number"),
        Field("optindate", "Agreed"), Field("optinurl", "Page"), Field("ipaddress", "IP", data_type="IP Address"),
        Field("data2", "Car"),
    ]  # fmt: skip
    assert proposed(fields) == {
        "optin_date": ["Agreed"], "optin_url": ["Page"], "optin_ip": ["IP"], "same_ip": ["IP"],
        "same_optin": ["Agreed"], "age": ["DOB"], "fictitious_phone": ["Home"], "disposable_email": ["Work"],
        "role_email": ["Work"], "keyboard_name": ["First_Name"],
    }  # fmt: skip
    assert proposed(fields[-1:]) == {}


def test_a_first_mapping_offers_its_checks_as_remarks_that_fit_once_their_marks_are_taken_away() -> None:
    headers = ("First name", "Surname", "Email", "Mobile", "DOB", "Car", "SID")
    text = written(EXAMPLE, *headers)
    assert fitted(text, headers).checks == ()
    asking = re.sub(r"^# (checks:|  )", r"\1", text, flags=re.MULTILINE)
    assert [check.rule for check in fitted(asking, headers).checks] == [
        "age", "fictitious_phone", "disposable_email", "role_email", "keyboard_name", "keyboard_name",
    ]  # fmt: skip


@pytest.mark.parametrize("label", ["E: mail, #1", "['x']", "* {y}"])
def test_labels_that_mean_something_in_yaml_survive(label: str) -> None:
    text = written(campaign(Field("email", label, data_type="Email Address")), "email")
    asking = re.sub(r"^# (checks:|  )", r"\1", text, flags=re.MULTILINE)
    assert len(fitted(asking, ("email",), campaign(Field("email", label, data_type="Email Address"))).checks) == 2


def test_a_list_without_such_fields_is_offered_no_checks() -> None:
    assert "checks" not in written(campaign(Field("data1", "Car")), "Car")
