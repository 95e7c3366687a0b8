"""What is done to pools of places: opened, given on, frozen, changed; and which cohorts use them.

What moves a lot is shown first, as it would be, and done when it is confirmed.
"""

from datetime import date
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lms.core import db
from lms.core.clock import today
from lms.core.db import Mode
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.core.i18n import ngettext
from lms.core.web import actor, row_number
from lms.enrolment import amounts, policies, queries
from lms.enrolment.forms.pools import BindForm, PlacesForm, PoolForm, PoolSettingsForm
from lms.enrolment.models import Deed, Pool
from lms.enrolment.services import places
from lms.enrolment.services import pools as services
from lms.enrolment.services.pools import Terms
from lms.enrolment.views import asked, room
from lms.enrolment.views.cohorts import paths
from lms.enrolment.views.pools import about, show
from lms.organisations.models import Organisation
from lms.organisations.queries import organisation_in_sight


@room.get("/cohorts/pools/new", may=policies.may_run_pools)
def pool_form() -> ResponseReturnValue:
    form = _new_form(fresh=True)
    form.starts_on.data = today(actor().zone)
    return render_template("enrolment/pool_form.html", form=form)


@room.post("/cohorts/pools/new", may=policies.may_run_pools)
def open_pool() -> ResponseReturnValue:
    who, form = actor(), _new_form()
    if not form.validate():
        return render_template("enrolment/pool_form.html", form=form), 422
    courses, curriculum = queries.path_of(who, form.path.data)
    unit = form.counts
    terms = Terms(
        form.name.data or "", unit, amounts.read(unit, form.total.data or "") or 0, first_day(form), form.ends_on.data,
        price=(amounts.read(unit, form.price.data or "") or 1) if unit.value != "place" else 1,
        funder=(form.funder.data or "").strip(), course_id=courses[0].id if courses else None,
        curriculum_id=curriculum.id if curriculum else None,
    )  # fmt: skip
    holder = organisation_in_sight(who, who.organisation_id) or abort(404)
    made = services.open_pool(holder, terms, once=_once(form), by=who)
    flash(
        _("The pool is open.\nNow give parts of it to the units below, or say which cohorts use it."), "done"
    )
    return to_page(made)


@room.get("/cohorts/pools/<int:pool_id>/move", may=policies.may_run_pools, on=queries.pool_in_sight)
def places_form(pool: Pool) -> ResponseReturnValue:
    form = _places_form(pool, fresh=True)
    form.source.data, form.target.data = asked.number("from") or actor().organisation_id, asked.number("to")
    return _places_page(pool, form)


@room.post(
    "/cohorts/pools/<int:pool_id>/move", may=policies.may_run_pools, on=queries.pool_in_sight, mode=Mode.READ
)
def ask_to_move_places(pool: Pool) -> ResponseReturnValue:
    form = _places_form(pool)
    if not form.validate():
        return _places_page(pool, form), 422
    try:
        plan = services.plan_move(pool, *_ends(form), amount=amount_of(pool, form.amount))
    except Refused as refusal:
        return _places_page(pool, form, refusal), 422
    return _places_page(pool, form, plan=plan)


@room.post("/cohorts/pools/<int:pool_id>/move/confirm", may=policies.may_run_pools, on=queries.pool_in_sight)
def move_places(pool: Pool) -> ResponseReturnValue:
    form = _places_form(pool)
    if not form.validate():
        return _places_page(pool, form), 422
    try:
        done = services.move(
            pool, *_ends(form), amount=amount_of(pool, form.amount), once=_once(form), by=actor()
        )
    except Refused as refusal:
        db.rollback()  # the page shows what is kept
        return _places_page(pool, form, refusal), 422
    flash(_moved(pool, done), "done")
    return to_page(pool)


@room.get("/cohorts/pools/<int:pool_id>/freeze", may=policies.may_run_pools, on=queries.pool_in_hand)
def freeze_form(pool: Pool) -> ResponseReturnValue:
    return render_template(
        "enrolment/pool_freeze.html", cohorts=queries.pool_cohorts(actor(), pool), **about(pool)
    )


@room.post("/cohorts/pools/<int:pool_id>/freeze", may=policies.may_run_pools, on=queries.pool_in_hand)
def freeze_pool(pool: Pool) -> ResponseReturnValue:
    services.freeze(pool, actor())
    flash(_("The pool is frozen.\nWhat people have stays theirs."), "done")
    return to_page(pool)


@room.post("/cohorts/pools/<int:pool_id>/thaw", may=policies.may_run_pools, on=queries.pool_in_hand)
def thaw_pool(pool: Pool) -> ResponseReturnValue:
    services.thaw(pool, actor())
    flash(_("The pool is open again."), "done")
    return to_page(pool)


@room.get("/cohorts/pools/<int:pool_id>/settings", may=policies.may_run_pools, on=queries.pool_in_hand)
def pool_settings(pool: Pool) -> ResponseReturnValue:
    form = PoolSettingsForm(formdata=None, obj=pool)
    form.total.data = amounts.typed(pool.unit, services.total_of(pool))
    return _settings_page(pool, form)


@room.post("/cohorts/pools/<int:pool_id>/settings", may=policies.may_run_pools, on=queries.pool_in_hand)
def change_pool(pool: Pool) -> ResponseReturnValue:
    form = PoolSettingsForm()
    form.unit_of_pool = pool.unit
    if not form.validate():
        return _settings_page(pool, form), 422
    try:
        services.change(
            pool, name=form.name.data or "", funder=(form.funder.data or "").strip(), starts_on=first_day(form),
            ends_on=form.ends_on.data, total=amount_of(pool, form.total), by=actor(),
        )  # fmt: skip
    except Refused as refusal:
        db.rollback()
        form.total.errors = [f"{refusal.reason} {refusal.remedy}"]
        return _settings_page(pool, form), 422
    flash(_("The changes are kept."), "done")
    return to_page(pool)


@room.post("/cohorts/pools/<int:pool_id>/bind", may=policies.may_run_pools, on=queries.pool_in_sight)
def bind_cohort(pool: Pool) -> ResponseReturnValue:
    who, form = actor(), BindForm()
    found = queries.cohort_in_hand(who, form.cohort.data or 0)
    form.cohort.choices = [(found.id, found.name)] if found else []
    if found is None or not form.validate():
        form.cohort.errors = [_("Choose a cohort in the list.")]
        return show(pool, form), 422
    try:
        done = places.bind(found, pool, as_many=form.how.data == "some", by=who)
    except Refused as refusal:
        db.rollback()
        form.cohort.errors = [f"{refusal.reason} {refusal.remedy}"]
        return show(pool, form), 422
    flash(_bound(found.name, done), "done" if done.taken == done.wanted else "attention")
    return to_page(pool)


@room.post("/cohorts/pools/<int:pool_id>/unbind", may=policies.may_run_pools, on=queries.pool_in_sight)
def unbind_cohort(pool: Pool) -> ResponseReturnValue:
    number = request.form.get("cohort", 0, type=row_number)
    found = queries.cohort_in_hand(actor(), number)
    if found is None or found.pool_id != pool.id:
        abort(404)
    places.unbind(found, actor())
    flash(
        _(
            "“%(name)s” does not use this pool any more.\nPlaces that nobody had begun to use are free again.",
            name=found.name,
        ),
        "done",
    )
    return to_page(pool)


def to_page(pool: Pool) -> ResponseReturnValue:
    """After a deed."""
    return redirect(url_for("enrolment.pool", pool_id=pool.id))


def _once(form: Any) -> str:
    """The key of this very form, of this very person."""
    return f"form/{actor().person_id}/{form.once.data or ''}"


def amount_of(pool: Pool, field: Any) -> int:
    """What was typed, in the pool's unit, once the form is valid."""
    return amounts.read(pool.unit, field.data or "") or 0


def first_day(form: Any) -> date:
    """Once the form is valid."""
    found: date = form.starts_on.data
    return found


def _new_form(fresh: bool = False) -> PoolForm:
    form = PoolForm(formdata=None) if fresh else PoolForm()
    form.path.choices = [("", _("Anything")), *paths()]
    return form


def _places_form(pool: Pool, fresh: bool = False) -> PlacesForm:
    form, who = PlacesForm(formdata=None) if fresh else PlacesForm(), actor()
    form.unit_of_pool = pool.unit
    given = queries.givers(who, pool)
    form.source.choices = [
        (row.id, _("%(name)s (%(left)s left)", name=row.name, left=amounts.of(pool, row.free)))
        for row in given
    ]
    form.target.choices = [(row.id, row.name) for row in queries.takers(who)]
    return form


def _ends(form: PlacesForm) -> tuple[Organisation, Organisation]:
    who = actor()
    source, target = (organisation_in_sight(who, field.data) for field in (form.source, form.target))
    return source or abort(404), target or abort(404)


def _places_page(pool: Pool, form: PlacesForm, refusal: Refused | None = None, plan: Any = None) -> str:
    if refusal is not None:
        form.amount.errors = [f"{refusal.reason} {refusal.remedy}"]
    return render_template("enrolment/pool_move.html", form=form, plan=plan, deeds=Deed, **about(pool))


def _settings_page(pool: Pool, form: PoolSettingsForm) -> str:
    return render_template("enrolment/pool_settings.html", form=form, **about(pool))


def _moved(pool: Pool, done: services.Plan) -> str:
    source, target = done.lines
    return _(
        "%(amount)s went from %(source)s to %(target)s.\n%(source)s has %(left)s left.",
        amount=amounts.of(pool, done.amount), source=source.name, target=target.name,
        left=amounts.of(pool, source.after),
    )  # fmt: skip


def _bound(name: str, done: places.Taken) -> str:
    said = ngettext(
        "%(num)s person of “%(name)s” has a place.",
        "%(num)s people of “%(name)s” have a place.",
        done.taken,
        name=name,
    )
    missing = done.wanted - done.taken
    if not missing:
        return said
    return f"{said}\n" + ngettext("%(num)s has none yet.", "%(num)s have none yet.", missing)
