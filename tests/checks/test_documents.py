"""What the documents say of the checks is what they do."""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.checks import Rule, Wanted, known_keys
from pipeline.mapping import parse_mapping
from pipeline.model import Field, Severity

from ..builders import campaign, fitted

TOP = Path(__file__).parents[2]
PAGE = (TOP / "docs/checks.md").read_text(encoding="utf-8")


def test_the_page_explains_every_check_and_shows_each_in_its_example() -> None:
    (example,) = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    asked = parse_mapping(example, "docs/checks.md").checks.asked()
    assert [rule for rule, _one in asked] == list(Rule)
    explained = re.findall(r"^\*\*`(\w+)`\*\*", PAGE, re.MULTILINE)
    assert set(explained) == {rule.value for rule in Rule}


def test_the_page_has_the_usual_weight_and_the_own_keys_of_every_check() -> None:
    rows = re.findall(r"^\| `(\w+)` \| [^|]* \|([^|]*)\| (fault|warning) \|$", PAGE, re.MULTILINE)
    assert {name for name, _keys, _weight in rows} == set(Wanted.model_fields)
    common = set(known_keys(["role_email"]))
    for name, keys, weight in rows:
        (asked,) = (one for _rule, one in Wanted.model_validate({name: "Email"}).asked())
        assert asked.weight is Severity(weight), name
        assert set(re.findall(r"`([a-z_]+)`", keys)) == set(known_keys([name])) - common, name


def test_the_checks_that_a_sample_mapping_offers_fit_it_once_their_marks_are_taken_away() -> None:
    text = (TOP / "mappings/solar-uk.yaml").read_text(encoding="utf-8")
    assert parse_mapping(text, "solar-uk.yaml").checks.asked() == []
    asking = re.sub(r"^# (checks:|  )", r"\1", text, flags=re.MULTILINE)
    mapping = parse_mapping(asking, "solar-uk.yaml")
    labels = [rule.field for rules in mapping.columns.values() for rule in rules]
    to = campaign(*(Field(f"data{number}", label) for number, label in enumerate([*labels, "SID"])))
    assert len(fitted(asking, tuple(mapping.columns), to).checks) == 8
