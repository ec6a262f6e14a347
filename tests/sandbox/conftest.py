from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from pipeline.sandbox import Sandbox

from .client import Client


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.fixture
def client(sandbox: Sandbox, session: requests.Session) -> Client:
    return Client(sandbox, session)
