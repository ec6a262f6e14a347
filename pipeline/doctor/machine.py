"""The program itself: its version, Python's, and the packages that it needs."""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from typing import Final

from pipeline import __version__
from pipeline.doctor.finding import Finding, fail, ok

_OLDEST: Final = (3, 11)
#: The packages whose version says most about how a list is read and sent.
_TOLD: Final = ("pandas", "pandera", "pyarrow", "requests", "phonenumbers")


def machine(version_of: Callable[[str], str] = version) -> Iterator[Finding]:
    """Whether the program can run at all."""
    here = f"Python {platform.python_version()} on {platform.system()} {platform.release()}"
    if sys.version_info[:2] < _OLDEST:
        yield fail("python", here, f"install Python {'.'.join(map(str, _OLDEST))} or newer")
    else:
        yield ok("python", f"leadbyte-import {__version__}, {here}")
    missing, found = [], {}
    for name in _needed():
        try:
            found[name] = version_of(name)
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        yield fail("packages", f"missing: {', '.join(missing)}", "install leadbyte-import again, with its packages")
        return
    told = ", ".join(f"{name} {found[name]}" for name in _TOLD if name in found)
    yield ok("packages", f"{len(found)} are there: {told} and others")


def _needed() -> list[str]:
    """The names of the packages that this system needs, those of extras aside."""
    try:
        named = requires("leadbyte-import") or []
    except PackageNotFoundError:
        named = list(_TOLD)  # run from its source
    here = [one for one in named if "extra ==" not in one and ("win32" not in one or sys.platform == "win32")]
    return [re.split(r"[^A-Za-z0-9._-]", one, maxsplit=1)[0] for one in here]
