"""The reader's language and clock. Babel directly: no request is needed, so mails and jobs speak it too.

Texts in the code are English; ``translations/fr`` holds the French ones, which is what most readers see.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from gettext import NullTranslations
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import dates, numbers
from babel.support import Translations

LANGUAGES = ("fr", "en")
_FIRST = re.compile(r"\b1 (?=[a-zéû])")  #: "1 décembre", which French says "1er décembre"
_FOLDER = Path(__file__).parents[2] / "translations"


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom we speak to."""

    language: str
    zone: ZoneInfo
    catalogue: NullTranslations


@lru_cache(maxsize=64)
def reader(language: str = "fr", zone: str = "Europe/Paris") -> Reader:
    """The reader of this language in this zone; catalogues are read once."""
    spoken = language if language in LANGUAGES else "fr"
    return Reader(spoken, _zone(zone), Translations.load(_FOLDER, [spoken]))


_reader: ContextVar[Reader] = ContextVar("reader")


def _who() -> Reader:
    return _reader.get(None) or reader()


def speak_to(language: str = "fr", zone: str = "Europe/Paris") -> None:
    """From here on, this thread speaks to that reader."""
    _reader.set(reader(language, zone))


@contextmanager
def speaking_to(language: str = "fr", zone: str = "Europe/Paris") -> Iterator[None]:
    """Speak to that reader for the length of a block, then to whom it was before."""
    token = _reader.set(reader(language, zone))
    try:
        yield
    finally:
        _reader.reset(token)


def language() -> str:
    """The reader's language: ``fr`` or ``en``."""
    return _who().language


def gettext(text: str, **values: object) -> str:
    """The text in the reader's language; ``values`` fill its ``%(name)s``."""
    said = _who().catalogue.gettext(text) if text else ""  # a catalogue answers "" with its own header
    return said % values if values else said


def ngettext(one: str, many: str, number: int, **values: object) -> str:
    """The text for this number, in the reader's language; ``%(num)s`` is the number."""
    return _who().catalogue.ngettext(one, many, number) % {"num": number_(number), **values}


_ = gettext


def reader_catalogue() -> NullTranslations:
    """The reader's catalogue, for templates, which fill their placeholders themselves."""
    return _who().catalogue


class Lazy:
    """A text that is said later, when the reader is known: labels at module level, form fields."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return gettext(self.text)

    def __html__(self) -> str:
        from markupsafe import escape

        return str(escape(str(self)))

    def __mod__(self, values: object) -> str:
        return str(self) % values

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other)

    def __hash__(self) -> int:
        return hash(self.text)


#: Typed as anything: WTForms asks for a ``str``, and takes what says itself later.
lazy: Callable[[str], Any] = Lazy


def day(value: date, style: str = "full") -> str:
    """A date, as the reader writes it: ``mardi 24 novembre 2026``; a moment counts by the reader's clock."""
    if isinstance(value, datetime):
        value = value.astimezone(_who().zone).date()
    return _day(value, style, _who().language)


def moment(value: datetime, style: str = "medium") -> str:
    """An instant, by the reader's clock and to the minute: ``24 nov. 2026, 10 h 42``; in full ``… à 10 h 42``."""
    if style in ("long", "full"):
        return gettext("%(day)s at %(hour)s", day=day(value, style), hour=hour(value))
    return f"{day(value, style)}, {hour(value)}"


def hour(value: datetime) -> str:
    """The time of day by the reader's clock: ``10 h 42`` or ``10:42 AM``."""
    who = _who()
    if who.language == "fr":
        local = value.astimezone(who.zone)
        return f"{local.hour}\u00a0h\u00a0{local.minute:02d}"
    return _solid(dates.format_time(value, "short", tzinfo=who.zone, locale=who.language))


def ago(value: datetime, now: datetime) -> str:
    """How long ago, in words: today at an hour, yesterday, so many days ago, then the date."""
    who = _who()
    then, today = value.astimezone(who.zone).date(), now.astimezone(who.zone).date()
    days = (today - then).days
    if days <= 0:
        return gettext("today at %(hour)s", hour=hour(value))
    if days == 1:
        return gettext("yesterday")
    if days < 30:
        return ngettext("%(num)s day ago", "%(num)s days ago", days)
    return day(value, "long")


def number_(value: float) -> str:
    """A number as the reader writes it, with spaces that the font has (no U+202F)."""
    return _number(value, _who().language)


def money(cents: int, currency: str = "EUR") -> str:
    """An amount as the reader writes it: ``1 200,50 €``."""
    return _solid(numbers.format_currency(Decimal(cents) / 100, currency, locale=_who().language))


def duration(seconds: int) -> str:
    """A length of time: ``12 minutes``, ``2 h 30``."""
    minutes = max(0, round(seconds / 60))
    if minutes < 60:
        return ngettext("%(num)s minute", "%(num)s minutes", minutes)
    hours, rest = divmod(minutes, 60)
    return f"{hours}\u00a0h\u00a0{rest:02d}" if rest else f"{hours}\u00a0h"


def sort_key(text: str) -> str:
    """How a name is sorted and found: no accents, no case; the same on every database."""
    import unicodedata

    plain = unicodedata.normalize(
        "NFKD", text.replace("œ", "oe").replace("Œ", "oe").replace("æ", "ae").replace("Æ", "ae")
    )
    return "".join(c for c in plain if not unicodedata.combining(c)).casefold().strip()


@lru_cache(maxsize=4096, typed=True)
def _number(value: float, language: str) -> str:
    return _solid(numbers.format_decimal(value, locale=language))


@lru_cache(maxsize=4096)
def _day(value: date, style: str, language: str) -> str:
    said = _solid(dates.format_date(value, style, locale=language))
    first = language == "fr" and value.day == 1
    return _FIRST.sub("1er ", said, count=1) if first else said


def _zone(name: str) -> ZoneInfo:
    """The zone, or ours where the name is none: a wrong setting must not close every page of an organisation."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("Europe/Paris")


def _solid(text: str) -> str:
    return text.replace("\u202f", "\u00a0")
