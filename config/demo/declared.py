"""What the demo's agency typed in in Kairos already: all but what came due of late."""

from datetime import date

from lms.enrolment import queries
from lms.enrolment.queries import DeclarationFilter
from lms.enrolment.services import declare
from lms.organisations.actor import Actor
from lms.organisations.models import Organisation, Role
from lms.people.models import Person


def declare_until(day: date, adviser: Person, agency: Organisation) -> None:
    """Tick off what was due before ``day``, as this adviser of the agency."""
    by = Actor(
        account_id=adviser.account_id or 0, person_id=adviser.id, sign_in_id=0, tenant_id=agency.tenant_id,
        organisation_id=agency.id, organisation_name=agency.name, first_name=adviser.first_name,
        name=adviser.last_name, roles=frozenset({Role.ADVISER}),
    )  # fmt: skip
    lines, _planned = queries.declarations_in_full(by, DeclarationFilter())
    declare([line for line in lines if line.due_on and line.due_on < day], by=by)
