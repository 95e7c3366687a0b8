"""Learners whom an adviser or a manager follows."""

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


class FollowerForm(ConditionForm):
    """Who follows them."""

    follower = SelectField(lazy("Adviser or manager"), coerce=int)


class Follower(Condition):
    """Somebody who accompanies."""

    name = "follower"
    label = lazy("Adviser or manager who follows")
    subject = Subject.PLACE
    yes = lazy("Those whom this person follows")
    no = lazy("Those whom this person does not follow")
    form = FollowerForm

    def offer(self, form: Any, actor: Actor, cohort: Cohort) -> None:
        team = organisations.followers_to_choose(actor)
        form.follower.choices = [(one.id, f"{one.first_name} {one.last_name}") for one in team]

    def keep(self, form: Any) -> Kept:
        return Kept(person_id=form.follower.data)

    def persons(self, said: Said) -> AnySelect:
        return select(Membership.person_id).where(
            Membership.tenant_id == said.tenant_id,
            Membership.role == Role.LEARNER,
            Membership.follower_id == said.person_id,
            or_(Membership.ends_at.is_(None), Membership.ends_at > now()),
        )

    def words(self, said: Said, is_not: bool) -> str:
        if is_not:
            return _("Is not followed by %(name)s", name=said.called)
        return _("Is followed by %(name)s", name=said.called)
