"""Where each chain of the journal ended when this machine last sealed it: a small file in ``LMS_VAR``.

It stands outside of the database, so that whoever cuts a chain off there, and puts an old head back, is found out here.
"""

import json
from contextlib import suppress

from config import settings
from config.settings import Settings

_NAME = "journal-anchors.json"
Known = dict[int, tuple[int, str]]


def known() -> Known:
    """Chain -> number and hash of the last line that was sealed from this machine. Empty where none was."""
    try:
        found = json.loads((settings.current().var / _NAME).read_text("utf-8"))
        return {int(chain): (int(number), str(hashed)) for chain, (number, hashed) in found.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def keep(chain: int, number: int, hashed: str) -> None:
    """Write down where a chain ends now. A folder that cannot be written spoils no sealing: the log has it, too."""
    path = settings.current().var / _NAME
    told = {**known(), chain: (number, hashed)}
    draft = path.with_suffix(".part")
    with suppress(OSError):
        draft.write_text(json.dumps(told), "utf-8")
        draft.replace(path)


def set_aside(chosen: Settings) -> bool:
    """A backup was taken back, and the chains end earlier now: put the file aside; says whether there was one."""
    path = chosen.var / _NAME
    with suppress(OSError):
        path.replace(path.with_name(f"before-restore-{_NAME}"))
        return True
    return False
