from __future__ import annotations

from collections.abc import Iterator

import pytest

from pipeline.sandbox import Sandbox
from tests.delivery import (
    KEY,
    _clean_environment,  # noqa: F401 - an autouse fixture
)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(key=KEY) as running:
        yield running
