"""Learners who are something else too: managers, advisers."""

from typing import Any

from sqlalchemy import or_, select
from wtforms import SelectField

from lms.core.clock import now
from lms.core.db import AnySelect
from lms.core.i18n import gettext as _
from lms.core.i18n import lazy
from lms.enrolment.condition import Condition, ConditionForm, Kept, Said, Subject
from lms.enrolment.models import Cohort
from lms.organisations.actor import Actor
from lms.organisations.models import Membership, Role
from lms.organisations.roles import role_name

#: A partner or an auditor comes from elsewhere, and learners all are.
_OFFERED = (Role.MANAGER, Role.HR_MANAGER, Role.ADVISER, Role.TRAINER, Role.MEDIATOR, Role.ADMIN)


class RoleForm(ConditionForm):
    """Which role."""

    role = SelectField(lazy("Role"))


class HasRole(Condition):
    """A role besides learning."""

    name = "role"
    label = lazy("Role")
    subject = Subject.PERSON
    yes = lazy("Those who have this role too")
    no = lazy("Those who do not have this role")
    form = RoleForm

    def offer(self, form: Any, actor: Actor, cohort: Cohort) -> None:
        form.role.choices = [(one.value, role_name(one)) for one in _OFFERED]

    def keep(self, form: Any) -> Kept:
        return Kept({"role": form.role.data})

    def persons(self, said: Said) -> AnySelect:
        return select(Membership.person_id).where(
            Membership.tenant_id == said.tenant_id,
            Membership.role == Role(said.settings["role"]),
            or_(Membership.ends_at.is_(None), Membership.ends_at > now()),
        )

    def words(self, said: Said, is_not: bool) -> str:
        role = role_name(Role(said.settings["role"]))
        return (
            _("Does not have the role: %(role)s", role=role)
            if is_not
            else _("Has the role: %(role)s", role=role)
        )
