"""To somebody who was just enrolled: where to go, and how to get in."""

from collections.abc import Sequence
from typing import Any, ClassVar

from lms.core.i18n import gettext as _
from lms.core.i18n import lazy
from lms.core.post import Action, Message, Part
from lms.enrolment.messages.getting_in import getting_in
from lms.notifications.worded import Worded


class Welcome(Worded, Message):
    """The first mail: it holds no secret, so it may be read by whoever shares the address."""

    name = "enrolment.welcome"
    order = 1
    label = lazy("Welcome")
    when = lazy("To whoever is enrolled, at once.")
    places = {
        "first_name": lazy("first name"),
        "cohort": lazy("cohort"),
        "organisation": lazy("organisation"),
        "phone": lazy("telephone for help"),
    }
    example: ClassVar[dict[str, Any]] = {
        "first_name": "Nadia", "cohort": "Numérique du quotidien", "organisation": "Agence Roubaix Centre",
        "phone": "01 99 00 42 10", "address": "https://formation.exemple.fr",
    }  # fmt: skip
    house_subject = lazy("Your training: {cohort}")
    house_body = lazy(
        "Hello {first name},\n\n{organisation} has opened a training for you: “{cohort}”.\n\n"
        "You can follow it on a telephone, a tablet or a computer, whenever you want. What you do is kept."
    )

    def values(self, details: dict[str, Any]) -> dict[str, str]:
        return {name: str(details.get(name) or "") for name in self.places}

    def always(self, details: dict[str, Any]) -> Sequence[Part]:
        said: list[Part] = [
            Action(_("Open my training"), f"{details['address']}/sign-in"), *getting_in(),
        ]  # fmt: skip
        if details.get("phone"):
            said.append(_("Any question? Call %(phone)s.", phone=details["phone"].replace(" ", "\u00a0")))
        return said
