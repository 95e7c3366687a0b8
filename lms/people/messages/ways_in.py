"""Told to an account's owner: a way in was added, changed or taken away."""

from collections.abc import Sequence
from typing import Any

from lms.core.i18n import gettext as _
from lms.core.i18n import lazy
from lms.core.post import Action, Message

#: What was done -> how it is told.
DONE = {
    "app-added": lazy("An app that shows codes was tied to your account."),
    "app-removed": lazy("The app that shows codes was untied from your account."),
    "passkey-added": lazy("A passkey was added to your account: %(subject)s."),
    "passkey-removed": lazy("A passkey was taken away from your account: %(subject)s."),
    "address-changed": lazy("The e-mail address of your account was changed; mails no longer come here."),
    "password-changed": lazy("The password of your account was changed."),
    "provider-tied": lazy(
        "Your organisation’s own sign-in opens your account from now on: %(subject)s. Its directory knows you by the same number."
    ),
    "factors-taken-away": lazy(
        "The app and the passkeys of your account were taken away by somebody who answers for your organisation."
    ),
}

_OTHER = lazy("Something changed in how you sign in.")


class WaysIn(Message):
    """To the address that the account had when it was done."""

    name = "people.ways_in"
    example = {"what": "passkey-added", "login": "nadia.benali", "subject": "Téléphone de Nadia"}

    def subject(self, details: dict[str, Any]) -> str:
        return _("Something changed in how you sign in")

    def paragraphs(self, details: dict[str, Any]) -> Sequence[str | Action]:
        return [
            _("Hello,"),
            str(DONE.get(details["what"], _OTHER)) % {"subject": details["subject"]},
            _("The account: %(login)s.", login=details["login"]),
            _(
                "It was you? Then there is nothing to do. It was not? Choose a new password at once with “Forgotten password”, and call the person who accompanies you."
            ),
        ]
