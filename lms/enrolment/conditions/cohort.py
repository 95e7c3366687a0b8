"""People who are in another cohort."""

from typing import Any

from sqlalchemy import select
from wtforms import SelectField

from lms.core.db import AnySelect
from lms.core.i18n import gettext as _
from lms.core.i18n import lazy
from lms.enrolment.condition import Condition, ConditionForm, Kept, Said, Subject
from lms.enrolment.models import Cohort, Member
from lms.enrolment.queries import target_cohorts
from lms.enrolment.queries.standing import is_there
from lms.organisations.actor import Actor


class CohortForm(ConditionForm):
    """Which cohort."""

    cohort = SelectField(lazy("Cohort"), coerce=int)


class InCohort(Condition):
    """A place in another cohort."""

    name = "cohort"
    label = lazy("Another cohort")
    subject = Subject.TRAINING
    yes = lazy("Those who are in this cohort")
    no = lazy("Those who are not in this cohort")
    form = CohortForm

    def offer(self, form: Any, actor: Actor, cohort: Cohort) -> None:
        form.cohort.choices = [(one.id, one.name) for one in target_cohorts(actor, cohort)]

    def keep(self, form: Any) -> Kept:
        return Kept(cohort_id=form.cohort.data)

    def persons(self, said: Said) -> AnySelect:
        return select(Member.person_id).where(
            Member.tenant_id == said.tenant_id, Member.cohort_id == said.cohort_id, is_there()
        )

    def words(self, said: Said, is_not: bool) -> str:
        if is_not:
            return _("Is not in the cohort “%(name)s”", name=said.called)
        return _("Is in the cohort “%(name)s”", name=said.called)
