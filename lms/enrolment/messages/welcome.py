"""To somebody who was just enrolled: where to go, and how to get in."""

from collections.abc import Sequence
from typing import Any, ClassVar

from lms.core.i18n import gettext as _
from lms.core.post import Action, Message


class Welcome(Message):
    """The first mail: it holds no secret, so it may be read by whoever shares the address."""

    name = "enrolment.welcome"
    example: ClassVar[dict[str, Any]] = {
        "first_name": "Nadia", "cohort": "Numérique du quotidien", "organisation": "Agence Roubaix Centre",
        "phone": "01 99 00 42 10", "address": "https://formation.exemple.fr",
    }  # fmt: skip

    def subject(self, details: dict[str, Any]) -> str:
        return _("Your training: %(cohort)s", cohort=details["cohort"])

    def paragraphs(self, details: dict[str, Any]) -> Sequence[str | Action]:
        said: list[str | Action] = [
            _("Hello %(first_name)s,", first_name=details["first_name"]),
            _("%(organisation)s has opened a training for you: “%(cohort)s”.", **_two(details, "organisation", "cohort")),
            _("You can follow it on a telephone, a tablet or a computer, whenever you want. What you do is kept."),
            Action(_("Open my training"), f"{details['address']}/sign-in"),
            _("The first time, choose “Forgotten password” on that page and type the address of this mail: you receive a link to choose your password."),
            _("If you have an access card, choose “I have a card” and type its six words."),
            _("Neither works? Ask the person who accompanies you for an access card: it takes two minutes."),
        ]  # fmt: skip
        if details.get("phone"):
            said.append(_("Any question? Call %(phone)s.", phone=details["phone"].replace(" ", "\u00a0")))
        return said


def _two(details: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: details[name] for name in names}
