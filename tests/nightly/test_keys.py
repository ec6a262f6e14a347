from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from pipeline.errors import ConfigError
from pipeline.nightly.keys import Entry, Secret
from tests.delivery import everything_said

KEY = "k3y-that-nobody-may-see"


def refused(secret: Secret, folder: Path) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        secret.read(folder)
    assert KEY not in everything_said(caught.value)
    return caught.value


def test_a_variable_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_KEY", f" {KEY}\n")
    assert Secret(env="ACME_KEY").read(tmp_path) == KEY
    monkeypatch.delenv("ACME_KEY")
    error = refused(Secret(env="ACME_KEY"), tmp_path)
    assert error.message == "the variable ACME_KEY is not set"
    assert ".env beside the jobs file" in error.hint


def test_a_variable_in_env_beside_the_jobs_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text(f"ACME_KEY={KEY}\nOTHER=1\n", encoding="utf-8")
    assert Secret(env="ACME_KEY").read(tmp_path) == KEY
    monkeypatch.setenv("ACME_KEY", "another")
    assert Secret(env="ACME_KEY").read(tmp_path) == "another", "the environment outranks it"
    (tmp_path / ".env").write_bytes(f"ACME_KEY={KEY}".encode("utf-16"))
    monkeypatch.delenv("ACME_KEY")
    assert "not text in UTF-8" in refused(Secret(env="ACME_KEY"), tmp_path).message


def test_a_file_of_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n", encoding="utf-8")
    file.chmod(0o600)
    assert Secret(file="key").read(tmp_path) == KEY
    for mode in (0o640, 0o604, 0o620):
        file.chmod(mode)
        assert "can be read by others" in refused(Secret(file=str(file)), tmp_path).message
    file.chmod(0o600)
    file.write_text("\n", encoding="utf-8")
    assert "is empty" in refused(Secret(file="key"), tmp_path).message
    assert "does not exist" in refused(Secret(file="none"), tmp_path).message
    assert "cannot be read" in refused(Secret(file="."), tmp_path).message


def test_a_credential_of_systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    assert "LoadCredential=acme" in refused(Secret(credential="acme"), tmp_path).hint
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    (tmp_path / "acme").write_text(KEY, encoding="utf-8")
    (tmp_path / "acme").chmod(0o440)  # as its access list shows for the user of a service
    assert Secret(credential="acme").read(Path("/")) == KEY
    (tmp_path / "acme").chmod(0o444)
    assert "can be read by others" in refused(Secret(credential="acme"), tmp_path).message


@pytest.fixture
def ring() -> Iterator[dict[tuple[str, str], str]]:
    """A real keyring, in memory."""
    keyring = pytest.importorskip("keyring")
    from keyring.backend import KeyringBackend

    kept: dict[tuple[str, str], str] = {}

    class Memory(KeyringBackend):
        priority = 1

        def get_password(self, service: str, username: str) -> str | None:
            return kept.get((service, username))

        def set_password(self, service: str, username: str, password: str) -> None:
            kept[service, username] = password

        def delete_password(self, service: str, username: str) -> None:
            del kept[service, username]

    before = keyring.get_keyring()
    keyring.set_keyring(Memory())  # type: ignore[no-untyped-call]
    yield kept
    keyring.set_keyring(before)


def test_an_entry_of_the_keyring(tmp_path: Path, ring: dict[tuple[str, str], str]) -> None:
    secret = Secret(keyring=Entry(service="leadbyte", user="acme"))
    assert "keyring set leadbyte acme" in refused(secret, tmp_path).hint
    ring["leadbyte", "acme"] = KEY
    assert secret.read(tmp_path) == KEY


def test_a_keyring_that_does_not_answer(tmp_path: Path) -> None:
    import keyring
    from keyring.backends.fail import Keyring

    before = keyring.get_keyring()
    keyring.set_keyring(Keyring())  # type: ignore[no-untyped-call]
    try:
        error = refused(Secret(keyring=Entry(service="a", user="b")), tmp_path)
    finally:
        keyring.set_keyring(before)
    assert error.message == "the keyring cannot be read: NoKeyringError"


def test_without_the_package_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert "leadbyte-import[keyring]" in refused(Secret(keyring=Entry(service="a", user="b")), tmp_path).hint


@pytest.mark.parametrize("places", [{}, {"env": "A", "file": "b"}])
def test_one_place_has_to_be_named(places: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="name one place"):
        Secret.model_validate(places)
