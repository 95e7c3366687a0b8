"""The mail of an invitation."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from lms.core.i18n import day
from lms.core.i18n import gettext as _
from lms.core.post import Action, Message


class InvitationMail(Message):
    """To the address that was invited."""

    name = "organisations.invitation"
    example = {
        "url": "https://exemple.fr/invitations/K7FQ-2XNR-P3HW",
        "code": "K7FQ-2XNR-P3HW",
        "organisation": "Agence de Nantes",
        "by": "Claire Morel",
        "until": "2026-12-14",
    }

    def subject(self, details: dict[str, Any]) -> str:
        return _("You are invited to a training platform")

    def paragraphs(self, details: dict[str, Any]) -> Sequence[str | Action]:
        return [
            _("Hello,"),
            _(
                "%(by)s invites you to the training platform of %(organisation)s.",
                by=details["by"],
                organisation=details["organisation"],
            ),
            Action(_("See the invitation"), details["url"]),
            _("You have an account already? Sign in with it: you do not need a second one."),
            _(
                "The link is for you alone, and good until %(day)s. You do not know what this is about? Then do nothing.",
                day=day(date.fromisoformat(details["until"][:10]), "long"),
            ),
        ]
