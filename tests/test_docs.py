"""What the documents show is what the program does."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.config import Settings
from pipeline.mapping import parse_mapping
from pipeline.model import RESPONSE_CODES, Outcome
from pipeline.results import COLUMNS
from pipeline.sandbox import Sandbox

TOP = Path(__file__).parents[1]


def document(name: str) -> str:
    return (TOP / name).read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def first_cells(text: str) -> list[str]:
    """The words in `code` in the first cells of the document's tables."""
    rows = re.findall(r"^\| (.*?) \|", text, re.MULTILINE)
    return [word for cell in rows for word in re.findall(r"`([^`]+)`", cell)]


def levelled(output: str) -> list[str]:
    """Output without what differs from run to run: ids, times and rates."""
    output = re.sub(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{4}", "RUN", output)
    output = re.sub(r"[0-9.]+ s\b|[0-9.]+ leads/s", "TIME", output)
    return [line.rstrip() for line in output.strip().splitlines()]


def test_readme_example_prints_what_the_readme_shows(tmp_path: Path) -> None:
    block = next(one for one in blocks(document("README.md"), "console") if "$ leadbyte-import check" in one)
    steps = re.findall(r"^\$ (leadbyte-import .*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE)
    assert len(steps) == 3, "the example has three lines"
    # The example is run from a folder that has the samples, and puts its results there.
    for folder in ("sample_data", "mappings"):
        (tmp_path / folder).symlink_to(TOP / folder)
    run_id = ""
    with Sandbox() as sandbox:
        environment = os.environ | {"LEADBYTE_BASE_URL": sandbox.base_url, "LEADBYTE_API_KEY": sandbox.key}
        for line, shown in steps:
            words = [run_id if re.match(r"[0-9]{8}T", word) else word for word in shlex.split(line)[1:]]
            done = subprocess.run(
                [sys.executable, "-m", "pipeline", *words],
                env=environment | {"PYTHONIOENCODING": "utf-8"},
                cwd=tmp_path,
                capture_output=True,
                encoding="utf-8",
                check=False,
            )
            assert done.stderr == ""
            assert done.returncode == 1, "some rows are invalid"
            if shown:
                assert levelled(done.stdout) == levelled(shown)
            found = re.search(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{4}", done.stdout)
            assert found is not None
            run_id = found[0]


def test_mapping_reference_shows_a_mapping_that_parses() -> None:
    (example,) = blocks(document("docs/mapping.md"), "yaml")

    mapping = parse_mapping(example, "docs/mapping.md")

    assert mapping.columns["Date of birth"][0].date_format == "%d/%m/%Y"
    assert set(type(mapping).model_fields) == mapping.model_fields_set, "the example uses every key"


def test_results_reference_names_every_outcome_column_and_response_code() -> None:
    text = document("docs/results.md")
    words = first_cells(text)

    assert [word for word in words if word in set(Outcome)] != []
    assert set(Outcome) <= set(words)
    assert set(COLUMNS) <= set(words)
    for code, meaning in RESPONSE_CODES.items():
        assert re.search(
            rf"^\| [-0-9, ]*(?<![-0-9]){code}\b[-0-9, ]*\| {re.escape(meaning)} \|", text, re.MULTILINE
        ), code


def test_configuration_reference_names_every_variable() -> None:
    words = {word for word in first_cells(document("docs/configuration.md")) if word.startswith("LEADBYTE_")}

    assert words == {f"LEADBYTE_{name.upper()}" for name in Settings.model_fields}


@pytest.mark.parametrize(
    "page", sorted(str(path.relative_to(TOP)) for path in [TOP / "README.md", *TOP.glob("docs/**/*.md")])
)
def test_links_between_documents_lead_somewhere(page: str) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document(page)):
        assert ((TOP / page).parent / target).exists(), target
