"""Learners of agencies that are known by their number."""

import re
from typing import Any

from sqlalchemy import and_, or_, select
from wtforms import Field, StringField
from wtforms.validators import InputRequired, Length, ValidationError

from lms.core.clock import now
from lms.core.db import AnySelect
from lms.core.i18n import gettext as _
from lms.core.i18n import lazy
from lms.enrolment.condition import Condition, ConditionForm, Kept, Said, Subject
from lms.organisations.models import Membership, Organisation, Role

MOST = 200  #: numbers in one condition


class NumberForm(ConditionForm):
    """Numbers of agencies."""

    numbers = StringField(
        lazy("Numbers of agencies (SAFIR)"),
        [
            InputRequired(lazy("Give at least one number.")),
            Length(max=1300, message=lazy("This is too long.")),
        ],
        description=lazy("Five digits each. For example: 75012, 69007."),
    )

    def validate_numbers(self, field: Field) -> None:
        """Five digits each."""
        said = numbers(field.data or "")
        for one in said:
            if not re.fullmatch(r"\d{5}", one):
                raise ValidationError(
                    _("“%(typed)s” is no number of an agency: it has five digits.", typed=one)
                )
        if not said:
            raise ValidationError(_("Give at least one number."))
        if len(said) > MOST:
            raise ValidationError(_("Give at most %(most)s of them.", most=MOST))


class AgencyNumber(Condition):
    """The number of the agency in which somebody learns."""

    name = "agency-number"
    label = lazy("Number of an agency")
    subject = Subject.PLACE
    yes = lazy("Those of these agencies")
    no = lazy("Those of other agencies")
    form = NumberForm

    def keep(self, form: Any) -> Kept:
        return Kept({"numbers": numbers(form.numbers.data)})

    def persons(self, said: Said) -> AnySelect:
        at = and_(
            Organisation.tenant_id == Membership.tenant_id, Organisation.id == Membership.organisation_id
        )
        return (
            select(Membership.person_id)
            .join(Organisation, at)
            .where(
                Membership.tenant_id == said.tenant_id,
                Membership.role == Role.LEARNER,
                Organisation.safir.in_(said.settings["numbers"]),
                or_(Membership.ends_at.is_(None), Membership.ends_at > now()),
            )
        )

    def words(self, said: Said, is_not: bool) -> str:
        there = ", ".join(said.settings["numbers"])
        if is_not:
            return _("Not of an agency with the number: %(numbers)s", numbers=there)
        return _("Of an agency with the number: %(numbers)s", numbers=there)


def numbers(text: str) -> list[str]:
    """What was typed, one by one, in the order typed."""
    return list(dict.fromkeys(re.findall(r"[^\s,;]+", text)))
