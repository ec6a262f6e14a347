from __future__ import annotations

import pytest

from pipeline.checks.definition import Rule
from pipeline.data_types import DATA_TYPES
from pipeline.model import RESPONSE_CODES
from pipeline.report.cures import ANY, BY_CODE, BY_RULE, cure, cure_of_code

RULES = [*(one.rule for one in DATA_TYPES), *Rule, "required", "selection", "record"]


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_its_cure(rule: str) -> None:
    assert cure(rule) != ANY
    assert cure(rule).endswith(".")


def test_there_is_no_cure_for_a_rule_that_is_gone() -> None:
    assert set(BY_RULE) == set(RULES)


@pytest.mark.parametrize("code", [*(one for one in RESPONSE_CODES if one < 0), None])
def test_every_refusal_has_its_cure(code: int | None) -> None:
    assert cure_of_code(code) == BY_CODE[code]


def test_what_nobody_knows_is_answered_all_the_same() -> None:
    assert cure("new_rule") == ANY
    assert "results.csv" in cure_of_code(-42)


def test_what_leadbyte_calls_wrong_is_mended_in_the_workbook_alone() -> None:
    assert "fix-me.xlsx" in cure_of_code(-5)
    assert "retry" not in cure_of_code(-5)
