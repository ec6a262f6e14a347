from __future__ import annotations

import pytest

from pipeline.errors import ConfigError, InputError, MappingError
from pipeline.mapping import parse_mapping, resolve
from pipeline.model import Campaign
from pipeline.nightly.words import names_of, tellable
from tests.builders import campaign
from tests.delivery import MAPPING

DATA = ("Jane", "O'Hara", 'the "Quill"', "jane@example.com", "07700 900123", "it's 'quoted'", "a\nb")


@pytest.mark.parametrize("kind", [InputError, MappingError])
def test_what_is_quoted_of_a_list_is_left_out(kind: type[InputError] | type[MappingError]) -> None:
    listed = ", ".join(map(repr, DATA))
    error = kind(f"the campaign's labels and the list's own: {listed}; column 'E-mail' (7) is theirs'")
    said = tellable(error, ["e mail"])
    for one in DATA:
        assert one not in said
    assert said.startswith("the campaign's labels and the list's own: '…', '…'")
    assert said.endswith("column 'E-mail' (7) is theirs'")


def test_other_failures_are_told_as_they_are_in_one_line() -> None:
    assert tellable(ConfigError("the file 'a'\n  - cannot be read")) == "the file 'a' - cannot be read"


def test_no_column_of_a_list_without_a_header_is_told_when_the_mapping_does_not_fit() -> None:
    mapping = parse_mapping(MAPPING, "mapping.yaml")
    known = [*names_of(mapping)]
    with pytest.raises(MappingError) as caught:
        resolve(mapping, list(DATA), campaign())
    said = tellable(caught.value, known)
    for one in DATA:
        assert one not in said
    assert "'E-mail'" in said
    assert isinstance(campaign(), Campaign)
