"""To somebody who wanted to enter a cohort: they are in, on the waiting list, or may not, and why."""

from collections.abc import Sequence
from typing import Any, ClassVar

from lms.core.i18n import gettext as _
from lms.core.post import Action, Message


class WishAnswer(Message):
    """The answer; the team's own words stand as they were written."""

    name = "enrolment.wish_answer"
    example: ClassVar[dict[str, Any]] = {
        "first_name": "Nadia", "outcome": "refused", "cohort": "Numérique du quotidien",
        "organisation": "Agence Roubaix Centre", "answer": "Cette session suppose de savoir envoyer un mail.",
        "phone": "01 99 00 42 10", "address": "https://formation.exemple.fr",
    }  # fmt: skip

    def subject(self, details: dict[str, Any]) -> str:
        named = {"cohort": details["cohort"]}
        if details["outcome"] == "entered":
            return _("You are enrolled: %(cohort)s", **named)
        if details["outcome"] == "waiting":
            return _("You are on the waiting list: %(cohort)s", **named)
        return _("Your request: %(cohort)s", **named)

    def paragraphs(self, details: dict[str, Any]) -> Sequence[str | Action]:
        said: list[str | Action] = [
            _("Hello %(first_name)s,", first_name=details["first_name"]),
            _outcome(details),
        ]
        if details["answer"]:
            said.append(_("The team writes: %(answer)s", answer=details["answer"]))
        if details["outcome"] == "entered":
            said.append(Action(_("Open my training"), f"{details['address']}/learn"))
        else:
            said.append(Action(_("See my requests"), f"{details['address']}/enrolment"))
        if details.get("phone"):
            said.append(_("Any question? Call %(phone)s.", phone=details["phone"].replace(" ", "\u00a0")))
        return said


def _outcome(details: dict[str, Any]) -> str:
    named = {name: details[name] for name in ("organisation", "cohort")}
    if details["outcome"] == "entered":
        return _("%(organisation)s has a place for you: you are enrolled in “%(cohort)s”.", **named)
    if details["outcome"] == "waiting":
        return _(
            "%(organisation)s accepts your request for “%(cohort)s”, which is full. You are on the waiting list, and enter as soon as a place is free.",
            **named,
        )
    return _("%(organisation)s cannot enrol you in “%(cohort)s”.", **named)
