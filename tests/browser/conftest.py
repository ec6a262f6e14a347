"""A browser that reaches nothing but files, and real runs whose pages it opens."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Dialog, Page, Request, Route, sync_playwright

from pipeline.after import reconcile_run
from pipeline.report.contents import Report
from pipeline.report.page import write_page
from pipeline.run import import_list
from pipeline.sandbox import Sandbox
from pipeline.world import Order, World
from tests.delivery import KEY, ROOT, email, leadbyte, order, people

#: Looked for in this order, unless LEADBYTE_TEST_BROWSER says which. Read here: tests clean the environment.
NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
PROGRAM: Final = os.environ.get("LEADBYTE_TEST_BROWSER") or next(filter(None, map(shutil.which, NAMES)), None)
REQUIRED: Final = os.environ.get("LEADBYTE_BROWSER_REQUIRED") == "1"
FLAGS: Final = (
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync", "--disable-background-networking",
    "--disable-component-update",
)  # fmt: skip
DESKTOP: Final = {"width": 1180, "height": 900}
WORLD: Final = World()
LAST_MONTH: Final = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
PHONE: Final = {"width": 360, "height": 740}


@contextmanager
def started() -> Iterator[Browser]:
    """A browser for as long as it is needed."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=PROGRAM, args=[*FLAGS])
        try:
            yield running
        finally:
            running.close()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    if PROGRAM is None:
        reason = f"no browser: none of {', '.join(NAMES)} is there, and LEADBYTE_TEST_BROWSER names none"
        if REQUIRED:
            pytest.fail(reason)
        pytest.skip(reason)
    with started() as running:
        yield running


@dataclass
class Opened:
    """A page in the browser, what it asked for, and what went wrong in it."""

    page: Page
    requests: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def asked(self, route: Route, request: Request) -> None:
        """Let the page itself through; whatever else it asks for is noted, and not answered."""
        if request.is_navigation_request() and request.url.startswith("file:"):
            route.continue_()
            return
        self.requests.append(request.url)
        route.abort()

    def asked_a_person(self, dialog: Dialog) -> None:
        """Nothing on the page has a question."""
        self.wrong.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def works(self) -> None:
        """Nothing was asked for, nothing went wrong."""
        assert (self.requests, self.wrong) == ([], [])


Open = Callable[..., Opened]


@pytest.fixture
def show(browser: Browser) -> Iterator[Open]:
    """Opens a file: `phone`, `dark`, `script=False`."""
    contexts = []

    def opened(path: Path, *, phone: bool = False, dark: bool = False, script: bool = True) -> Opened:
        context = browser.new_context(
            viewport=PHONE if phone else DESKTOP,  # type: ignore[arg-type]
            color_scheme="dark" if dark else "light",
            java_script_enabled=script,
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        found = Opened(page)
        page.route("**/*", found.asked)
        page.on("console", lambda one: found.wrong.append(f"console: {one.text}"))
        page.on("pageerror", lambda one: found.wrong.append(f"error: {one}"))
        page.on("dialog", found.asked_a_person)
        page.on("popup", lambda one: found.wrong.append(f"popup: {one.url}"))
        page.goto(path.as_uri())
        return found

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def written(tmp_path: Path) -> Callable[[Report], Path]:
    def write(report: Report) -> Path:
        path = tmp_path / "report.html"
        write_page(path, report)
        return path

    return write


# ---------------------------------------------------------------------- real runs


@dataclass
class Ran:
    """The files that a run has left."""

    folder: Path

    @property
    def report(self) -> Path:
        return self.folder / "report.html"

    @cached_property
    def summary(self) -> dict[str, Any]:
        found = json.loads((self.folder / "summary.json").read_text(encoding="utf-8"))
        assert isinstance(found, dict)
        return found


@pytest.fixture(scope="package")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ran]:
    """A dry run of the sample list, after an earlier list of its vendor; a real run, before and after `reconcile`."""
    folder = tmp_path_factory.mktemp("runs")
    found = {}
    with pytest.MonkeyPatch.context() as patched, Sandbox(key=KEY) as sandbox:
        patched.setenv("XDG_STATE_HOME", str(folder / "state"))
        patched.chdir(folder)
        service = leadbyte(sandbox.base_url)

        def ran(wanted: Order, at: World = WORLD) -> Ran:
            return Ran(wanted.output / import_list(wanted, service, at).run_id)

        sample = Order(
            str(ROOT / "sample_data" / "leads.csv"), ROOT / "mappings" / "example-campaign.yaml", folder / "dry",
            dry_run=True, vendor="Sunny Leads Ltd",
        )  # fmt: skip
        first = replace(
            sample, file=str(ROOT / "sample_data/first-list.csv"), mapping=ROOT / "mappings/first-list.yaml"
        )
        ran(first, World(now=lambda: LAST_MONTH))
        found["dry"] = ran(sample)
        (folder / "real").mkdir()
        tags = ("tps", "tps", "validation", "system", "http504", "rejected-later", "quarantine", "slow")
        mixed = [*people(60), *(email(900 + at, tag) for at, tag in enumerate(tags)), "nobody", "no one", email(0)]
        found["real"] = ran(order(folder / "real", mixed))
        copy = folder / "real" / "before"
        shutil.copytree(found["real"].folder, copy)
        for _ in range(2):  # at first the sandbox says Pending of every lead
            reconcile_run(found["real"].folder.name, folder / "real" / "output", service, WORLD, rate="1000/s")
        found |= {"reconciled": found["real"], "real": Ran(copy)}
    return found
