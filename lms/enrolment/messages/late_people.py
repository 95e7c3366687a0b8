"""To whoever follows learners: who of them is late, all of them in one mail."""

from collections.abc import Sequence
from datetime import date
from typing import Any, ClassVar

from lms.core.i18n import day, lazy, ngettext
from lms.core.i18n import gettext as _
from lms.core.post import Action, Facts, Message, Part
from lms.notifications.topics import DIGESTS
from lms.notifications.worded import Worded


class LatePeople(Worded, Message):
    """The copy of the adviser or manager. ``people`` is a list of [name, number of courses, oldest last day]."""

    name = "enrolment.late_people"
    order = 5
    topic = DIGESTS
    label = lazy("Copy for whoever follows learners")
    when = lazy("Once a week or once a day, as chosen: all who are late, in one mail.")
    places = {
        "first_name": lazy("first name"),
        "organisation": lazy("organisation"),
        "people": lazy("number of people"),
    }
    example: ClassVar[dict[str, Any]] = {
        "first_name": "Claire", "organisation": "Agence Roubaix Centre", "address": "https://formation.exemple.fr", "number": 3,
        "people": [["Nadia Benali", 2, "2026-11-20"], ["Jean Martin", 1, "2026-11-24"]],
    }  # fmt: skip
    house_subject = lazy("{number of people} late")
    house_body = lazy(
        "Hello {first name},\n\nHere is who is late among the people whom you follow: {number of people}. "
        "They were reminded; a call often does more."
    )

    def values(self, details: dict[str, Any]) -> dict[str, str]:
        number = ngettext("%(num)s person", "%(num)s people", details["number"])
        said = {name: str(details.get(name) or "") for name in ("first_name", "organisation")}
        return {**said, "people": number}

    def always(self, details: dict[str, Any]) -> Sequence[Part]:
        people = tuple((name, _late(number, last)) for name, number, last in details["people"])
        said: list[Part] = [Facts(people)]
        if more := details["number"] - len(people):
            said.append(ngettext("And %(num)s other person.", "And %(num)s other people.", more))
        said.append(Action(_("See who is late"), f"{details['address']}/cohorts?due=past"))
        return said


def _late(number: int, last: str) -> str:
    return ngettext(
        "%(num)s course, since %(day)s", "%(num)s courses, the first since %(day)s", number,
        day=day(date.fromisoformat(last)),
    )  # fmt: skip
