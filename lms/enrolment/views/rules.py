"""The rule of a cohort: its conditions, what it would do, and why somebody is in."""

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lms.core import db, journal
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.core.web import actor, row_number
from lms.enrolment import condition as conditions
from lms.enrolment import policies, queries
from lms.enrolment.forms.rules import SUBJECT_WORDS, RuleForm
from lms.enrolment.models import Cohort, Joins, Rule
from lms.enrolment.queries import rules as asked
from lms.enrolment.queries.rules import Whose
from lms.enrolment.services import rule_people, rules
from lms.enrolment.services.why import Verdict, why
from lms.enrolment.views import room


@room.get("/cohorts/<int:cohort_id>/rule", may=policies.may_set_rules, on=queries.cohort_in_hand)
def rule(cohort: Cohort) -> ResponseReturnValue:
    kept = asked.rule_of(cohort)
    return _rule_page(cohort, RuleForm(formdata=None, obj=kept), kept)


@room.post("/cohorts/<int:cohort_id>/rule", may=policies.may_set_rules, on=queries.cohort_in_hand)
def keep_rule(cohort: Cohort) -> ResponseReturnValue:
    form = RuleForm()
    if not form.validate():
        return _rule_page(cohort, form, asked.rule_of(cohort)), 422
    rules.keep_rule(
        cohort, Joins(form.joins.data), removes=form.removes.data, removes_begun=form.removes_begun.data,
        by=actor(),
    )  # fmt: skip
    flash(_("The rule is kept.\nLook at the rehearsal before you switch it on."), "done")
    return _back(cohort)


@room.get("/cohorts/<int:cohort_id>/rule/add", may=policies.may_set_rules, on=queries.cohort_in_hand)
def condition_form(cohort: Cohort) -> ResponseReturnValue:
    kind = conditions.named(request.args.get("kind", "")) or abort(404)
    return _condition_page(cohort, kind, kind.asked(None, actor(), cohort))


@room.post("/cohorts/<int:cohort_id>/rule/add", may=policies.may_set_rules, on=queries.cohort_in_hand)
def add_condition(cohort: Cohort) -> ResponseReturnValue:
    kind = conditions.named(request.form.get("kind", "")) or abort(404)
    form = kind.asked(request.form, actor(), cohort)
    if not form.validate():
        return _condition_page(cohort, kind, form), 422
    try:
        rules.add_condition(cohort, kind.name, kind.keep(form), is_not=bool(form.is_not.data), by=actor())
    except Refused as refusal:
        db.rollback()
        return _condition_page(cohort, kind, form, refusal), refusal.status
    flash(_("The condition is added.\nLook at the rehearsal before you switch the rule on."), "done")
    return _back(cohort)


@room.post("/cohorts/<int:cohort_id>/rule/remove", may=policies.may_set_rules, on=queries.cohort_in_hand)
def remove_condition(cohort: Cohort) -> ResponseReturnValue:
    if rules.remove_condition(cohort, request.form.get("condition", 0, type=row_number), actor()):
        flash(_("The condition is taken away.\nLook at the rehearsal before you switch the rule on."), "done")
    return _back(cohort)


@room.get("/cohorts/<int:cohort_id>/rule/rehearsal", may=policies.may_set_rules, on=queries.cohort_in_hand)
def rehearsal(cohort: Cohort) -> ResponseReturnValue:
    kept, who = asked.rule_of(cohort), actor()
    if kept is None:
        return _back(cohort)
    ready = rule_people.plan(kept, cohort, _owner(kept))
    return render_template(
        "enrolment/rule_rehearsal.html",
        cohort=cohort,
        rule=kept,
        plan=ready,
        found=rule_people.rehearse(ready, who),
        is_own=ready.owner.person_id == who.person_id,
    )


@room.post("/cohorts/<int:cohort_id>/rule/start", may=policies.may_set_rules, on=queries.cohort_in_hand)
def switch_on(cohort: Cohort) -> ResponseReturnValue:
    job = rules.switch_on(cohort, actor())
    flash(_("The rule is on.\nIt works now, and every night from now on."), "done")
    return redirect(url_for("core.job", job_id=job.id))


@room.post("/cohorts/<int:cohort_id>/rule/stop", may=policies.may_set_rules, on=queries.cohort_in_hand)
def switch_off(cohort: Cohort) -> ResponseReturnValue:
    rules.switch_off(cohort, actor())
    flash(_("The rule is off.\nWhoever is in the cohort stays there."), "done")
    return _back(cohort)


@room.post("/cohorts/<int:cohort_id>/rule/run", may=policies.may_set_rules, on=queries.cohort_in_hand)
def run_now(cohort: Cohort) -> ResponseReturnValue:
    kept = asked.rule_of(cohort)
    if kept is None or kept.on_since is None:
        flash(_("The rule is off: it did nothing."), "attention")
        return _back(cohort)
    return redirect(url_for("core.job", job_id=rules.ask_to_run(kept, actor()).id))


@room.get("/cohorts/<int:cohort_id>/rule/why", may=policies.may_set_rules, on=queries.cohort_in_hand)
def whose(cohort: Cohort) -> ResponseReturnValue:
    words = request.args.get("q", "")
    return render_template(
        "enrolment/rule_whose.html", cohort=cohort, words=words, people=asked.people_called(actor(), words)
    )


@room.get(
    "/cohorts/<int:cohort_id>/rule/why/<int:person_id>", may=policies.may_set_rules, on=asked.asked_about
)
def why_in(found: Whose) -> ResponseReturnValue:
    kept = asked.rule_of(found.cohort)
    if kept is None:
        return _back(found.cohort)
    journal.read(actor(), found.person.id, "progress")
    ready = rule_people.plan(kept, found.cohort, _owner(kept))
    told = why(ready, found.person.id)
    return render_template(
        "enrolment/rule_why.html",
        cohort=found.cohort,
        person=found.person,
        rule=kept,
        why=told,
        Verdict=Verdict,
    )


def _owner(kept: Rule) -> Any:
    """Whose eyes the rule looks with: its owner's while it is on, else those of whoever would switch it on."""
    return (asked.owner_of(kept) if kept.on_since else None) or actor()


def _back(cohort: Cohort) -> ResponseReturnValue:
    return redirect(url_for("enrolment.rule", cohort_id=cohort.id))


def _rule_page(cohort: Cohort, form: RuleForm, kept: Rule | None) -> str:
    return render_template(
        "enrolment/rule.html",
        cohort=cohort,
        form=form,
        rule=kept,
        owner=asked.owner_of(kept) if kept else None,
        conditions=rule_people.conditions(kept, actor().zone) if kept else [],
        kinds=conditions.kinds(),
        subjects=SUBJECT_WORDS,
    )


def _condition_page(cohort: Cohort, kind: Any, form: Any, refusal: Refused | None = None) -> str:
    return render_template(
        "enrolment/rule_condition.html", cohort=cohort, kind=kind, form=form, refusal=refusal
    )
