"""Pictures of the page for the documents: `python -m tests.browser.screenshots docs/images` (make screenshots)."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from pipeline.report.page import write_page
from tests.browser.conftest import PHONE, started
from tests.report.sample import DRY, REAL

#: File, report, dark, phone, height.
PICTURES = (
    ("report.png", DRY, False, False, 1_290),
    ("report-dark.png", REAL, True, False, 840),
    ("report-phone.png", DRY, False, True, 760),
)
WIDTH = {"width": 1_020}


def main(folder: Path) -> None:
    """Take the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    with started() as browser, tempfile.TemporaryDirectory() as temporary:
        page_file = Path(temporary) / "report.html"
        for name, report, dark, phone, height in PICTURES:
            write_page(page_file, report)
            size = (PHONE if phone else WIDTH) | {"height": height}
            page = browser.new_page(viewport=size, color_scheme="dark" if dark else "light")  # type: ignore[arg-type]
            page.goto(page_file.as_uri())
            page.screenshot(path=folder / name)
            page.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
