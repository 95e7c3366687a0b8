"""Pages of curricula: the list, one of them, and a new one."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lms.core.i18n import gettext as _
from lms.core.web import Room, actor, row_number
from lms.courses import queries as courses
from lms.curricula import policies, queries, services
from lms.curricula.forms import CurriculumForm
from lms.curricula.models import Curriculum

room = Room("curricula")


@room.get("/curricula", may=policies.may_list_curricula)
def curricula() -> ResponseReturnValue:
    page = queries.curricula_in_sight(actor(), request.args.get("page", 1, type=row_number))
    return render_template("curricula/list.html", page=page, may_make=policies.may_make_curricula(actor()))


@room.get("/curricula/new", may=policies.may_make_curricula)
def new() -> ResponseReturnValue:
    return render_template("curricula/new.html", form=_form())


@room.post("/curricula/new", may=policies.may_make_curricula)
def add() -> ResponseReturnValue:
    form = _form()
    if "more" in request.form:
        form.one_more()
        return render_template("curricula/new.html", form=form)
    if not form.validate_on_submit():
        return render_template("curricula/new.html", form=form), 422
    title, summary = (form.title.data or "").strip(), (form.summary.data or "").strip()
    made = services.add("", title, queries.own_organisation(actor()), form.chosen(), summary)
    flash(_("The curriculum is ready.\nPeople can be put on it from a cohort."), "done")
    return redirect(url_for("curricula.curriculum", slug=made.slug))


@room.get("/curricula/<string:slug>", may=policies.may_see_curriculum, on=queries.curriculum_in_sight)
def curriculum(found: Curriculum) -> ResponseReturnValue:
    return render_template("curricula/curriculum.html", curriculum=found, steps=queries.steps(found))


def _form() -> CurriculumForm:
    return CurriculumForm([(one.slug, one.title) for one in courses.published(actor())])
