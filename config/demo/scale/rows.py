"""Rows of many tables, gathered as tuples and written at once, parents before children."""

from typing import Any

from lms.core import bulk
from lms.core.db import Model
from lms.enrolment.models import Batch, Cohort, CohortCourse, Enrolment, Member
from lms.organisations.models import Membership
from lms.people.models import Account, Person
from lms.progress.models import LearningEvent, Standing

#: What is written of each table, in the order of the values; and in which order the tables are.
COLUMNS: dict[type[Model], str] = {
    Account: "id login password_hash email language created_at",
    Person: "id tenant_id account_id first_name last_name sort_name email phone birth_date postcode agency_identifier "
    "situation language created_at",
    Membership: "tenant_id person_id sort_name organisation_id role follower_id created_at",
    Cohort: "id tenant_id organisation_id name sort_name curriculum_id starts_on due_on funder scheme agreement created_at",
    CohortCourse: "tenant_id cohort_id course_id position",
    Batch: "id tenant_id organisation_id cohort_id cohort_name kind at file_name file_sha256 total imported updated ignored invalid",
    Member: "id tenant_id cohort_id person_id batch_id state action_number session_number enters_on leaves_on funder "
    "scheme agency adviser siret steps_done steps_total seconds last_at joined_at convoked_at entered_at suspended_at completed_at withdrawn_at "
    "withdrawal_reason",
    Enrolment: "id tenant_id member_id cohort_id person_id course_id batch_id position attempt due_on steps_done "
    "steps_total score seconds started_at last_at completed_at suspended_at withdrawn_at",
    Standing: "tenant_id enrolment_id activity_id state score seconds started_at last_at done_at",
    LearningEvent: "tenant_id enrolment_id number activity_id verb at seconds details hash",
}


class Rows:
    """Rows that are not written yet."""

    def __init__(self) -> None:
        self._of: dict[type[Model], list[tuple[Any, ...]]] = {table: [] for table in COLUMNS}

    def add(self, table: type[Model], *values: Any) -> None:
        """One more row; ``values`` are those of ``COLUMNS``."""
        self._of[table].append(values)

    def number(self, table: type[Model]) -> int:
        """How many there are of a table."""
        return len(self._of[table])

    def write(self) -> None:
        """Into the database, in the transaction in hand."""
        for table, some in self._of.items():
            if some:
                bulk.write(table, COLUMNS[table].split(), some)
