"""Mandates: those that one holds, those that one gave, and the accompanied session itself."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lms.core import acting, journal
from lms.core.behalf import OnBehalf, Scope
from lms.core.clock import now
from lms.core.i18n import gettext as _
from lms.core.web import Room, actor, row_number, signed_in
from lms.mandates import finding, policies, queries, services, words
from lms.mandates.forms import FindForm, MandateForm, SignedForm
from lms.mandates.queries import MandateRow
from lms.people.queries import PersonFile, person_in_sight

room = Room("mandates")


@room.get("/mandates", may=policies.may_list_mandates)
def mandates() -> ResponseReturnValue:
    page = queries.mandates_held(actor(), request.args.get("page", 1, type=row_number))
    is_over = request.args.get("over") == "1"
    return render_template(
        "mandates/mandates.html", page=page, now=now(), is_over=is_over,
        may_find=policies.may_find_learner(actor()),
    )  # fmt: skip


@room.get("/mandates/new", may=policies.may_find_learner)
def find_form() -> ResponseReturnValue:
    return render_template("mandates/find.html", form=FindForm(formdata=None), never=words.NEVER)


@room.post("/mandates/new", may=policies.may_find_learner)
def find() -> ResponseReturnValue:
    """Whom the learner says that they are, and what for: at once, so that nobody is looked up for nothing."""
    form = FindForm()
    if form.validate():
        person = finding.find(actor(), form.described)
        if person is not None:
            made = services.draw_up(
                actor(), person, [Scope(one) for one in form.scopes.data or ()], form.days.data
            )
            return redirect(url_for("mandates.mandate", mandate_id=made.id))
        form.last_name.errors = [
            _(
                "Nobody is known so in %(place)s. Check the spelling with the person, on a letter or their papers.",
                place=actor().organisation_name,
            )
        ]
    return render_template("mandates/find.html", form=form, never=words.NEVER), 422


@room.get("/mandates/people/<int:person_id>/new", may=policies.may_make_mandate, on=person_in_sight)
def mandate_form(file: PersonFile) -> ResponseReturnValue:
    return render_template("mandates/new.html", file=file, form=MandateForm(formdata=None), never=words.NEVER)


@room.post("/mandates/people/<int:person_id>/new", may=policies.may_make_mandate, on=person_in_sight)
def draw_up(file: PersonFile) -> ResponseReturnValue:
    form = MandateForm()
    if not form.validate():
        return render_template("mandates/new.html", file=file, form=form, never=words.NEVER), 422
    made = services.draw_up(
        actor(), file.person, [Scope(one) for one in form.scopes.data or ()], form.days.data
    )
    return redirect(url_for("mandates.mandate", mandate_id=made.id))


@room.get("/mandates/<int:mandate_id>", may=policies.may_see_mandate, on=queries.mandate_in_sight)
def mandate(row: MandateRow) -> ResponseReturnValue:
    return _page(row, SignedForm(formdata=None))


@room.get("/mandates/<int:mandate_id>/form", may=policies.may_see_mandate, on=queries.mandate_in_sight)
def paper(row: MandateRow) -> ResponseReturnValue:
    """What is printed and signed."""
    return render_template(
        "mandates/paper.html", row=row, scopes=words.scopes_in_words(row.mandate.scopes),
        duration=words.DURATIONS[row.mandate.days], never=words.NEVER,
    )  # fmt: skip


@room.post("/mandates/<int:mandate_id>/sign", may=policies.may_sign_mandate, on=queries.mandate_in_sight)
def sign(row: MandateRow) -> ResponseReturnValue:
    form = SignedForm()
    if not form.validate():
        return _page(row, form), 422
    services.sign(row, actor())
    flash(_("The mandate holds from now on."), "done")
    return redirect(url_for("mandates.mandate", mandate_id=row.mandate.id))


@room.post("/mandates/<int:mandate_id>/end", may=policies.may_end_mandate, on=queries.mandate_in_sight)
def end(row: MandateRow) -> ResponseReturnValue:
    services.end(row, actor())
    flash(_("The mandate is ended. Nobody acts under it any more."), "done")
    return redirect(url_for("mandates.mandates"))


@room.post("/mandates/<int:mandate_id>/begin", may=policies.may_act, on=queries.mandate_in_sight)
def begin(row: MandateRow) -> ResponseReturnValue:
    """From here on, pages are the learner's."""
    journal.note("assisted-session-begun", actor(), person=row.person.id, mandate=row.mandate.id)
    acting.begin(row.mandate.id)
    return redirect("/certificates" if row.mandate.scopes == [Scope.PAPERS] else "/learn")


@room.post("/mandates/stop", may=signed_in, on_behalf=OnBehalf.ALWAYS)
def stop() -> ResponseReturnValue:
    who = actor()
    acting.stop()
    if who.behalf is not None:
        journal.note("assisted-session-ended", who, person=who.person_id, mandate=who.behalf.mandate_id)
        flash(_("The accompanied session is over.\nYou act in your own name again."), "done")
    return redirect(url_for("mandates.mandates"))


@room.get("/my-data/mandates", may=signed_in)
def mine() -> ResponseReturnValue:
    rows = [(row, words.scopes_in_words(row.mandate.scopes)) for row in queries.mandates_given(actor())]
    return render_template(
        "mandates/mine.html", rows=rows, now=now(), durations=words.DURATIONS, never=words.NEVER
    )


@room.post("/my-data/mandates/<int:mandate_id>/agree", may=policies.may_agree, on=queries.my_mandate)
def agree(row: MandateRow) -> ResponseReturnValue:
    services.sign(row, actor(), is_agreed_online=True)
    flash(_("You agreed.\nYou can withdraw the mandate here at any time."), "done")
    return redirect(url_for("mandates.mine"))


@room.post(
    "/my-data/mandates/<int:mandate_id>/withdraw", may=policies.may_withdraw_mandate, on=queries.my_mandate
)
def withdraw(row: MandateRow) -> ResponseReturnValue:
    services.end(row, actor())
    flash(_("The mandate is withdrawn.\nFrom now on, nobody does anything in your name."), "done")
    return redirect(url_for("mandates.mine"))


def _page(row: MandateRow, form: SignedForm) -> str:
    who = actor()
    return render_template(
        "mandates/mandate.html", row=row, form=form, now=now(), scopes=words.scopes_in_words(row.mandate.scopes),
        duration=words.DURATIONS[row.mandate.days], may_sign=policies.may_sign_mandate(who, row),
        may_act=policies.may_act(who, row), may_end=policies.may_end_mandate(who, row),
    )  # fmt: skip
