from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.sandbox import Sandbox

from .user import InProcess, User


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    # A key that occurs nowhere else: wherever it turns up, it was let out.
    with Sandbox(key="k3y-of-this-account-7f1c") as running:
        yield running


@pytest.fixture
def user(tmp_path: Path, sandbox: Sandbox) -> User:
    return User(tmp_path, sandbox)


@pytest.fixture
def person(
    tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> InProcess:
    return InProcess(tmp_path, sandbox, monkeypatch, capfd)
