"""What became of wishes, by mail to those who have an address: one statement, however many there are."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import String, and_, cast, literal, select

from config import settings
from lms.core.clock import now
from lms.core.db import insert_new, session
from lms.core.post import Mail
from lms.enrolment.models import Cohort, Wish, WishState
from lms.enrolment.services.outgoing import JsonObject
from lms.organisations.models import Organisation
from lms.people.models import Person

NAME = "enrolment.wish_answer"


def write(cohort: Cohort, wish_ids: Sequence[int], outcome: WishState, turn: str = "") -> int:
    """A mail for each of these wishes: entered, waiting or refused; with the team's words, if it said any.

    ``turn``: the number of the batch that let them in; a wish may be answered again, each answer is a mail of its own.
    """
    if not wish_ids:
        return 0
    organisation = session.get_one(Organisation, cohort.organisation_id)
    said = {
        "outcome": outcome.value,
        "cohort": cohort.name,
        "organisation": organisation.name,
        "phone": organisation.help_phone,
        "address": settings.current().base_url,
    }
    details = JsonObject(
        literal("first_name"), Person.first_name, literal("answer"), Wish.answer,
        *(literal(part) for pair in said.items() for part in pair),
    )  # fmt: skip
    key = (
        literal("wish/")
        .concat(cast(Wish.id, String))
        .concat(literal(f"/{outcome.value}/{turn or _moment(now())}"))
    )
    rows = (
        select(
            Wish.tenant_id, key, Person.id, literal(NAME), Person.language, literal(organisation.zone), Person.email,
            details,
        )
        .join(Person, and_(Person.tenant_id == Wish.tenant_id, Person.id == Wish.person_id))
        .where(Wish.tenant_id == cohort.tenant_id, Wish.id.in_(wish_ids), Person.email.is_not(None))
    )  # fmt: skip
    columns = ["tenant_id", "key", "person_id", "kind", "language", "zone", "address", "details"]
    return insert_new(Mail, columns, rows)


def _moment(at: datetime) -> str:
    return str(int(at.timestamp() * 1_000_000))
