"""The link that confirms a new e-mail address."""

from collections.abc import Sequence
from typing import Any

from lms.core.i18n import gettext as _
from lms.core.post import Action, Message


class ConfirmAddress(Message):
    """To the new address."""

    name = "people.confirm_address"
    example = {"url": "https://exemple.fr/sign-in/address/abc", "login": "nadia.benali"}

    def subject(self, details: dict[str, Any]) -> str:
        return _("Confirm your new address")

    def paragraphs(self, details: dict[str, Any]) -> Sequence[str | Action]:
        return [
            _("Hello,"),
            _(
                "This address was given for the training account %(login)s. Confirm it, so that mails of the account come here.",
                login=details["login"],
            ),
            Action(_("Confirm this address"), details["url"]),
            _(
                "This link works once, for one day. You have no such account? Then do nothing: nothing changes."
            ),
        ]
