"""Somebody opened more personal files within an hour than is usual."""

from collections.abc import Sequence
from typing import Any

from lms.core.i18n import gettext as _
from lms.core.i18n import number_
from lms.core.post import Action, Message


class ManyFiles(Message):
    """To the administrators. It names nobody: who it was, the journal says to those who may read it."""

    name = "records.many_files"
    example = {"files": 61, "limit": 60, "url": "https://exemple.fr/records"}

    def subject(self, details: dict[str, Any]) -> str:
        return _("Many personal files were opened")

    def paragraphs(self, details: dict[str, Any]) -> Sequence[str | Action]:
        return [
            _("Hello,"),
            _(
                "One person of your organisation opened %(files)s personal files within an hour. You are told beyond %(limit)s.",
                files=number_(details["files"]), limit=number_(details["limit"]),
            ),
            _("It may be their work. It may also be an account in the wrong hands: look who it is, and call them."),
            Action(_("Open the journal"), details["url"]),
        ]  # fmt: skip
