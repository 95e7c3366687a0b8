"""To which partners a pool is shown, because they fund it."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lms.core.i18n import gettext as _
from lms.core.web import actor, row_number
from lms.enrolment import policies, queries
from lms.enrolment.forms.pools import FunderForm
from lms.enrolment.models import Pool
from lms.enrolment.services import funders
from lms.enrolment.views import room


@room.get("/cohorts/pools/<int:pool_id>/sharing", may=policies.may_run_pools, on=queries.pool_in_hand)
def pool_sharing(pool: Pool) -> ResponseReturnValue:
    return _page(pool, _form(fresh=True))


@room.post("/cohorts/pools/<int:pool_id>/sharing", may=policies.may_run_pools, on=queries.pool_in_hand)
def share_pool(pool: Pool) -> ResponseReturnValue:
    form = _form()
    if not form.validate():
        return _page(pool, form), 422
    funders.share(pool, form.partner.data, actor())
    flash(_("The pool is shared."), "done")
    return redirect(url_for("enrolment.pool_sharing", pool_id=pool.id))


@room.post("/cohorts/pools/<int:pool_id>/sharing/stop", may=policies.may_run_pools, on=queries.pool_in_hand)
def stop_sharing_pool(pool: Pool) -> ResponseReturnValue:
    funders.stop_sharing(pool, request.form.get("partner", 0, type=row_number), actor())
    flash(_("The pool is not shared any more."), "done")
    return redirect(url_for("enrolment.pool_sharing", pool_id=pool.id))


def _form(fresh: bool = False) -> FunderForm:
    form = FunderForm(formdata=None) if fresh else FunderForm()
    form.partner.choices = [
        (row.id, f"{row.first_name} {row.last_name}") for row in queries.partners(actor())
    ]
    return form


def _page(pool: Pool, form: FunderForm) -> str:
    return render_template(
        "enrolment/pool_sharing.html", pool=pool, form=form, shares=queries.pool_shares(pool)
    )
