"""Somebody may act in your name from now on."""

from collections.abc import Sequence
from typing import Any

from lms.core.i18n import gettext as _
from lms.core.i18n import ngettext
from lms.core.post import Action, Message


class MandateSigned(Message):
    """To the learner who signed. Who it is, their page says."""

    name = "mandates.signed"
    example = {"url": "https://exemple.fr/my-data/mandates", "days": 31}

    def subject(self, details: dict[str, Any]) -> str:
        return _("You signed a mandate")

    def paragraphs(self, details: dict[str, Any]) -> Sequence[str | Action]:
        return [
            _("Hello,"),
            ngettext(
                "From now on, and for %(num)s day, the person who accompanies you may do some things in your name.",
                "From now on, and for %(num)s days, the person who accompanies you may do some things in your name.",
                details["days"],
            ),
            _("You can stop it at any time, without giving a reason. You also see there all that was done."),
            Action(_("See my mandates"), details["url"]),
        ]
