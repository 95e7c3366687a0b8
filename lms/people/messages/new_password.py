"""The link for a forgotten password."""

from collections.abc import Sequence
from typing import Any

from lms.core.i18n import gettext as _
from lms.core.post import Action, Message


class NewPassword(Message):
    """To whoever asked for it, or whom somebody asked for."""

    name = "people.new_password"
    example = {"url": "https://exemple.fr/sign-in/new-password/abc", "login": "nadia.benali", "name": ""}

    def subject(self, details: dict[str, Any]) -> str:
        return _("Choose a new password")

    def paragraphs(self, details: dict[str, Any]) -> Sequence[str | Action]:
        return [
            _("Hello,"),
            _(
                "Somebody, probably you, asked to choose a new password for this account: %(login)s.",
                login=details["login"],
            ),
            Action(_("Choose a new password"), details["url"]),
            _(
                "This link works once, for one hour. You did not ask for it? Then do nothing: your password stays as it is."
            ),
        ]
