"""A process that is killed before its n-th step that changes anything on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pipeline.journal.store import Store
from pipeline.retention import record


class Killed(BaseException):
    """Not an Exception: nobody may catch it and go on."""


@contextmanager
def killed_before(step: int) -> Iterator[list[str]]:
    """Within, the process dies before this step (from 0) and does nothing more; the steps that it has done."""
    steps: list[str] = []

    def dying(name: str, do: Callable[..., Any], counts: Callable[..., bool] = lambda *_: True) -> Callable[..., Any]:
        def instead(*args: Any, **kwargs: Any) -> Any:
            if counts(*args):
                if len(steps) >= step:
                    raise Killed
                steps.append(name)
            return do(*args, **kwargs)

        return instead

    def of_a_run(path: Path, *_: Any) -> bool:
        return path.parent.name.startswith("2026")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Store, "transaction", dying("commit", Store.transaction))
        patch.setattr(Store, "compact", dying("compact", Store.compact))
        patch.setattr(Path, "unlink", dying("unlink", Path.unlink, of_a_run))
        patch.setattr(Path, "replace", dying("replace", Path.replace, of_a_run))
        patch.setattr(record, "note", dying("note", record.note))
        yield steps
