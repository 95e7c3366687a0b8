"""The family of messages that an organisation may put into its own words: what they can name, and how a text is filled.

A text names things in braces: ``Hello {first name}``. What may stand there is a closed list, told in the reader's
language; both languages' words are understood in either.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

from lms.core import i18n
from lms.core.i18n import Lazy, sort_key
from lms.core.i18n import gettext as _
from lms.core.post import Message, Part

_NAMED = re.compile(r"\{([^{}\n]*)\}")
_BRACE = re.compile(r"[{}]")
SUBJECT, BODY, SHORT = 150, 5_000, 300  #: letters that each may have


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a text: where, and what to do."""

    line: int
    words: str


class Worded:
    """Mixed into a ``Message``: a text of ours that an organisation may replace, and parts that nobody takes out.

    ``details["wording"]`` holds the own words, where there are any: ``subject``, ``body``, ``short``.
    """

    name: ClassVar[str]
    example: ClassVar[dict[str, Any]]
    #: What people call the message, and when it leaves.
    label: ClassVar[Lazy]
    when: ClassVar[Lazy]
    #: Place in the list of messages: as they come in a training.
    order: ClassVar[int] = 0
    #: What a text may name: a word of ours -> what people write between braces.
    places: ClassVar[Mapping[str, Lazy]] = {}
    house_subject: ClassVar[Lazy]
    house_body: ClassVar[Lazy]
    #: For telephones; None: it never goes there.
    house_short: ClassVar[Lazy | None] = None

    def values(self, details: dict[str, Any]) -> dict[str, str]:
        """What each place says, in the language spoken now."""
        raise NotImplementedError

    def always(self, details: dict[str, Any]) -> Sequence[Part]:
        """What stands below the text, in the language spoken now."""
        return []

    def subject(self, details: dict[str, Any]) -> str:
        return self._filled(details, "subject", self.house_subject)

    def paragraphs(self, details: dict[str, Any]) -> Sequence[Part]:
        return [*self.text(details), *self.always(details)]

    def text(self, details: dict[str, Any]) -> list[str]:
        """The paragraphs of the text alone; an empty line parts them."""
        filled = self._filled(details, "body", self.house_body).replace("\r\n", "\n")
        return [part.strip() for part in re.split(r"\n\s*\n", filled) if part.strip()]

    def short(self, details: dict[str, Any]) -> str:
        return "" if self.house_short is None else self._filled(details, "short", self.house_short)

    def _filled(self, details: dict[str, Any], part: str, house: Lazy) -> str:
        text = (details.get("wording") or {}).get(part) or str(house)
        return fill(type(self), text, self.values(details))


def kinds() -> list[type[Worded]]:
    """The messages that may be worded, as they come in a training."""
    found = [kind for kind in Message.registered.values() if issubclass(kind, Worded)]
    return sorted(found, key=lambda kind: kind.order)


def kind_called(name: str) -> type[Worded] | None:
    """The message of this name, if it may be worded."""
    found = Message.registered.get(name)
    return found if found is not None and issubclass(found, Worded) else None


def fill(kind: type[Worded], text: str, values: Mapping[str, str]) -> str:
    """The text with each place said; what is no place stays as it is written. Values are not looked into again."""
    known = _known(kind.name)

    def said(found: re.Match[str]) -> str:
        place = known.get(_plain(found[1]))
        return found[0] if place is None else values.get(place, "")

    return _NAMED.sub(said, text)


def faults(kind: type[Worded], text: str) -> list[Fault]:
    """Places that the message does not know, and braces that stand alone; line by line."""
    found, known = [], _known(kind.name)
    for number, line in enumerate(text.splitlines(), 1):
        for named in _NAMED.finditer(line):
            if _plain(named[1]) not in known:
                found += [Fault(number, _unknown(kind, number, named[0]))]
        if _BRACE.search(_NAMED.sub("", line)):
            words = _("Line %(line)s: a brace stands alone. Write both, or none.", line=number)
            found.append(Fault(number, words))
    return found


def offered(kind: type[Worded]) -> list[str]:
    """What may be named, in the language spoken now: ``{first name}``."""
    return [f"{{{label}}}" for label in kind.places.values()]


def house(kind: type[Worded], language: str) -> tuple[str, str, str]:
    """Subject, text and text for telephones of the house, with their places, in one language."""
    with i18n.speaking_to(language):
        return str(kind.house_subject), str(kind.house_body), str(kind.house_short or "")


def _unknown(kind: type[Worded], number: int, named: str) -> str:
    return _(
        "Line %(line)s: %(named)s is not known in this message. It knows %(places)s.",
        line=number, named=named, places=", ".join(offered(kind)),
    )  # fmt: skip


@cache
def _known(kind_name: str) -> dict[str, str]:
    """Every way to write a place, in both languages, and which one is meant. Asked once a kind: the list is closed."""
    kind: type[Worded] = Message.registered[kind_name]
    found = {_plain(name): name for name in kind.places}
    for language in i18n.LANGUAGES:
        with i18n.speaking_to(language):
            found |= {_plain(str(label)): name for name, label in kind.places.items()}
    return found


def _plain(written: str) -> str:
    return sort_key(written.replace("_", " "))
