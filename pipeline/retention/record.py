"""erasures.log: the written record of who was erased when, as keyed hashes, one JSON object in a line.

An erasure has two lines with one id: `begun` says what was found, before anything is changed, and `done` says which
files were removed or written anew.
"""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from pipeline.errors import ConfigError

NAME: Final = "erasures.log"


def note(output: Path, erasure: str, state: str, at: datetime, **known: Any) -> None:
    """Add a line, on disk when this returns. Raises ConfigError where it cannot be written."""
    line = {"id": erasure, "state": state, "at": at.isoformat(timespec="seconds")} | known
    try:
        with open(os.open(output / NAME, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as file:  # noqa: PTH123 - for its owner alone from the first moment on
            file.write(f"{json.dumps(line, ensure_ascii=False)}\n".encode())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise ConfigError(
            f"the record of erasures {output / NAME} cannot be written: {error.strerror or error}",
            "mend its permissions, then do the same again",
        ) from None
