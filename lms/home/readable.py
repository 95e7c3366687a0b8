"""One's own data as people read it: dates in words, no braces."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from lms.core.i18n import day, moment, number_
from lms.core.i18n import gettext as _
from lms.records import words

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(rf"{_DAY.pattern}T\d\d:\d\d:\d\d.*")


def told(column: str, value: Any) -> str:
    """A plain value of this column of ``Part.rows`` in words; nothing for nothing."""
    return words.word(value) if column == "verb" else _told(value)


def _told(value: Any) -> str:
    if value is None or value in ({}, []):
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int | float):
        return number_(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_told(one)}" for name, one in value.items())
    if isinstance(value, list):
        return ", ".join(map(_told, value))
    text = str(value)
    if _MOMENT.fullmatch(text):
        return moment(datetime.fromisoformat(text), "long")
    return day(date.fromisoformat(text)) if _DAY.fullmatch(text) else text
