"""Where each role begins, and what the staff's header offers: the pages that their own policies open."""

from collections.abc import Callable
from dataclasses import dataclass

from lms.core.i18n import Lazy, lazy
from lms.courses.policies import may_list_courses
from lms.curricula.policies import may_list_curricula
from lms.enrolment.policies import may_list_cohorts
from lms.mandates.policies import may_find_learner
from lms.organisations.actor import STAFF, Actor
from lms.organisations.models import Role
from lms.organisations.policies import may_list_organisations
from lms.people.policies import may_list_people
from lms.reports.policies import may_report


@dataclass(frozen=True, slots=True)
class Entry:
    """A tab of the header, for those who may open it."""

    url: str
    icon: str
    label: Lazy
    may: Callable[[Actor], bool]


ENTRIES = (
    Entry("/cohorts", "users", lazy("Cohorts"), may_list_cohorts),
    Entry("/mandates", "users-group", lazy("Mandates"), may_find_learner),
    Entry("/people", "user", lazy("People"), may_list_people),
    Entry("/curricula", "route", lazy("Curricula"), may_list_curricula),
    Entry("/courses", "books", lazy("Courses"), may_list_courses),
    Entry("/reports", "table", lazy("Reports"), may_report),
    Entry("/organisations", "building", lazy("Organisation"), may_list_organisations),
)


def first_page(actor: Actor) -> str:
    """Where this person begins."""
    if actor.is_any(Role.ADMIN):
        return "/organisations"
    if actor.roles & STAFF == {Role.MEDIATOR}:
        return "/mandates"
    if actor.is_staff:
        return "/cohorts"
    return "/reports" if actor.is_any(Role.PARTNER) else "/learn"


def items(actor: Actor | None, path: str) -> list[tuple[str, str, str, bool]]:
    """Address, icon, label and whether one is there now, of each tab that this person may open."""
    if actor is None:
        return []
    return [
        (entry.url, entry.icon, str(entry.label), path == entry.url or path.startswith(f"{entry.url}/"))
        for entry in ENTRIES
        if entry.may(actor)
    ]
