"""Learners of a unit, and of all that lies below it."""

from typing import Any

from sqlalchemy import or_, select
from wtforms import SelectField

from lms.core.clock import now
from lms.core.db import AnySelect
from lms.core.i18n import gettext as _
from lms.core.i18n import lazy
from lms.enrolment.condition import Condition, ConditionForm, Kept, Said, Subject
from lms.enrolment.models import Cohort
from lms.organisations import queries as organisations
from lms.organisations.actor import Actor
from lms.organisations.models import Membership, Role


class UnitForm(ConditionForm):
    """Which unit."""

    unit = SelectField(lazy("Unit"), coerce=int)


class Unit(Condition):
    """A place in the tree."""

    name = "unit"
    label = lazy("Agency, site or unit")
    subject = Subject.PLACE
    yes = lazy("Those who learn in this unit, or below it")
    no = lazy("Those who do not learn in this unit, nor below it")
    form = UnitForm

    def offer(self, form: Any, actor: Actor, cohort: Cohort) -> None:
        form.unit.choices = [(one.id, one.name) for one in organisations.open_places(actor)]

    def keep(self, form: Any) -> Kept:
        return Kept(organisation_id=form.unit.data)

    def persons(self, said: Said) -> AnySelect:
        there = organisations.below(said.tenant_id, said.organisation_id or 0)
        return select(Membership.person_id).where(
            Membership.tenant_id == said.tenant_id,
            Membership.role == Role.LEARNER,
            Membership.organisation_id.in_(there),
            or_(Membership.ends_at.is_(None), Membership.ends_at > now()),
        )

    def words(self, said: Said, is_not: bool) -> str:
        if is_not:
            return _("Does not learn in %(unit)s, nor below it", unit=said.called)
        return _("Learns in %(unit)s, or below it", unit=said.called)
