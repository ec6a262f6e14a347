from __future__ import annotations

import errno
import io
import sys
from typing import Any

import pytest

from pipeline import cli
from pipeline.progress import CopyingBar, CountingBar, ReadingBars


class Gone(io.StringIO):
    """A stream whose reader went away; it counts what was tried."""

    def __init__(self, error: int) -> None:
        super().__init__()
        self.error, self.tried = error, 0

    def write(self, _words: str) -> Any:
        self.tried += 1
        raise OSError(self.error, "gone")

    def flush(self) -> None:
        raise OSError(self.error, "gone")


ERRORS = pytest.mark.parametrize("error", [errno.EIO, errno.EPIPE], ids=["a closed terminal", "a closed pipe"])


@ERRORS
def test_bars_go_on_when_nobody_sees_them(error: int, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = Gone(error)
    monkeypatch.setattr(sys, "stderr", gone)
    with CopyingBar(shown=True) as copying:
        copying.advance(1000)
    with ReadingBars(1000, "B", shown=True) as reading:
        reading.advance(500, 10, 1)
    with CountingBar("Sending", 3, shown=True) as counting:
        for _ in range(3):
            counting.count("accepted")
    assert gone.tried


@ERRORS
@pytest.mark.parametrize("words", [["results", "no-such-run"], ["no-such-command"]])
def test_an_error_that_nobody_sees_has_its_exit_code_all_the_same(
    error: int, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = Gone(error)
    monkeypatch.setattr(sys, "stderr", gone)
    monkeypatch.setattr(sys, "argv", ["leadbyte-import", *words])
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert left.value.code == 2
    assert gone.tried
