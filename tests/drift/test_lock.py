"""The file beside the mapping: what is written is read again, and what is no lock is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.drift.lock import Lock, lock_of, lock_text, read_lock, write_lock
from pipeline.errors import ConfigError, MappingError
from pipeline.model import Field, Selection
from tests.builders import EXAMPLE, HEADERS

TEXT = st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from(
    ["yes", "1", "null", "?1", "a: [b], #c", "\u2028", "\x85", '"', "- x", "2026-01-01", "\x00", "😀"]
)
FIELD = st.builds(Field, TEXT, TEXT, st.booleans(), TEXT, st.lists(st.builds(Selection, TEXT, TEXT)).map(tuple))
LOCK = Lock("EXAMPLE-CAMPAIGN", EXAMPLE.fields, HEADERS, "2026-11-23T02:00:00+00:00")


@settings(max_examples=30)
@given(st.builds(Lock, TEXT, st.lists(FIELD, max_size=4).map(tuple), st.lists(TEXT, max_size=4).map(tuple), TEXT))
def test_what_was_written_is_read_again(tmp_path_factory: pytest.TempPathFactory, lock: Lock) -> None:
    mapping = tmp_path_factory.getbasetemp() / "m.yaml"
    write_lock(mapping, lock)
    assert read_lock(mapping) == lock


def test_it_lies_beside_the_mapping_and_shows_a_change_as_a_line(tmp_path: Path) -> None:
    assert lock_of(Path("mappings/acme.v2.yaml")) == Path("mappings/acme.v2.lock.yaml")
    assert read_lock(tmp_path / "m.yaml") is None
    text = lock_text(LOCK, "m.yaml")
    lines = text.splitlines()
    assert lines[:2] == [
        "# What m.yaml was made for: `run` stops when it has changed.",
        "# Not to be edited: `leadbyte-import accept-changes` renews it (docs/drift.md).",
    ]
    assert '- {name: "phone1", label: "Phone_1", required: false, data_type: "UK Mobile Number"}' in lines
    assert len([line for line in lines if line.startswith("- ")]) == len(EXAMPLE.fields) + len(HEADERS)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text.replace("format: 1", "format: 9"), "it has the format 9, and this version reads 1"),
        (lambda text: text.replace("format: 1\n", ""), "it has no format"),
        (lambda text: text.replace("fields:", "fields: ["), "it is not valid YAML"),
        (lambda text: text[-8:], "it has no format"),
        (lambda text: text.replace("required: false", "required: perhaps"), r"fields\.1\.required"),
        (lambda text: text.replace("campaign:", "campain:"), "campaign"),
        (lambda text: text + "\udcff", "utf-8"),
    ],
    ids=["newer", "no format", "broken", "a list", "no boolean", "misspelt", "no text"],
)
def test_what_is_no_lock_is_told_with_what_makes_one(tmp_path: Path, change: object, said: str) -> None:
    assert callable(change)
    mapping = tmp_path / "m.yaml"
    lock_of(mapping).write_bytes(change(lock_text(LOCK, "m.yaml")).encode("utf-8", "surrogateescape"))
    with pytest.raises(MappingError, match=said) as caught:
        read_lock(mapping)
    assert caught.value.message.startswith(f"{lock_of(mapping)} is not as it was written: ")
    assert f"leadbyte-import accept-changes {mapping}" in caught.value.hint


def test_where_it_cannot_be_written_that_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be written"):
        write_lock(tmp_path / "nosuch" / "m.yaml", LOCK)
    lock_of(tmp_path / "m.yaml").mkdir()
    with pytest.raises(MappingError, match="cannot be read"):
        read_lock(tmp_path / "m.yaml")
