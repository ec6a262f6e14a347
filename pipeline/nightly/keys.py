"""Where a jobs file says that a secret is: it names the place, and never holds the secret itself."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from pipeline.errors import ConfigError

#: Where systemd puts what a service was given with LoadCredential=.
_CREDENTIALS: Final = "CREDENTIALS_DIRECTORY"
_PLACES: Final = ("env", "file", "credential", "keyring")


class Entry(BaseModel):
    """An entry of the system's keyring."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    service: str = Field(min_length=1)
    user: str = Field(min_length=1)


class Secret(BaseModel):
    """One place: a variable of the environment or `.env`, a file, a systemd credential, or a keyring entry."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    env: str = ""
    file: str = ""
    credential: str = ""
    keyring: Entry | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if sum(bool(getattr(self, place)) for place in _PLACES) != 1:
            raise ValueError("name one place: {env: VARIABLE}, {file: PATH}, {credential: NAME} or {keyring: …}")
        return self

    @property
    def place(self) -> str:
        """The place in words."""
        if self.env:
            return f"the variable {self.env}"
        if self.file:
            return f"the file {self.file}"
        if self.credential:
            return f"the credential {self.credential}"
        assert self.keyring is not None  # noqa: S101 - `_one_place` saw to it
        return f"the keyring entry {self.keyring.service}/{self.keyring.user}"

    def read(self, folder: Path) -> str:
        """The secret; a relative file, and `.env`, are looked for in `folder`.

        Raises ConfigError, which names the place and never what is in it.
        """
        if self.env:
            found = _of_environment(self.env, folder)
        elif self.keyring:
            found = _of_keyring(self.keyring)
        else:
            found = _of_file(self._path(folder), self.place)
        if not found.strip():
            raise ConfigError(f"{self.place} {'is not set' if self.env else 'is empty'}", self._cure())
        return found.strip()

    def _path(self, folder: Path) -> Path:
        if self.file:
            return folder / Path(self.file).expanduser()
        if _CREDENTIALS not in os.environ:
            raise ConfigError(
                f"{self.place} is given by systemd, and this is no service that was given any",
                f"start it as a service with LoadCredential={self.credential}:/path, or use {{file: …}}",
            )
        return Path(os.environ[_CREDENTIALS]) / self.credential

    def _cure(self) -> str:
        if self.env:
            return f"set {self.env} in the environment of the night, or in .env beside the jobs file"
        if self.keyring:
            return f"store it there: keyring set {self.keyring.service} {self.keyring.user}"
        return "write the secret into it, and nothing else"


def _of_environment(name: str, folder: Path) -> str:
    """The variable: of the environment, else of `.env` in the folder, as all other settings are."""

    class One(BaseSettings):
        model_config = SettingsConfigDict(env_file=folder / ".env", extra="ignore", case_sensitive=True)
        value: Annotated[str, Field(validation_alias=name)] = ""

    try:
        return One().value
    except UnicodeDecodeError:
        failure = ConfigError(f"the file {folder / '.env'} is not text in UTF-8", "save it anew as UTF-8")
    raise failure  # apart from the original: that holds the file's content


def _of_file(path: Path, place: str) -> str:
    try:
        with path.open(encoding="utf-8-sig") as file:
            _check_private(path, os.fstat(file.fileno()).st_mode)
            return file.read()
    except FileNotFoundError:
        failure = ConfigError(f"{place} does not exist", "make it, readable by its owner only (chmod 600)")
    except OSError as error:
        failure = ConfigError(f"{place} cannot be read: {error.strerror}", "mind its owner and permissions")
    except UnicodeDecodeError:
        failure = ConfigError(f"{place} is not text in UTF-8", "write the secret into it, and nothing else")
    raise failure


def _check_private(path: Path, mode: int) -> None:
    if os.name == "nt":
        return  # the permissions there are lists that the mode knows nothing of
    # systemd gives a service's user its credentials by an access list, which the mode shows as the group's.
    given = Path(os.environ.get(_CREDENTIALS) or "/run/credentials")
    others = stat.S_IRWXO if path.is_relative_to(given) else stat.S_IRWXO | stat.S_IRWXG
    if mode & others:
        raise ConfigError(f"the file {path} can be read by others than its owner", f"chmod 600 {path}")


def _of_keyring(entry: Entry) -> str:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        raise ConfigError(
            "the package keyring is missing, which reads the system's keyring",
            'pip install "leadbyte-import[keyring]"',
        ) from None
    try:
        return keyring.get_password(entry.service, entry.user) or ""
    except KeyringError as error:
        failure = ConfigError(
            f"the keyring cannot be read: {type(error).__name__}",
            "is it unlocked for this user? a service at night often has none: use {env: …} or {file: …}",
        )
    raise failure
