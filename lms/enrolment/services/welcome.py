"""The first mail to people who were enrolled: written for all of them at once, in the transaction that enrols them."""

from sqlalchemy import ColumnElement, String, and_, cast, literal, select

from config import settings
from lms.core.db import insert_new, session
from lms.core.post import Mail, Way
from lms.enrolment.models import Cohort, Member
from lms.enrolment.services import outgoing
from lms.notifications import queries as messages
from lms.organisations.models import Organisation
from lms.people.models import Person

NAME = "enrolment.welcome"


def write(cohort: Cohort, which: ColumnElement[bool]) -> int:
    """A mail to each of these members who has an address; the same membership never gets a second one."""
    organisation = session.get_one(Organisation, cohort.organisation_id)
    details = outgoing.made_of(
        first_name=Person.first_name,
        cohort=cohort.name,
        organisation=organisation.name,
        phone=organisation.help_phone,
        address=settings.current().base_url,
        **outgoing.own_words(messages.texts(cohort.tenant_id, [NAME]), messages.line_of(organisation), NAME),
    )
    rows = (
        select(
            Member.tenant_id,
            literal("welcome/").concat(cast(Member.id, String)),
            Person.id,
            literal(NAME),
            literal(Way.MAIL.value),
            literal(outgoing.about(cohort.id)),
            Person.language,
            literal(organisation.zone),
            Person.email,
            details,
        )
        .join(Person, and_(Person.tenant_id == Member.tenant_id, Person.id == Member.person_id))
        .where(Member.tenant_id == cohort.tenant_id, which, Person.email.is_not(None))
    )
    columns = [
        "tenant_id",
        "key",
        "person_id",
        "kind",
        "way",
        "about",
        "language",
        "zone",
        "address",
        "details",
    ]
    return insert_new(Mail, columns, rows)
