"""To somebody who is asked to begin a training at a distance: what, when, where, with what, and whom to call."""

from collections.abc import Sequence
from datetime import date
from typing import Any, ClassVar

from lms.core.i18n import day, lazy
from lms.core.i18n import gettext as _
from lms.core.post import Action, Facts, Message, Part
from lms.enrolment.messages.getting_in import getting_in, getting_in_by_card
from lms.notifications.worded import Worded


class Convocation(Worded, Message):
    """The convocation of a training at a distance. What it must say stands below any text, and nobody takes it out."""

    name = "enrolment.convocation"
    order = 2
    label = lazy("Convocation")
    when = lazy("When the staff convoke people, within the hours chosen.")
    places = {
        "first_name": lazy("first name"),
        "name": lazy("first and last name"),
        "cohort": lazy("cohort"),
        "organisation": lazy("organisation"),
        "starts": lazy("first day"),
        "ends": lazy("last day"),
        "phone": lazy("telephone for help"),
        "address": lazy("address of the training"),
    }
    example: ClassVar[dict[str, Any]] = {
        "first_name": "Nadia", "name": "Nadia Benali", "cohort": "Numérique du quotidien", "organisation": "Agence Roubaix Centre",
        "starts": "2026-12-07", "ends": "2027-01-29", "phone": "01 99 00 42 10", "hours": "du lundi au vendredi, de 9 h à 17 h",
        "address": "https://formation.exemple.fr", "programme": "Les bases du numérique\nÉcrire un courriel", "trainers": "Tony Duval",
        "disability_contact": "Lise Martin, 01 99 00 42 11", "equipment": "", "rules_url": "https://exemple.fr/reglement",
        "booklet_url": "https://exemple.fr/livret", "body_address": "12 rue de la Gare, 59100 Roubaix",
    }  # fmt: skip
    house_subject = lazy("Your training begins: {cohort}")
    house_body = lazy(
        "Hello {first name},\n\n{organisation} invites you to the training “{cohort}”. It takes place at a distance: "
        "you follow it where you are, on a telephone, a tablet or a computer.\n\n"
        "Please keep this message: it says when it begins, how to get in, and whom to call."
    )
    house_short = lazy(
        "{first name}, {organisation} invites you to the training “{cohort}” from {first day}. "
        "To get in: {address of the training}. Help: {telephone for help}"
    )

    def values(self, details: dict[str, Any]) -> dict[str, str]:
        said = {name: str(details.get(name) or "") for name in self.places}
        soon = _("the day that suits you")
        dates = {name: _day(details.get(name)) or soon for name in ("starts", "ends")}
        return {**said, **dates, "phone": said["phone"].replace(" ", "\u00a0")}

    def always(self, details: dict[str, Any]) -> Sequence[Part]:
        return [
            Facts(facts(details)),
            Action(_("Open my training"), f"{details['address']}/sign-in"),
            *getting_in(),
        ]

    def on_paper(self, details: dict[str, Any]) -> tuple[list[str], Facts, list[str]]:
        """The text, the facts, and how to get in, for a letter."""
        return self.text(details), Facts(facts(details)), getting_in_by_card()


def facts(details: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """What a convocation must say, as far as it is known: label and value."""
    help_by = [part for part in (details.get("phone"), details.get("hours")) if part]
    own_equipment = _("A telephone, a tablet or a computer with an up-to-date web browser, and access to the Internet. Sound for the films. Nothing needs to be installed.")  # fmt: skip
    pairs = (
        (_("Person convoked"), details.get("name")),
        (_("Training"), details.get("cohort")),
        (_("Programme"), details.get("programme")),
        (_("First day"), _day(details.get("starts"))),
        (_("Last day"), _day(details.get("ends"))),
        (_("Timetable"), _("At a distance, at the hours that you choose, up to the last day.")),
        (_("Where"), details.get("address")),
        (_("What you need"), details.get("equipment") or own_equipment),
        (_("Trainer"), details.get("trainers")),
        (_("Help, technical or with the course"), ", ".join(help_by).replace(" ", "\u00a0", 4)),
        (_("You have a disability: whom to call"), details.get("disability_contact")),
        (_("Rules of the training"), details.get("rules_url")),
        (_("Welcome booklet"), details.get("booklet_url")),
        (
            _("Organised by"),
            "\n".join(filter(None, (details.get("organisation"), details.get("body_address")))),
        ),
    )
    return tuple((label, value) for label, value in pairs if value)


def _day(written: str | None) -> str:
    return day(date.fromisoformat(written[:10])) if written else ""
