"""The port by which a short text goes to a telephone, and what stands behind it: files, or a service that takes a JSON POST.

No provider is known here by name. ``docs/messages.md`` says what is sent and what has to be answered; whoever sells texts
speaks that already, or a few lines between the two translate it.
"""

import json
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from config.settings import Settings
from lms.core import http
from lms.core.post import message_id

#: How numbers begin that are written without their country, and where it is: overseas have a code of their own.
_COUNTRIES = {
    "0590": "+590", "0690": "+590", "0691": "+590", "0594": "+594", "0694": "+594", "0596": "+596", "0696": "+596",
    "0697": "+596", "0262": "+262", "0692": "+262", "0693": "+262", "0269": "+262",
}  # fmt: skip
_MAYOTTE = re.compile(r"0639[0-7]")  # what follows is of the mainland
#: Typography that telephones do without.
_CHEAP = str.maketrans({"’": "'", "‘": "'", "«": '"', "»": '"', "“": '"', "”": '"', "…": "...", "–": "-", "œ": "oe", "À": "A", "ê": "e", "ç": "c", "î": "i", "ô": "o", "û": "u", "â": "a", "ë": "e", "ï": "i"})  # fmt: skip
LONGEST = 480  #: letters of a text: three of those that telephones put together


class NotTaken(Exception):
    """The service does not take this text. ``code``: 500 and above, it never will; below, perhaps later."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.code = code


class Sms(Protocol):
    """What takes texts."""

    def send(self, number: str, text: str, key: str) -> str:
        """Hand over one text to a number such as ``+33639981234``; what was answered.

        The same ``key`` again is the same text. Raises ``NotTaken``, or ``OSError`` where nobody answers.
        """


class Folder:
    """A telephone for people who look at files: one ``.sms`` a text."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def send(self, number: str, text: str, key: str) -> str:
        """Write the text; the same one again is the same file."""
        target = self.folder / f"{_reference(key)}.sms"
        draft = target.with_suffix(".part")
        draft.write_text(f"{number}\n{text}\n", encoding="utf-8")
        os.replace(draft, target)
        return target.name


class Gateway:
    """A service that takes ``{"to", "text", "reference"}`` and answers 2xx, with ``{"id"}`` if it likes."""

    def __init__(self, url: str, token: str, allow: Iterable[str] = ()) -> None:
        self.url = url
        self.client = http.session(allow)
        if token:
            self.client.headers["Authorization"] = f"Bearer {token}"

    def send(self, number: str, text: str, key: str) -> str:
        """One POST: 5 s for all of it."""
        said = {"to": number, "text": text, "reference": _reference(key)}
        try:
            answer = self.client.post(self.url, json=said, headers={"Idempotency-Key": said["reference"]})
        except http.OutgoingRefused as refused:
            raise NotTaken(554, str(refused)) from refused
        except http.RequestException as away:
            raise ConnectionError(f"no answer from the text service: {type(away).__name__}") from away
        if 200 <= answer.status_code < 300:
            return f"{answer.status_code} {_id_of(answer)}".strip()
        # What a service says of a number or of our token will not change by itself; being busy does.
        for_good = 400 <= answer.status_code < 500 and answer.status_code not in (408, 425, 429)
        words = f"HTTP {answer.status_code} {' '.join(answer.text.split())[:120]}".strip()
        raise NotTaken(554 if for_good else 451, words)


def service(chosen: Settings) -> Sms | None:
    """What the settings name; None: no texts are sent."""
    if not chosen.sms_url:
        return None
    if chosen.sms_url.startswith("file://"):
        return Folder(Path(chosen.sms_url.removeprefix("file://") or chosen.var / "sms"))
    return Gateway(chosen.sms_url, chosen.sms_token, chosen.outgoing_allow)


def send(to: Sms | None, phone: str, text: str, key: str) -> str:
    """Hand a text over to a number as it was typed; what was answered. Raises ``NotTaken``, or ``OSError``."""
    if to is None:
        raise NotTaken(554, "no text service is set: LMS_SMS_URL")
    number = international(phone)
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}", number):
        raise NotTaken(553, "this is no telephone number")
    return to.send(number, text[:LONGEST], key)


def plain(text: str) -> str:
    """The text in letters that telephones send cheaply: one that is not theirs more than doubles what is charged."""
    joined = re.sub(r"\s*»", "»", re.sub(r"«\s*", "«", text))
    return " ".join(joined.translate(_CHEAP).split())


def international(phone: str) -> str:
    """``+33639981234`` for ``06 39 98 12 34``; overseas by their own code. What has its country already stays."""
    bare = re.sub(r"[\s.()/-]", "", phone)
    if bare.startswith("00"):
        return f"+{bare[2:]}"
    if re.fullmatch(r"0[0-9]{9}", bare):
        country = "+262" if _MAYOTTE.match(bare) else _COUNTRIES.get(bare[:4], "+33")
        return f"{country}{bare[1:]}"
    return bare


def _reference(key: str) -> str:
    return message_id(key, "").strip("<@>")


def _id_of(answer: http.Response) -> str:
    try:
        said = json.loads(answer.text)
    except ValueError:
        return ""
    return str(said.get("id", ""))[:80] if isinstance(said, dict) else ""
