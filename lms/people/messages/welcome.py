"""The first mail: an account is ready, a password is to be chosen."""

from collections.abc import Sequence
from typing import Any

from lms.core.i18n import gettext as _
from lms.core.post import Action, Message


class Welcome(Message):
    """To somebody who was given a place and has no password yet."""

    name = "people.welcome"
    example = {
        "url": "https://exemple.fr/sign-in/new-password/abc",
        "login": "nadia@exemple.fr",
        "name": "Nadia",
    }

    def subject(self, details: dict[str, Any]) -> str:
        return _("Your training account is ready")

    def paragraphs(self, details: dict[str, Any]) -> Sequence[str | Action]:
        return [
            _("Hello %(name)s,", name=details["name"]) if details["name"] else _("Hello,"),
            _("A training account was made for you. Choose a password to open it."),
            Action(_("Choose my password"), details["url"]),
            _("To sign in later, your login is: %(login)s.", login=details["login"]),
            _(
                "This link works once, for seven days. If it no longer works, use “Forgotten password” on the sign-in page."
            ),
        ]
