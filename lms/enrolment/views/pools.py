"""Pools of places: the list, one of them with its units and cohorts, what moved, and who takes what."""

import io
from functools import partial
from typing import Any

from flask import render_template, send_file
from flask.typing import ResponseReturnValue

from lms.core import db, journal
from lms.core.clock import today
from lms.core.db import Mode
from lms.core.i18n import gettext as _
from lms.core.tables import Column, Kind, Properties, Sheet, write_xlsx
from lms.core.web import actor
from lms.enrolment import amounts, policies, queries
from lms.enrolment.forms.pools import BindForm
from lms.enrolment.models import Pool
from lms.enrolment.queries.pools import MovementRow
from lms.enrolment.views import asked, room
from lms.organisations.queries import place_in_tree

MOST_IN_FILE = 100_000  #: movements that one workbook holds, the latest
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@room.get("/cohorts/pools", may=policies.may_read_pools, mode=Mode.LIST)
def pools() -> ResponseReturnValue:
    who = actor()
    page = queries.pools_in_sight(who, asked.number("page"))
    return render_template(
        "enrolment/pools.html", page=page, figure=amounts.figure, today=today(who.zone),
        may_run=policies.may_run_pools(who), reads_only=queries.reads_only(who),
    )  # fmt: skip


@room.get("/cohorts/pools/<int:pool_id>", may=policies.may_read_pools, on=queries.pool_in_sight)
def pool(pool: Pool) -> ResponseReturnValue:
    return show(pool)


@room.get("/cohorts/pools/<int:pool_id>/movements", may=policies.may_see_pools, on=queries.pool_in_sight)
def pool_movements(pool: Pool) -> ResponseReturnValue:
    page = queries.movements(actor(), pool, asked.number("page"))
    return render_template("enrolment/pool_movements.html", page=page, words=amounts.DEEDS, **about(pool))


@room.get("/cohorts/pools/<int:pool_id>/movements.xlsx", may=policies.may_see_pools, on=queries.pool_in_sight)
def pool_movements_xlsx(pool: Pool) -> ResponseReturnValue:
    who = actor()
    rows, title, unit = queries.all_movements(who, pool, MOST_IN_FILE), pool.name, pool.unit
    journal.note_refusal("movements-exported", who, pool=pool.id, rows=len(rows))
    db.begin(Mode.READ)  # nothing is held while the workbook is written
    made = io.BytesIO()
    sheet = Sheet(_("Movements"), _columns(), [_cells(row, unit) for row in rows])
    write_xlsx(made, [sheet], Properties(title, language=who.language))
    made.seek(0)
    return send_file(made, _XLSX, as_attachment=True, download_name=_("movements.xlsx"))


@room.get("/cohorts/pools/<int:pool_id>/people", may=policies.may_see_pools, on=queries.pool_in_sight)
def pool_people(pool: Pool) -> ResponseReturnValue:
    page = queries.pool_people(actor(), pool, asked.number("page"))
    return render_template("enrolment/pool_people.html", page=page, **about(pool))


def show(pool: Pool, form: BindForm | None = None) -> str:
    """The page of a pool, with the form that binds a cohort to it."""
    who = actor()
    form = form or BindForm(formdata=None)
    choices = queries.cohorts_to_bind(who, pool) if policies.may_run_pools(who, pool) else []
    form.cohort.choices = [(row.id, f"{row.name} ({row.unit})") for row in choices]
    return render_template(
        "enrolment/pool.html",
        units=queries.pool_units(who, pool, asked.number("page")),
        cohorts=queries.pool_cohorts(who, pool),
        form=form,
        has_units=place_in_tree(who)[1],
        **about(pool),
    )


def about(pool: Pool) -> dict[str, Any]:
    """What every page of a pool says of it."""
    who = actor()
    return {
        "pool": pool,
        "figures": queries.pool_figures(who, pool),
        "may_run": policies.may_run_pools(who, pool),
        "is_ours": queries.is_held_here(who, pool),
        "reads_only": queries.reads_only(who),
        "figure": partial(amounts.figure, pool.unit),
        "said": partial(amounts.said, pool.unit),
        "today": today(who.zone),
    }


def _columns() -> list[Column]:
    return [
        Column("at", _("When"), Kind.DATETIME, 18),
        Column("deed", _("What"), width=32),
        Column("source", _("From which unit"), width=28),
        Column("target", _("To which unit"), width=28),
        Column("amount", _("How many"), Kind.NUMBER, 14),
        Column("cohort", _("Cohort"), width=32),
        Column("who", _("By"), width=24),
    ]


def _cells(row: MovementRow, unit: Any) -> tuple[object, ...]:
    deed = str(amounts.DEEDS.get(row.deed, row.deed))
    amount = amounts.in_file(unit, row.amount)
    return row.at, deed, row.source, row.target, amount, row.cohort, row.who
