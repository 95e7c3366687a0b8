"""A cohort is given to a trainer, who then sees its people; or taken away again."""

from typing import Any

from sqlalchemy import delete

from lms.core import db, journal
from lms.core.clock import now
from lms.core.db import session
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.enrolment.models import Cohort, CohortTrainer
from lms.enrolment.queries.teaching import trainers_of


class NoSuchTrainer(Refused):
    """A cohort is taught by trainers of its organisation, or of one above it."""

    status = 422


def let_teach(cohort: Cohort, person_id: int, by: Any = None) -> None:
    """Give the cohort to a trainer. Raises ``NoSuchTrainer``."""
    known = trainers_of(cohort)
    if session.execute(known.where(known.selected_columns[0] == person_id).limit(1)).first() is None:
        raise NoSuchTrainer(_("This person does not teach here."), _("Choose a trainer in the list."))
    values = {
        "tenant_id": cohort.tenant_id, "cohort_id": cohort.id, "person_id": person_id, "created_at": now()
    }  # fmt: skip
    session.execute(db.as_written(CohortTrainer, values, ["tenant_id", "cohort_id", "person_id"]))
    journal.note("cohort-given", by, tenant_id=cohort.tenant_id, cohort=cohort.id, person=person_id)


def stop_teaching(cohort: Cohort, person_id: int, by: Any = None) -> None:
    """From the next request on, its people are out of the trainer's sight."""
    theirs = (
        CohortTrainer.tenant_id == cohort.tenant_id,
        CohortTrainer.cohort_id == cohort.id,
        CohortTrainer.person_id == person_id,
    )
    gone = delete(CohortTrainer).where(*theirs).returning(CohortTrainer.id)
    if session.execute(gone.execution_options(synchronize_session=False)).all():
        journal.note("cohort-taken-away", by, tenant_id=cohort.tenant_id, cohort=cohort.id, person=person_id)
