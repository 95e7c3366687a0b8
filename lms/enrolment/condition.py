"""The contract of conditions of a cohort's rule: one file each, in ``conditions/`` of this room or of a higher one.

A condition answers with a SELECT of persons, never with a list: a rule of ten thousand people is a handful of statements.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar

from wtforms import Form, RadioField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs

from lms.core.db import AnySelect
from lms.core.i18n import Lazy
from lms.core.i18n import gettext as _
from lms.core.kinds import Kind
from lms.enrolment.models import Cohort
from lms.organisations.actor import Actor

_FIRST, _LAST = date(1900, 1, 1), date(2100, 12, 31)


class Subject(enum.StrEnum):
    """What conditions are about, in the order in which a page offers them."""

    PLACE = "place"
    PERSON = "person"
    TRAINING = "training"


@dataclass(frozen=True, slots=True)
class Said:
    """What a condition was told. ``settings`` are plain values; what it names is a link, with the name of today."""

    tenant_id: int
    #: Where days begin and end.
    zone: str = "Europe/Paris"
    settings: Mapping[str, Any] = field(default_factory=dict)
    organisation_id: int | None = None
    person_id: int | None = None
    course_id: int | None = None
    cohort_id: int | None = None
    #: Name of the organisation, person, course or cohort; empty where none is named.
    called: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """What a form comes to: columns of ``RuleCondition``."""

    settings: Mapping[str, Any] = field(default_factory=dict)
    organisation_id: int | None = None
    person_id: int | None = None
    course_id: int | None = None
    cohort_id: int | None = None


def of_our_time(_form: Any, field: Any) -> None:
    """A day with which one can reckon: for fields of days."""
    if field.data and not _FIRST <= field.data <= _LAST:
        raise ValidationError(_("Give a day between 1900 and 2100."))


class ConditionForm(Form):
    """What every condition asks: whether it means those whom it describes, or all others."""

    is_not = RadioField(validate_choice=True, default="")


class Condition(Kind):
    """A family of reasons to be in a cohort."""

    #: What rows are kept under.
    name: ClassVar[str] = ""
    #: ``Place of learning``: what it is about.
    label: ClassVar[Lazy]
    #: Among which others the page offers it.
    subject: ClassVar[Subject]
    #: ``Learns in this unit`` and ``Does not learn in this unit``: what its form asks to choose between.
    yes: ClassVar[Lazy]
    no: ClassVar[Lazy]
    #: A subclass of ``ConditionForm`` with its own fields.
    form: ClassVar[type[ConditionForm]] = ConditionForm

    def offer(self, form: Any, actor: Actor, cohort: Cohort) -> None:
        """Fill the choices of the form with what the actor has in sight, and nothing else: what is not offered is refused."""

    def keep(self, form: Any) -> Kept:
        """What a valid form comes to."""
        raise NotImplementedError

    def persons(self, said: Said) -> AnySelect:
        """Ids of the persons of this tenant whom it describes; one column, never NULL. Who is in sight is not its business."""
        raise NotImplementedError

    def words(self, said: Said, is_not: bool) -> str:
        """The condition as one reads it: ``Learns in Agency of Lyon, or below it``."""
        raise NotImplementedError

    def asked(self, data: Any, actor: Actor, cohort: Cohort) -> Any:
        """Its form, filled with ``data`` (what a request sent, or None)."""
        form = self.form(data)
        form.is_not.choices = [SelectChoice("", str(self.yes)), SelectChoice("1", str(self.no))]
        self.offer(form, actor, cohort)
        return form


def kinds() -> dict[Subject, list[Condition]]:
    """One of each, by what they are about; within that, the lowest room first."""
    found: dict[Subject, list[Condition]] = {subject: [] for subject in Subject}
    for kind in Condition.registered.values():
        found[kind.subject].append(kind())
    return found


def named(name: str) -> Condition | None:
    """The condition of this name."""
    kind = Condition.registered.get(name)
    return kind() if kind else None
