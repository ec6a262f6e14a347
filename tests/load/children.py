"""What the tests of `pipeline.load.confined` run in a child, by `main([what])`."""

from __future__ import annotations

import json
import os
import sys
import time

from pipeline.errors import InputError


def main(args: list[str]) -> None:
    match args:
        case ["write", size]:
            sys.stdout.buffer.write(b"x" * int(size))
        case ["refuse"]:
            raise InputError("list.zip is refused", "Do something else.")
        case ["hoard"]:
            sys.stdout.buffer.write(bytes(1 << 34))
        case ["abort"]:
            os.abort()
        case ["fail"]:
            raise ZeroDivisionError
        case ["spin"]:
            while True:
                pass
        case ["sleep"]:
            time.sleep(60)
        case ["facts"]:
            sys.stdout.write(json.dumps({"modules": sorted(sys.modules), "environment": dict(os.environ)}))
