"""Where each role begins, and what the staff's header offers."""

from dataclasses import dataclass

from lms.core.i18n import Lazy, lazy
from lms.organisations.actor import STAFF, Actor
from lms.organisations.models import Role


@dataclass(frozen=True, slots=True)
class Entry:
    """A tab of the header, for those whose roles may open it."""

    url: str
    icon: str
    label: Lazy
    roles: frozenset[Role]


_LISTERS = STAFF - {Role.MANAGER, Role.MEDIATOR}
ENTRIES = (
    Entry("/cohorts", "users", lazy("Cohorts"), STAFF | {Role.PARTNER}),
    Entry("/people", "user", lazy("People"), _LISTERS - {Role.TRAINER}),
    Entry("/curricula", "route", lazy("Curricula"), STAFF),
    Entry("/courses", "books", lazy("Courses"), STAFF),
    Entry("/reports", "table", lazy("Reports"), STAFF | {Role.PARTNER}),
    Entry("/organisations", "building", lazy("Organisation"), frozenset({Role.ADMIN})),
)


def first_page(actor: Actor) -> str:
    """Where this person begins."""
    if actor.is_any(Role.ADMIN):
        return "/organisations"
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
        if actor.roles & entry.roles
    ]
