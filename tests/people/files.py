"""What the tests of people's files share."""

from lms.core import db
from lms.core.db import Mode, session
from lms.people import queries
from lms.people.models import Person
from lms.people.queries import PersonSearch
from tests.people.accounts import sign_in
from tests.support.page import Visitor
from tests.support.sight import everything
from tests.support.worlds import Corner, Someone


def person(person_id: int) -> Person:
    """The row as it is now."""
    with everything(Mode.READ):
        return session.get_one(Person, person_id)


def found(corner: Corner, who: Someone, **asked: object) -> list[int]:
    """Whom a search of this person finds."""
    from tests.house.test_kinds import actor

    name = next(name for name, one in corner.people.items() if one is who)
    with db.transaction(Mode.READ, corner.tenant_id):
        return [one.id for one in queries.persons_found(actor(corner, name), PersonSearch(**asked)).rows]  # type: ignore[arg-type]


def came_in(browser: Visitor, who: Someone) -> int:
    """What whoever signs in by a password gets."""
    sign_in(browser, who.login)
    assert browser.page is not None
    return browser.page.status
