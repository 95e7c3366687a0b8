"""A message as its reader will see it, for pages: worded for an invented person, or for the row of a letter."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lms.core import i18n, sms
from lms.core.post import Action, Facts, Message, Part
from lms.notifications.worded import Worded

_PLAIN = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)  #: letters that telephones send as one of 160; any other makes it 70


@dataclass(frozen=True, slots=True)
class Preview:
    """Subject, parts (``text``, ``facts`` or ``action`` of each), and the text for a telephone with how many are charged."""

    language: str
    subject: str
    parts: list[dict[str, Any]]
    short: str
    texts: int


def preview(kind: type[Worded], language: str, words: dict[str, str], zone: str) -> Preview:
    """The message to the invented person of its example, in these words (empty: the house's)."""
    message = Message.registered[kind.name]()
    details = {**kind.example, "wording": words} if words else dict(kind.example)
    with i18n.speaking_to(language, zone):
        short = sms.plain(message.short(details))
        parts = shown(message.paragraphs(details))
        return Preview(language, message.subject(details), parts, short, charged(short))


def shown(parts: Sequence[Part]) -> list[dict[str, Any]]:
    """The parts, for a template."""
    return [_shown(part) for part in parts]


def charged(text: str) -> int:
    """How many texts a telephone makes of it."""
    one, each = (160, 153) if set(text) <= _PLAIN else (70, 67)
    return 0 if not text else 1 if len(text) <= one else -(-len(text) // each)


def _shown(part: Part) -> dict[str, Any]:
    if isinstance(part, Action):
        return {"action": part.label}
    if isinstance(part, Facts):
        return {"facts": [(label, ", ".join(value.split("\n"))) for label, value in part.pairs]}
    return {"text": part}
