"""How long this customer's data is kept."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from lms.core.i18n import gettext as _
from lms.core.web import actor
from lms.organisations import keeping, policies, queries, services
from lms.organisations.forms import KeepForm
from lms.organisations.models import Organisation
from lms.organisations.views import room


@room.get(
    "/organisations/<int:organisation_id>/keep",
    may=policies.may_choose_days,
    on=queries.organisation_in_sight,
)
def keep_form(organisation: Organisation) -> ResponseReturnValue:
    return _page(organisation, KeepForm(formdata=None, **organisation.keep_days))


@room.post(
    "/organisations/<int:organisation_id>/keep",
    may=policies.may_choose_days,
    on=queries.organisation_in_sight,
)
def keep(organisation: Organisation) -> ResponseReturnValue:
    form = KeepForm()
    if not form.validate():
        return _page(organisation, form), 422
    if services.choose_days(organisation, form.typed, actor()):
        flash(_("Kept. What is older goes tonight."), "done")
    return redirect(url_for("organisations.keep_form", organisation_id=organisation.id))


def _page(organisation: Organisation, form: KeepForm) -> str:
    return render_template(
        "organisations/keep.html",
        organisation=organisation,
        form=form,
        said=keeping.said,
        fixed=keeping.fixed(),
    )
