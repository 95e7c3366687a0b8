"""What somebody does for a living, or instead of one."""

from typing import Any

from sqlalchemy import select
from wtforms import SelectField

from lms.core.db import AnySelect
from lms.core.i18n import Lazy, lazy
from lms.core.i18n import gettext as _
from lms.enrolment.condition import Condition, ConditionForm, Kept, Said, Subject
from lms.enrolment.models import Cohort
from lms.organisations.actor import Actor
from lms.people.models import Person, Situation

_WORDS: dict[Situation, Lazy] = {
    Situation.JOB_SEEKER: lazy("job seeker"),
    Situation.EMPLOYEE: lazy("employee"),
    Situation.APPRENTICE: lazy("apprentice"),
    Situation.SELF_EMPLOYED: lazy("self-employed person"),
    Situation.OTHER: lazy("other situation"),
}


class SituationForm(ConditionForm):
    """Which one."""

    situation = SelectField(lazy("Situation"))


class InSituation(Condition):
    """Job seekers, employees, apprentices."""

    name = "situation"
    label = lazy("Situation")
    subject = Subject.PERSON
    yes = lazy("Those who are in this situation")
    no = lazy("Those who are in another situation")
    form = SituationForm

    def offer(self, form: Any, actor: Actor, cohort: Cohort) -> None:
        form.situation.choices = [(one.value, str(word)) for one, word in _WORDS.items()]

    def keep(self, form: Any) -> Kept:
        return Kept({"situation": form.situation.data})

    def persons(self, said: Said) -> AnySelect:
        return select(Person.id).where(
            Person.tenant_id == said.tenant_id, Person.situation == Situation(said.settings["situation"])
        )

    def words(self, said: Said, is_not: bool) -> str:
        word = str(_WORDS[Situation(said.settings["situation"])])
        return (
            _("Situation other than: %(word)s", word=word) if is_not else _("Situation: %(word)s", word=word)
        )
