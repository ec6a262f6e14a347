"""Writes every file of the corpus and its expectation: `python -m tests.files.make_files` from the top folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from tests.files import archives, corrupt, encodings, endings, rows, shapes, sheet_cells, values, workbooks
from tests.files.case import Case

FOLDER: Final = Path(__file__).parent
SUFFIX: Final = ".expected.json"
_THEMES: Final = (encodings, shapes, rows, values, endings, sheet_cells, workbooks, corrupt, archives)


def all_cases() -> list[Case]:
    """Every file of the corpus."""
    return [case for theme in _THEMES for case in theme.cases()]


def written(case: Case) -> dict[str, bytes]:
    """The two files of a case, by their names below this folder."""
    expected = json.dumps(case.expected, ensure_ascii=False, indent=1)
    return {case.name: case.content, case.name + SUFFIX: f"{expected}\n".encode()}


def main() -> None:
    """Write them all."""
    for case in all_cases():
        for name, content in written(case).items():
            path = FOLDER / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)


if __name__ == "__main__":
    main()
