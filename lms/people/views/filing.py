"""A person's file as the staff keep it: made, corrected, merged with another, suspended, archived; roles given and ended."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs are older

from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.core.web import actor, row_number
from lms.people import belonging, policies, queries, services
from lms.people.forms.staff import FollowerForm, MoveForm, NewPersonForm, PersonForm, PlaceForm
from lms.people.queries import PersonFile
from lms.people.views import room


@room.get("/people/new", may=policies.may_add_person)
def new_person_form() -> ResponseReturnValue:
    return _new_page(_placed(NewPersonForm(formdata=None)))


@room.post("/people/new", may=policies.may_add_person)
def add_person() -> ResponseReturnValue:
    who, form = actor(), _placed(NewPersonForm())
    if not form.validate():
        return _new_page(form), 422
    alike = queries.look_alikes(who, form.typed | form.facts)
    if alike and form.who.data != "new":
        return _new_page(form, alike), 422
    try:
        made = services.add_known_person(who, form.typed, form.facts)
        belonging.membership().settle(who, made.id, form.place.data, form.role.data, form.until.data)
    except Refused as refusal:
        return _refused(form, refusal, alike)
    flash(_("%(name)s has a file now.\nThe next step: a card, or an invitation.", name=made.name), "done")
    return redirect(url_for("people.person", person_id=made.id))


@room.get("/people/<int:person_id>/change", may=policies.may_change_person, on=queries.person_in_sight)
def person_form(file: PersonFile) -> ResponseReturnValue:
    return _change_page(file, PersonForm(formdata=None, obj=file.person))


@room.post("/people/<int:person_id>/change", may=policies.may_change_person, on=queries.person_in_sight)
def change_person(file: PersonFile) -> ResponseReturnValue:
    form = PersonForm()
    if not form.validate():
        return _change_page(file, form), 422
    try:
        services.put_right(file.person, actor(), **form.typed, **form.facts)
    except Refused as refusal:
        form.form_errors = [f"{refusal.reason} {refusal.remedy}"]
        return _change_page(file, form), 422
    flash(_("The corrections are kept."), "done")
    return _to(file)


@room.get("/people/<int:person_id>/merge", may=policies.may_merge_people, on=queries.person_in_sight)
def merge_form(file: PersonFile) -> ResponseReturnValue:
    """Which file is the other one; once it is said, what would become of it."""
    who, words = actor(), request.args.get("q", "")[:100]
    other = _other(request.args.get("other", 0, type=row_number))
    if other is not None:
        foreseen = services.foresee(other.person, file.person)
        return render_template("people/merge.html", file=file, other=other, foreseen=foreseen)
    page = queries.persons_matching(who, words or file.person.sort_name)
    found = [one for one in page.rows if one.id != file.person.id]
    return render_template("people/merge_choice.html", file=file, found=found, words=words)


@room.post("/people/<int:person_id>/merge", may=policies.may_merge_people, on=queries.person_in_sight)
def merge(file: PersonFile) -> ResponseReturnValue:
    other = _other(request.form.get("other", 0, type=row_number)) or abort(404)
    name = other.person.name
    services.merge(other.person, file.person, actor())
    flash(
        _("The two files are one.\nWhat was in the file of %(name)s is here; its old address leads here too.", name=name),
        "done",
    )  # fmt: skip
    return _to(file)


@room.post("/people/<int:person_id>/suspend", may=policies.may_shut_out, on=queries.person_in_sight)
def suspend(file: PersonFile) -> ResponseReturnValue:
    services.suspend_people(file.person.tenant_id, [file.person.id], actor())
    flash(
        _("%(name)s may not sign in any more.\nWhoever was signed in is signed out.", name=file.person.name), "done"
    )  # fmt: skip
    return _to(file)


@room.post("/people/<int:person_id>/let-in", may=policies.may_shut_out, on=queries.person_in_sight)
def let_in(file: PersonFile) -> ResponseReturnValue:
    services.let_in_again(file.person.tenant_id, [file.person.id], actor())
    flash(_("%(name)s may sign in again, as before.", name=file.person.name), "done")
    return _to(file)


@room.post("/people/<int:person_id>/archive", may=policies.may_shut_out, on=queries.person_in_sight)
def archive(file: PersonFile) -> ResponseReturnValue:
    services.archive_people(file.person.tenant_id, [file.person.id], actor())
    flash(
        _("%(name)s is archived.\nNothing is erased: the file is under “Archived”.", name=file.person.name),
        "done",
    )
    return _to(file)


@room.post("/people/<int:person_id>/bring-back", may=policies.may_shut_out, on=queries.person_in_sight)
def bring_back(file: PersonFile) -> ResponseReturnValue:
    done = services.bring_back(file.person.tenant_id, [file.person.id], actor())
    if done:
        flash(_("%(name)s is in the lists again.", name=file.person.name), "done")
    else:
        flash(_("This file stays archived: its person was erased."), "attention")
    return _to(file)


@room.get("/people/<int:person_id>/place", may=policies.may_place_person, on=queries.person_in_sight)
def place_form(file: PersonFile) -> ResponseReturnValue:
    return _place_page(file, _with_roles(PlaceForm(formdata=None)))


@room.post("/people/<int:person_id>/place", may=policies.may_place_person, on=queries.person_in_sight)
def place(file: PersonFile) -> ResponseReturnValue:
    form = _with_roles(PlaceForm())
    if not form.validate():
        return _place_page(file, form), 422
    try:
        belonging.membership().settle(
            actor(), file.person.id, form.place.data, form.role.data, form.until.data
        )
    except Refused as refusal:
        form.until.errors = [f"{refusal.reason} {refusal.remedy}"]
        return _place_page(file, form), 422
    flash(_("The role is given."), "done")
    return _to(file)


@room.post("/people/<int:person_id>/place/end", may=policies.may_place_person, on=queries.person_in_sight)
def end_place(file: PersonFile) -> ResponseReturnValue:
    belonging.membership().end(actor(), file.person.id, request.form.get("tie", 0, type=row_number))
    flash(_("The role has ended."), "done")
    return _to(file)


@room.get("/people/<int:person_id>/move", may=policies.may_place_person, on=queries.person_in_sight)
def move_form(file: PersonFile) -> ResponseReturnValue:
    return _move_page(file, _with_places(MoveForm(formdata=None)))


@room.post("/people/<int:person_id>/move", may=policies.may_place_person, on=queries.person_in_sight)
def move(file: PersonFile) -> ResponseReturnValue:
    form = _with_places(MoveForm())
    if not form.validate():
        return _move_page(file, form), 422
    belonging.membership().move(actor(), file.person.id, form.place.data)
    flash(_("%(name)s has moved.\nCohorts and courses stay as they are.", name=file.person.name), "done")
    return _to(file)


@room.get("/people/<int:person_id>/follower", may=policies.may_place_person, on=queries.person_in_sight)
def follower_form(file: PersonFile) -> ResponseReturnValue:
    return _follower_page(file, _with_followers(FollowerForm(formdata=None)))


@room.post("/people/<int:person_id>/follower", may=policies.may_place_person, on=queries.person_in_sight)
def follow(file: PersonFile) -> ResponseReturnValue:
    form = _with_followers(FollowerForm())
    if not form.validate():
        return _follower_page(file, form), 422
    belonging.membership().follow(actor(), file.person.id, form.follower.data or None)
    flash(_("It is kept who follows %(name)s.", name=file.person.name), "done")
    return _to(file)


def _to(file: PersonFile) -> ResponseReturnValue:
    return redirect(url_for("people.person", person_id=file.person.id))


def _other(person_id: int) -> PersonFile | None:
    """The file of this number, if the actor may merge it: 404 where it is not in sight, 403 where it is not theirs to."""
    if not person_id:
        return None
    found = queries.person_in_sight(actor(), person_id) or abort(404)
    return found if policies.may_merge_people(actor(), found) else abort(403)


def _with_places(form: MoveForm) -> MoveForm:
    form.place.choices = [SelectChoice(*one) for one in belonging.membership().openings(actor()).places]
    return form


def _with_followers(form: FollowerForm) -> FollowerForm:
    choices = [(0, _("Nobody")), *belonging.membership().followers(actor())]
    form.follower.choices = [SelectChoice(*one) for one in choices]
    return form


def _follower_page(file: PersonFile, form: FollowerForm) -> str:
    return render_template("people/follower.html", file=file, form=form)


def _with_roles(form: PlaceForm) -> PlaceForm:
    openings = belonging.membership().openings(actor())
    form.place.choices = [SelectChoice(*one) for one in openings.places]
    form.role.choices = [SelectChoice(*one) for one in openings.roles]
    return form


def _placed(form: NewPersonForm) -> NewPersonForm:
    _with_roles(form)
    return form


def _refused(form: NewPersonForm, refusal: Refused, alike: list[queries.Alike]) -> ResponseReturnValue:
    form.form_errors = [f"{refusal.reason} {refusal.remedy}"]
    return _new_page(form, alike), 422


def _new_page(form: NewPersonForm, alike: list[queries.Alike] | None = None) -> str:
    return render_template("people/new_person.html", form=form, alike=alike or [])


def _change_page(file: PersonFile, form: PersonForm) -> str:
    return render_template("people/person_form.html", file=file, form=form)


def _place_page(file: PersonFile, form: PlaceForm) -> str:
    return render_template("people/place.html", file=file, form=form)


def _move_page(file: PersonFile, form: MoveForm) -> str:
    return render_template("people/move.html", file=file, form=form)
