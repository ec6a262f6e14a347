"""The flags that say how a list is to be read."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from pipeline.cli.options import READING, flags_of, read_options
from pipeline.load import ReadOptions


@click.command()
@READING
def command(**options: object) -> None:
    click.echo(repr(read_options(dict(options))))


@pytest.mark.parametrize(
    "read",
    [
        ReadOptions(),
        ReadOptions(sheet="2", header_row=4),
        ReadOptions(delimiter=";", encoding="cp1252", no_header=True),
    ],
)
def test_the_flags_and_the_options_say_the_same(read: ReadOptions) -> None:
    assert CliRunner().invoke(command, flags_of(read)).output.strip() == repr(read)


@pytest.mark.parametrize(
    "words", [["--header-row", "2", "--no-header"], ["--header-row", "0"], ["--header-row", "x"]]
)
def test_what_makes_no_sense_is_a_usage_error(words: list[str]) -> None:
    result = CliRunner().invoke(command, words)
    assert result.exit_code == 2
    assert "--header-row" in result.output
