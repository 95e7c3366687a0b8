"""The people of a cohort: added by hand, withdrawn, moved, given a card, looked at one by one."""

from collections.abc import Sequence
from typing import Any

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lms.core import db, journal
from lms.core.clock import today
from lms.core.db import Mode
from lms.core.i18n import gettext as _
from lms.core.i18n import ngettext
from lms.core.web import actor, row_number
from lms.enrolment import policies, queries, services
from lms.enrolment.forms import LEFT_WORDS, MoveForm, PersonForm, StateForm, WithdrawForm
from lms.enrolment.forms.assigning import DUE_REASON_WORDS
from lms.enrolment.models import Cohort
from lms.enrolment.queries import MemberSheet
from lms.enrolment.queries.rules import rule_of
from lms.enrolment.states import Deed
from lms.enrolment.views import asked, room
from lms.people import queries as people
from lms.people import sheet
from lms.people.services import cards_asked_for


@room.get(
    "/cohorts/<int:cohort_id>/members/<int:member_id>",
    may=policies.may_see_member,
    on=queries.member_in_sight,
)
def member(found: MemberSheet) -> ResponseReturnValue:
    journal.read(actor(), found.person.id, "progress")
    return render_template(
        "enrolment/member.html",
        sheet=found,
        reasons=LEFT_WORDS,
        due_reasons=DUE_REASON_WORDS,
        may_enrol=policies.may_enrol(actor()),
        may_print_cards=policies.may_print_cards(actor()),
        has_rule=policies.may_set_rules(actor()) and rule_of(found.cohort) is not None,
        today=today(actor().zone),
    )


@room.get("/cohorts/<int:cohort_id>/add", may=policies.may_enrol, on=queries.cohort_in_hand)
def person_form(cohort: Cohort) -> ResponseReturnValue:
    form = PersonForm(formdata=None)
    return render_template("enrolment/person_form.html", cohort=cohort, form=form, alike=[])


@room.post("/cohorts/<int:cohort_id>/add", may=policies.may_enrol, on=queries.cohort_in_hand)
def add_person(cohort: Cohort) -> ResponseReturnValue:
    form = PersonForm()
    if not form.validate():
        return render_template("enrolment/person_form.html", cohort=cohort, form=form, alike=[]), 422
    who, answer = actor(), form.who.data or ""
    alike = queries.look_alikes(who, form.said)
    known = next((person for person in alike if str(person.id) == answer), None)
    if alike and known is None and answer != "new":
        form.who.choices = [(str(person.id), person.name) for person in alike]
        return render_template("enrolment/person_form.html", cohort=cohort, form=form, alike=alike), 422
    if known is not None:
        batch = services.add_known(cohort, known.id, who)
    else:
        batch = services.add_new(cohort, form.said, who)
    name = known.name if known else f"{form.said['first_name']} {form.said['last_name']}"
    if batch.total:
        flash(_("%(name)s is enrolled.", name=name), "done")
    else:
        flash(_("%(name)s was in this cohort already.\nNothing was changed.", name=name), "attention")
    return redirect(url_for("enrolment.cohort", cohort_id=cohort.id))


@room.post(
    "/cohorts/<int:cohort_id>/withdraw/ask", may=policies.may_enrol, on=queries.cohort_in_hand, mode=Mode.READ
)
def ask_to_withdraw(cohort: Cohort) -> ResponseReturnValue:
    return _withdraw_page(cohort, WithdrawForm(formdata=None))


@room.post("/cohorts/<int:cohort_id>/withdraw", may=policies.may_enrol, on=queries.cohort_in_hand)
def withdraw(cohort: Cohort) -> ResponseReturnValue:
    form = WithdrawForm()
    if not form.validate():
        return _withdraw_page(cohort, form), 422
    number = services.withdraw(_in_sight(cohort), cohort, form.reason.data, actor())
    flash(
        ngettext("%(num)s person was withdrawn.\nWhat they have done is kept.",
                 "%(num)s people were withdrawn.\nWhat they have done is kept.", number),
        "done",
    )  # fmt: skip
    return redirect(url_for("enrolment.cohort", cohort_id=cohort.id))


@room.post(
    "/cohorts/<int:cohort_id>/state/ask", may=policies.may_enrol, on=queries.cohort_in_hand, mode=Mode.READ
)
def ask_for_state(cohort: Cohort) -> ResponseReturnValue:
    rows = queries.chosen_members(actor(), cohort, asked.chosen(), left_too=True)
    return _state_page(cohort, StateForm(formdata=None).offer(rows), rows)


@room.post("/cohorts/<int:cohort_id>/state", may=policies.may_enrol, on=queries.cohort_in_hand)
def change_state(cohort: Cohort) -> ResponseReturnValue:
    rows = queries.chosen_members(actor(), cohort, asked.chosen(), left_too=True)
    form = StateForm().offer(rows)
    if not form.validate():
        return _state_page(cohort, form, rows), 422
    done = services.change_state(
        [row.id for row in rows], cohort, Deed(form.deed.data), actor(), form.reason.data or ""
    )
    flash(_changed(done), "done")
    return redirect(url_for("enrolment.cohort", cohort_id=cohort.id))


@room.post(
    "/cohorts/<int:cohort_id>/move/ask", may=policies.may_enrol, on=queries.cohort_in_hand, mode=Mode.READ
)
def ask_to_move(cohort: Cohort) -> ResponseReturnValue:
    return _move_page(cohort, _move_form(cohort, fresh=True))


@room.post("/cohorts/<int:cohort_id>/move", may=policies.may_enrol, on=queries.cohort_in_hand)
def move(cohort: Cohort) -> ResponseReturnValue:
    form = _move_form(cohort)
    if not form.validate():
        return _move_page(cohort, form), 422
    to = queries.cohort_in_hand(actor(), form.to.data) or abort(404)
    number = services.move(_in_sight(cohort), cohort, to, actor())
    flash(ngettext("%(num)s person was moved.", "%(num)s people were moved.", number), "done")
    return redirect(url_for("enrolment.cohort", cohort_id=to.id))


@room.post("/cohorts/<int:cohort_id>/cards", may=policies.may_print_cards, on=queries.cohort_in_hand)
def make_cards(cohort: Cohort) -> ResponseReturnValue:
    rows = queries.chosen_members(actor(), cohort, asked.chosen())
    if not rows:
        raise services.NobodyChosen(_("Nobody was chosen."), _("Tick at least one person, then try again."))
    made = cards_asked_for([row.person_id for row in rows], cohort.tenant_id, actor())
    if len(made) < len(rows):
        flash(
            ngettext("%(num)s person has no card: they sign in with a password.",
                     "%(num)s people have no card: they sign in with a password.", len(rows) - len(made)),
            "attention",
        )  # fmt: skip
    return redirect(url_for("enrolment.cards", cohort_id=cohort.id, member=[row.id for row in rows]))


@room.get("/cohorts/<int:cohort_id>/cards", may=policies.may_print_cards, on=queries.cohort_in_hand)
def cards(cohort: Cohort) -> ResponseReturnValue:
    wanted = request.args.getlist("member", type=row_number)
    return render_template(
        "people/cards.html",
        **sheet.of(_printed(cohort, wanted), actor()),
        back_url=url_for("enrolment.cohort", cohort_id=cohort.id),
        pdf_url=url_for("enrolment.cards_pdf", cohort_id=cohort.id, member=wanted),
    )


@room.get("/cohorts/<int:cohort_id>/cards.pdf", may=policies.may_print_cards, on=queries.cohort_in_hand)
def cards_pdf(cohort: Cohort) -> ResponseReturnValue:
    printed = _printed(cohort, request.args.getlist("member", type=row_number))
    filled = sheet.of(printed, actor())
    db.begin(Mode.READ)  # nothing is held while the page is drawn
    drawn = sheet.pdf(
        render_template("people/cards_pdf.html", **filled), printed, _("Access cards"), filled["logo_key"]
    )
    return Response(
        drawn, mimetype="application/pdf", headers={"Content-Disposition": 'inline; filename="cartes.pdf"'}
    )


def _in_sight(cohort: Cohort) -> list[int]:
    """Those of the ticked whom the actor sees: nothing is done to others."""
    return [row.id for row in queries.chosen_members(actor(), cohort, asked.chosen())]


def _printed(cohort: Cohort, member_ids: list[int]) -> list[people.PrintedCard]:
    rows = queries.chosen_members(actor(), cohort, member_ids)
    return list(people.cards_to_print(cohort.tenant_id, [row.person_id for row in rows]))


def _withdraw_page(cohort: Cohort, form: WithdrawForm) -> str:
    rows = queries.chosen_members(actor(), cohort, asked.chosen())
    return render_template("enrolment/withdraw.html", cohort=cohort, form=form, rows=rows)


def _state_page(cohort: Cohort, form: StateForm, rows: Sequence[Any]) -> str:
    return render_template("enrolment/state.html", cohort=cohort, form=form, rows=rows)


def _changed(done: services.Changed) -> str:
    said = ngettext("%(num)s person was changed.", "%(num)s people were changed.", done.number)
    if not done.left_alone:
        return said
    others = ngettext(
        "%(num)s person stays as before: their state does not allow it.",
        "%(num)s people stay as before: their state does not allow it.",
        done.left_alone,
    )
    return f"{said}\n{others}"


def _move_form(cohort: Cohort, fresh: bool = False) -> MoveForm:
    form = MoveForm(formdata=None) if fresh else MoveForm()
    form.to.choices = [(row.id, row.name) for row in queries.target_cohorts(actor(), cohort)]
    return form


def _move_page(cohort: Cohort, form: MoveForm) -> str:
    rows = queries.chosen_members(actor(), cohort, asked.chosen())
    return render_template("enrolment/move.html", cohort=cohort, form=form, rows=rows)
