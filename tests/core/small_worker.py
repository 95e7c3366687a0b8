"""A worker that needs no database, in processes that a test may kill: ``python -m tests.core.small_worker HOW FILE``.

Each child writes its number as a line of FILE. HOW: ``idle`` has nothing to do, ``dies`` ends at once, ``breaks`` raises.
"""

import os
import sys
from pathlib import Path

from lms.core import worker


def main(how: str, file: Path) -> None:
    """Live until told to stop."""

    def born() -> None:
        with file.open("a") as out:
            out.write(f"{os.getpid()}\n")
        if how == "dies":
            os._exit(3)
        if how == "breaks":
            raise RuntimeError("born broken")

    worker.bury_the_dead = lambda: None
    worker.keep_alive(born, [(lambda: False,)] * 2)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
