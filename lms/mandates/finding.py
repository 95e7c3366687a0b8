"""The learner whom a mediator has beside them, found by what only they could have said. It is a question about one person, never a list."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, or_, select

from lms.core import journal
from lms.core.clock import now
from lms.core.db import session
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.core.i18n import ngettext
from lms.core.journal import Entry
from lms.mandates.models import Mandate
from lms.organisations.actor import Actor
from lms.organisations.queries import learners_in_hand
from lms.people.belonging import more_than_learners
from lms.people.models import Person, sorted_as

MOST_MISSES, AN_HOUR = 10, timedelta(hours=1)  #: questions of one mediator that found nobody
MOST_FORMS, A_DAY = (
    20,
    timedelta(days=1),
)  #: forms that one mediator draws up without having had people in sight
_MISSED = "mandate-nobody-found"


class AskedTooOften(Refused):
    """Whoever tries names and dates is stopped before they meet somebody."""

    status = 429


@dataclass(frozen=True, slots=True)
class Described:
    """What the learner says: both names, and a date of birth, a number, or both."""

    first_name: str
    last_name: str
    birth_date: date | None = None
    number: str = ""


def find(actor: Actor, said: Described) -> Person | None:
    """The one learner of the organisation in hand, or of one below it, who is described so; None: nobody, or two.

    What finds nobody is written down. Raises ``AskedTooOften``, and ``ValueError`` without date and number.
    """
    if not (said.birth_date or said.number):
        raise ValueError("a name alone finds nobody")
    _refuse_whoever_tries(actor)
    number = said.number.upper()
    ways = [Person.birth_date == said.birth_date] if said.birth_date else []
    if number:
        ways.append(
            or_(func.upper(Person.agency_identifier) == number, func.upper(Person.hr_number) == number)
        )
    found = select(Person).where(
        Person.tenant_id == actor.tenant_id,
        Person.sort_name == sorted_as(said.first_name, said.last_name),
        *ways,
        Person.archived_at.is_(None),
        Person.suspended_at.is_(None),
        Person.id.in_(learners_in_hand(actor)),
        Person.id.not_in(more_than_learners()),
    )
    rows = session.scalars(found.limit(2)).all()
    if len(rows) != 1:
        journal.note_refusal(_MISSED, actor, organisation=actor.organisation_id)
        return None
    return rows[0]


def _refuse_whoever_tries(actor: Actor) -> None:
    at = now()
    missed = select(func.count(Entry.id)).where(
        Entry.tenant_id == actor.tenant_id, Entry.person_id == actor.person_id, Entry.verb == _MISSED,
        Entry.at > at - AN_HOUR,
    )  # fmt: skip
    drawn = select(func.count(Mandate.id)).where(
        Mandate.tenant_id == actor.tenant_id, Mandate.holder_id == actor.person_id, Mandate.signed_at.is_(None),
        Mandate.made_at > at - A_DAY,
    )  # fmt: skip
    if (session.scalar(missed) or 0) >= MOST_MISSES:
        raise AskedTooOften(
            ngettext(
                "Nobody was found %(num)s time within an hour.",
                "Nobody was found %(num)s times within an hour.",
                MOST_MISSES,
            ),
            _("Wait an hour, or ask an adviser of the organisation how the person is written."),
        )
    if (session.scalar(drawn) or 0) >= MOST_FORMS:
        raise AskedTooOften(
            ngettext(
                "You prepared %(num)s form today that nobody signed.",
                "You prepared %(num)s forms today that nobody signed.",
                MOST_FORMS,
            ),
            _("Have them signed, or go on tomorrow."),
        )
