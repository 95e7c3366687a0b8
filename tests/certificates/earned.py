"""What these tests share: completed courses."""

from datetime import UTC, datetime

from sqlalchemy import update

from lms.certificates import services
from lms.certificates.models import Certificate
from lms.core import db
from lms.core.db import session
from lms.enrolment.models import Enrolment
from tests.support.worlds import Corner, Someone

BEGUN = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
DONE = datetime(2026, 12, 18, 15, 30, tzinfo=UTC)


def complete(corner: Corner, *people: Someone) -> list[int]:
    """Let these people (or everybody) have completed their courses; the ids of the enrolments."""
    ids = [one.person_id for one in people]
    with db.transaction(tenant_id=corner.tenant_id):
        change = (
            update(Enrolment)
            .where(Enrolment.tenant_id == corner.tenant_id)
            .values(
                steps_done=Enrolment.steps_total,
                started_at=BEGUN,
                last_at=DONE,
                completed_at=DONE,
                score=80,
                seconds=1500,
            )
            .returning(Enrolment.id)
        )
        return list(session.scalars(change.where(Enrolment.person_id.in_(ids)) if ids else change))


def certified(corner: Corner, who: Someone) -> Certificate:
    """The certificate of somebody who has completed the course, not drawn yet."""
    enrolments = complete(corner, who)
    with db.transaction(tenant_id=corner.tenant_id):
        (made,) = services.issue(corner.tenant_id, enrolments)
        found = session.get(Certificate, made)
        assert found is not None
        session.expunge(found)  # as it was issued: the next transaction would ask again
    return found


def drawn(corner: Corner, who: Someone) -> tuple[Certificate, bytes]:
    """The same with its PDF, and the PDF."""
    from lms.core import files

    certificate = certified(corner, who)
    made = services.draw([services.sheet_of(certificate)])
    with db.transaction(tenant_id=corner.tenant_id):
        services.keep(corner.tenant_id, made)
    with files.storage().open(made[0].key) as pdf:
        return certificate, pdf.read()
