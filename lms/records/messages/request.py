"""Somebody asked something about their data."""

from collections.abc import Sequence
from typing import Any

from lms.core.i18n import gettext as _
from lms.core.post import Action, Message


class RequestMade(Message):
    """To the administrators. It says neither who nor what: the page does."""

    name = "records.request"
    example = {"url": "https://exemple.fr/records/requests/1"}

    def subject(self, details: dict[str, Any]) -> str:
        return _("A request about personal data")

    def paragraphs(self, details: dict[str, Any]) -> Sequence[str | Action]:
        return [
            _("Hello,"),
            _("Somebody uses a right about their data. The law wants an answer within a month."),
            Action(_("Read the request"), details["url"]),
        ]


class RequestAnswered(Message):
    """To whoever asked. The answer itself is on their page."""

    name = "records.answered"
    example = {"url": "https://exemple.fr/my-data/requests"}

    def subject(self, details: dict[str, Any]) -> str:
        return _("Your request about your data was answered")

    def paragraphs(self, details: dict[str, Any]) -> Sequence[str | Action]:
        return [
            _("Hello,"),
            _("Your request was answered. Sign in to read what was done."),
            Action(_("Read the answer"), details["url"]),
        ]
