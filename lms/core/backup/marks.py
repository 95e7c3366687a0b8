"""When the last whole backup was made: a small file in ``LMS_VAR``, for ``/metrics`` and ``flask doctor``."""

from contextlib import suppress
from datetime import datetime

from config.settings import Settings
from lms.core.clock import now

_NAME = "last-backup"


def mark_backup(chosen: Settings) -> None:
    """One was made just now. A folder that cannot be written spoils no backup."""
    with suppress(OSError):
        (chosen.var / _NAME).write_text(now().isoformat(), "utf-8")


def last_backup(chosen: Settings) -> float | None:
    """Seconds since then; None: none was ever made from this machine."""
    try:
        made = datetime.fromisoformat((chosen.var / _NAME).read_text("utf-8").strip())
    except (OSError, ValueError):
        return None
    return max(0.0, (now() - made).total_seconds())
