"""To somebody whose course ends soon, or should have ended: one mail for all their courses."""

from collections.abc import Sequence
from datetime import date
from typing import Any, ClassVar

from lms.core.i18n import day, lazy, ngettext
from lms.core.i18n import gettext as _
from lms.core.post import Action, Facts, Message, Part
from lms.notifications.topics import REMINDERS
from lms.notifications.worded import Worded


class _Digest(Worded):
    """What both have in common: ``courses`` is a list of [title, last day, whether it is past]."""

    topic = REMINDERS
    places = {
        "first_name": lazy("first name"),
        "organisation": lazy("organisation"),
        "courses": lazy("number of courses"),
        "first": lazy("nearest day"),
        "phone": lazy("telephone for help"),
    }
    example: ClassVar[dict[str, Any]] = {
        "first_name": "Nadia", "organisation": "Agence Roubaix Centre", "phone": "01 99 00 42 10", "address": "https://formation.exemple.fr",
        "courses": [["Écrire un courriel", "2026-11-20", True], ["Les mots de passe", "2026-12-04", False]],
    }  # fmt: skip

    def values(self, details: dict[str, Any]) -> dict[str, str]:
        courses = details["courses"]
        number = ngettext("%(num)s course", "%(num)s courses", len(courses))
        first = day(date.fromisoformat(min(last for _title, last, _late in courses)))
        said = {name: str(details.get(name) or "") for name in ("first_name", "organisation")}
        phone = str(details.get("phone") or "").replace(" ", "\u00a0")
        return {**said, "phone": phone, "courses": number, "first": first}

    def always(self, details: dict[str, Any]) -> Sequence[Part]:
        said: list[Part] = [
            Facts(tuple((title, _until(last, late)) for title, last, late in details["courses"])),
            Action(_("Go on with my training"), f"{details['address']}/learn"),
        ]
        if details.get("phone"):
            phone = details["phone"].replace(" ", "\u00a0")
            said.append(_("Something stops you? Call %(phone)s: we look for a way together.", phone=phone))
        return said


class DueSoon(_Digest, Message):
    """Before the last day."""

    name = "enrolment.due_soon"
    order = 3
    label = lazy("Due soon")
    when = lazy("So many days before the last day of a course: once.")
    house_subject = lazy("Your training ends soon: {number of courses}")
    house_body = lazy(
        "Hello {first name},\n\nThere is still time: here is what is to be finished soon. "
        "You go on where you stopped, and what you did is kept."
    )


class Overdue(_Digest, Message):
    """When the last day is past."""

    name = "enrolment.overdue"
    order = 4
    label = lazy("Overdue")
    when = lazy("The day after the last day, then each week: three times at most.")
    house_subject = lazy("The last day of your training is past")
    house_body = lazy(
        "Hello {first name},\n\nThe last day is past, and something is left to be done. It is not lost: "
        "you can go on where you stopped."
    )


def _until(last: str, is_late: bool) -> str:
    when = day(date.fromisoformat(last))
    if is_late:
        return _("was to be finished by %(day)s", day=when)
    return _("to be finished by %(day)s", day=when)
