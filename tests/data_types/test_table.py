from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.data_types import ALIASES, DATA_TYPES, TEXT, data_type

SPECIFIED = ("Text", "Date", "Email Address", "Alphabetical", "UK Mobile Number", "Postcode")


@pytest.mark.parametrize("name", SPECIFIED)
def test_every_type_of_the_specification_is_in_the_table(name: str) -> None:
    kind = data_type(name)
    assert kind is not None
    assert kind.name == name


@pytest.mark.parametrize("name", ["email address", "EMAIL_ADDRESS", "Email-Address", " emailaddress ", "Email"])
def test_a_name_is_found_regardless_of_case_spaces_and_joints(name: str) -> None:
    assert data_type(name) is data_type("Email Address")


@pytest.mark.parametrize(
    ("alias", "name"),
    [("Numeric", "Number"), ("Datetime", "Date Time"), ("Date/Time", "Date Time"), ("uk mobile", "UK Mobile Number")],
)
def test_an_alias_finds_its_type(alias: str, name: str) -> None:
    assert data_type(alias) is data_type(name)


@pytest.mark.parametrize("name", ["", "Colour", "UK Mobile Number 2", "\ud800"])
def test_an_unknown_type_is_none(name: str) -> None:
    assert data_type(name) is None


def test_names_rules_and_aliases_are_unique() -> None:
    names = [kind.name for kind in DATA_TYPES] + [alias for group in ALIASES.values() for alias in group]
    folded = [name.replace(" ", "").replace("-", "").replace("_", "").casefold() for name in names]
    assert len(set(folded)) == len(folded)
    assert len({kind.rule for kind in DATA_TYPES}) == len(DATA_TYPES)
    assert set(ALIASES) == {kind.name for kind in DATA_TYPES}
    assert TEXT in DATA_TYPES


def test_importing_the_table_loads_no_heavy_library() -> None:
    heavy = "phonenumbers email_validator dns idna pandas pyarrow"
    program = f"import sys, pipeline.data_types; print([m for m in {heavy.split()} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_users_table_names_every_type_and_alias() -> None:
    page = Path(__file__).parents[2].joinpath("docs", "data-types.md").read_text(encoding="utf-8")
    rows = {cells[1].strip(): cells[2].strip() for line in page.splitlines() if len(cells := line.split("|")) == 6}
    for kind in DATA_TYPES:
        assert rows[kind.name] == ", ".join(ALIASES[kind.name])
