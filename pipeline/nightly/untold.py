"""What was filed and not told yet: a night that is killed tells nobody, so the next one tells it as well.

A line is written before a list is filed, and removed once the night's digest has been told. OUTPUT/.untold/JOB.jsonl
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from pipeline.errors import ConfigError
from pipeline.files import private_folder, whole_file

FOLDER: Final = ".untold"


@dataclass(frozen=True, slots=True)
class Filed:
    """A list that is about to be filed as `filed`. `words` and `exit_code`: of one without a run, why it has none."""

    file: str
    filed: str
    run_id: str = ""
    words: str = ""
    exit_code: int = 0


@dataclass(frozen=True, slots=True)
class Untold:
    """The lists of one job that were filed and not told."""

    path: Path

    @classmethod
    def of(cls, output: Path, job: str) -> Untold:
        """Those of a job whose runs are in `output`."""
        return cls(output / FOLDER / f"{job}.jsonl")

    def note(self, one: Filed) -> None:
        """One more, on disk when this returns. Raises ConfigError where that cannot be written."""
        private_folder(self.path.parent)
        try:
            self.path.touch(mode=0o600)
            with self.path.open("a", encoding="utf-8") as file:
                # What a killed night has left of a line is a line of its own.
                file.write(f"\n{json.dumps(asdict(one))}\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise ConfigError(
                f"{self.path} cannot be written: {error.strerror or error}", "mind the room on its disk"
            ) from None

    def there(self) -> list[Filed]:
        """Those that lie where they were to be filed; others are still in working/, or gone."""
        return [one for one in self._noted() if Path(one.filed).exists()]

    def tell(self, filed: set[str]) -> None:
        """These were told."""
        if not self.path.exists():
            return
        left = [one for one in self._noted() if one.filed not in filed]
        if not left:
            self.path.unlink()
            return
        with whole_file(self.path) as file:
            file.write("".join(f"{json.dumps(asdict(one))}\n" for one in left).encode())

    def _noted(self) -> list[Filed]:
        if not self.path.exists():
            return []
        found: dict[str, Filed] = {}
        for line in self.path.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                one = Filed(**json.loads(line))
            except (ValueError, TypeError):
                continue  # half a line: the list it was about was not filed
            found[one.filed] = one
        return list(found.values())
