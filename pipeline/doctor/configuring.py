"""Is the configuration right: the file .env, the variables, the account, the key, the log?"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from pydantic_settings import DotEnvSettingsSource

from pipeline.config import Settings, is_loopback
from pipeline.doctor.finding import Finding, fail, failed, ok, warn
from pipeline.errors import ImportFailure
from pipeline.log import Logs
from pipeline.names import nearest

PREFIX: Final = "LEADBYTE_"
#: Names that mean us where they stand in .env without the prefix; others (LOG, DOMAIN) may be any program's.
_OURS: Final = ("API_KEY", "APIKEY", "ACCOUNT", "BASE_URL", "API_VERSION", "CA_BUNDLE")
#: What stands in examples in the place of a key.
_PLACEHOLDER: Final = re.compile(
    r"your|change.?me|example|placeholder|insert|todo|<|>|\.\.\.|…|x{4,}|\*{3,}|^(api.?)?key$|^secret$", re.IGNORECASE
)
_LEADBYTE: Final = ("leadbyte.com", "leadbyte.co.uk")
_NO_LOG: Final = "none besides run.log"


def env_file(path: Path) -> Finding:
    """The file .env: whether others of this machine can read the key in it."""
    if not path.is_file():
        return ok("env_file", "there is none here: what is set in the environment counts")
    mode = path.stat().st_mode
    if os.name != "nt" and mode & 0o077:
        return warn(
            "env_file", f"{path} can be read by others of this machine (mode {mode & 0o777:04o})", f"chmod 600 {path}"
        )
    return ok("env_file", f"{path}, for its owner only")


def read_env_file(path: Path) -> dict[str, str]:
    """The variables in .env as they are spelt there; none where it is missing or not text."""
    try:
        found = DotEnvSettingsSource(Settings, env_file=path, case_sensitive=True).env_vars
    except (OSError, UnicodeDecodeError):
        return {}
    return {name: value or "" for name, value in found.items()}


def variables(environment: Mapping[str, str], in_file: Mapping[str, str]) -> Finding:
    """Variables that nobody reads, and those that are set in two places. Values are never shown."""
    known = {f"{PREFIX}{name}".upper() for name in Settings.model_fields}
    named = {name: "the environment" for name in environment if name.upper().startswith(PREFIX)}
    named |= {name: ".env" for name in in_file if name.upper().startswith("LEADBYTE") or name.upper() in _OURS}
    strange = [
        f"{name} in {place}{_meant(name, known)}" for name, place in named.items() if name.upper() not in known
    ]
    if strange:
        return warn(
            "variables", f"nobody reads {'; '.join(sorted(strange))}",
            "correct its name, or leave it if a jobs file names it (docs/configuration.md has every variable)",
        )  # fmt: skip
    of_environment = {name.upper(): value for name, value in environment.items()}
    twice = [name for name, value in in_file.items() if of_environment.get(name.upper(), value) not in ("", value)]
    if twice:
        return warn(
            "variables", f"set in the environment and in .env, and not the same: {', '.join(sorted(twice))}",
            "the environment counts: unset one of the two",
        )  # fmt: skip
    return ok("variables", f"{', '.join(sorted(name for name in named if name.upper() in known)) or 'none is set'}")


def _meant(name: str, known: set[str]) -> str:
    own = re.sub(r"^LEADBYTE_?", "", name.upper())
    near = nearest(own, [one.removeprefix(PREFIX) for one in known], limit=1)
    return f" (did you mean {PREFIX}{near[0]}?)" if near else ""


def account(settings: Settings) -> Finding:
    """The account's address."""
    try:
        address = settings.address()
        settings.certificates()
    except ImportFailure as error:
        return failed("account", error)
    host = urlsplit(address).hostname or ""
    if is_loopback(host):
        return ok("account", f"{address}, a sandbox on this machine")
    if not host.endswith(tuple(f".{one}" for one in _LEADBYTE)):
        return warn(
            "account", f"{address} is none of LeadByte's addresses ({' or '.join(_LEADBYTE)})",
            "the key and the leads go there: make sure that it is yours, or set LEADBYTE_ACCOUNT instead",
        )  # fmt: skip
    return ok("account", address)


def key(settings: Settings, environment: Mapping[str, str]) -> Finding:
    """The API key: there, and not what an example has in its place. It is never shown."""
    try:
        value = settings.key()
    except ImportFailure as error:
        return failed("key", error)
    mend = "copy the key from LeadByte into LEADBYTE_API_KEY, whole and without quotes"
    if _PLACEHOLDER.search(value):
        return fail("key", "what is set is no key, but a placeholder of an example", mend)
    if any(char.isspace() or char in "\"'" or not char.isascii() for char in value):
        return fail("key", "what is set has a space, a quote or an accent in it, which no key has", mend)
    if value.startswith("sandbox-key") and not _is_sandbox(settings):
        return fail("key", "what is set is the sandbox's key, and the account is none of this machine", mend)
    there = any(name.upper() == f"{PREFIX}API_KEY" and found for name, found in environment.items())
    return ok("key", f"set in {'the environment' if there else '.env'}, {len(value)} characters")


def _is_sandbox(settings: Settings) -> bool:
    try:
        return is_loopback(urlsplit(settings.address()).hostname or "")
    except ImportFailure:
        return True  # nobody can tell, and the account is told to be wrong already


def log(settings: Settings) -> Finding:
    """Whether the common log can be written."""
    try:
        Logs(settings.log_format, settings.log).check()
    except ImportFailure as error:
        return failed("log", error)
    return ok("log", f"{settings.log or _NO_LOG}, as {settings.log_format}")


def configuration(settings: Settings, environment: Mapping[str, str]) -> Iterator[Finding]:
    """All that the settings say."""
    yield account(settings)
    yield key(settings, environment)
    yield log(settings)
