"""The next period of a pool: asked for, shown as it would be, then made."""

from typing import Any

from flask import flash, render_template
from flask.typing import ResponseReturnValue

from lms.core import db
from lms.core.db import Mode
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.core.web import actor
from lms.enrolment import amounts, policies, queries
from lms.enrolment.forms.pools import RenewalForm
from lms.enrolment.models import Pool
from lms.enrolment.services import pools as services
from lms.enrolment.services import renewals
from lms.enrolment.views import room
from lms.enrolment.views.pool_deeds import amount_of, first_day, to_page
from lms.enrolment.views.pools import about


@room.get("/cohorts/pools/<int:pool_id>/renew", may=policies.may_run_pools, on=queries.pool_in_hand)
def renewal_form(pool: Pool) -> ResponseReturnValue:
    form = RenewalForm(formdata=None)
    form.total.data = amounts.typed(pool.unit, services.total_of(pool))
    return _renewal_page(pool, form)


@room.post(
    "/cohorts/pools/<int:pool_id>/renew", may=policies.may_run_pools, on=queries.pool_in_hand, mode=Mode.READ
)
def ask_to_renew(pool: Pool) -> ResponseReturnValue:
    form = _renewal(pool)
    if not form.validate():
        return _renewal_page(pool, form), 422
    try:
        plan = renewals.plan_renewal(pool, amount_of(pool, form.total), carries=form.carries.data)
    except Refused as refusal:
        return _renewal_page(pool, form, refusal), 422
    return _renewal_page(pool, form, plan=plan)


@room.post("/cohorts/pools/<int:pool_id>/renew/confirm", may=policies.may_run_pools, on=queries.pool_in_hand)
def renew_pool(pool: Pool) -> ResponseReturnValue:
    form = _renewal(pool)
    if not form.validate():
        return _renewal_page(pool, form), 422
    try:
        made = renewals.renew(
            pool, first_day(form), form.ends_on.data, amount_of(pool, form.total), carries=form.carries.data,
            by=actor(),
        )  # fmt: skip
    except Refused as refusal:
        db.rollback()
        return _renewal_page(pool, form, refusal), 422
    flash(
        _("The next period is ready.\nThe cohorts of the one before get their places here from now on."),
        "done",
    )
    return to_page(made)


def _renewal(pool: Pool) -> RenewalForm:
    form = RenewalForm()
    form.unit_of_pool = pool.unit
    return form


def _renewal_page(pool: Pool, form: RenewalForm, refusal: Refused | None = None, plan: Any = None) -> str:
    if refusal is not None:
        form.total.errors = [f"{refusal.reason} {refusal.remedy}"]
    return render_template("enrolment/pool_renew.html", form=form, plan=plan, **about(pool))
