"""The tree, and one organisation of it: what pages and papers say, its switches, others added below it."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.core.i18n import ngettext
from lms.core.web import actor, row_number
from lms.organisations import identifiers, logo, policies, queries, services
from lms.organisations.features import FEATURES
from lms.organisations.forms import NewOrganisationForm, OrganisationForm, SwitchesForm, keep_zone
from lms.organisations.models import Organisation, OrganisationKind
from lms.organisations.roles import kind_name
from lms.organisations.views import room


@room.get("/organisations", may=policies.may_list_organisations)
def organisations() -> ResponseReturnValue:
    who = actor()
    page = queries.tree(who, request.args.get("page", 1, type=row_number))
    return render_template(
        "organisations/organisations.html", page=page, kind_name=kind_name, may_add=who.is_admin
    )


@room.get(
    "/organisations/<int:organisation_id>",
    may=policies.may_read_organisation,
    on=queries.organisation_in_sight,
)
def organisation(organisation: Organisation) -> ResponseReturnValue:
    form = keep_zone(OrganisationForm(formdata=None, obj=organisation), organisation.zone)
    return _show(organisation, form)


@room.post(
    "/organisations/<int:organisation_id>",
    may=policies.may_change_organisation,
    on=queries.organisation_in_sight,
)
def change_organisation(organisation: Organisation) -> ResponseReturnValue:
    form = keep_zone(OrganisationForm(), organisation.zone)
    if not form.validate():
        return _show(organisation, form), 422
    darkened = services.put_right(organisation, actor(), **form.typed)
    flash(_("The changes are kept."), "done")
    if darkened:
        flash(
            _("The colour was made darker.\nAs you wrote it, some people could not have read it."),
            "attention",
        )
    if doubt := identifiers.siret_doubt(form.typed["siret"] or ""):
        flash(doubt, "attention")
    return _to(organisation.id)


@room.get(
    "/organisations/<int:organisation_id>/add",
    may=policies.may_add_organisation,
    on=queries.organisation_in_sight,
)
def new_organisation_form(organisation: Organisation) -> ResponseReturnValue:
    return _add_page(organisation, NewOrganisationForm(formdata=None, kind=organisation.kind.value))


@room.post(
    "/organisations/<int:organisation_id>/add",
    may=policies.may_add_organisation,
    on=queries.organisation_in_sight,
)
def add_organisation(organisation: Organisation) -> ResponseReturnValue:
    form = NewOrganisationForm()
    if not form.validate():
        return _add_page(organisation, form), 422
    try:
        made = services.add_below(
            organisation, form.said("name"), OrganisationKind(form.kind.data),
            level=form.said("level"), slug=form.said("slug"), actor=actor(),
        )  # fmt: skip
    except Refused as refusal:
        form.slug.errors = [f"{refusal.reason} {refusal.remedy}"]
        return _add_page(organisation, form), 422
    flash(_("%(name)s stands in the tree.", name=made.name), "done")
    return _to(made.id)


@room.get(
    "/organisations/<int:organisation_id>/switches",
    may=policies.may_change_organisation,
    on=queries.organisation_in_sight,
)
def switches_form(organisation: Organisation) -> ResponseReturnValue:
    return _switches_page(organisation, SwitchesForm(formdata=None, features=organisation.features))


@room.post(
    "/organisations/<int:organisation_id>/switches",
    may=policies.may_change_organisation,
    on=queries.organisation_in_sight,
)
def switch(organisation: Organisation) -> ResponseReturnValue:
    form = SwitchesForm()
    if not form.validate():
        return _switches_page(organisation, form), 422
    number = services.switch(
        organisation, form.features.data or [], actor(), all_below=bool(form.all_below.data)
    )
    flash(ngettext("Kept, for %(num)s organisation.", "Kept, for %(num)s organisations.", number), "done")
    return _to(organisation.id)


def _to(organisation_id: int) -> ResponseReturnValue:
    return redirect(url_for("organisations.organisation", organisation_id=organisation_id))


def _show(organisation: Organisation, form: OrganisationForm) -> str:
    who = actor()
    return render_template(
        "organisations/organisation.html",
        organisation=organisation,
        form=form,
        kind=kind_name(organisation.kind),
        above=queries.above(organisation, who),
        merged_into=queries.merged_into(organisation, who),
        members=queries.members_count(organisation),
        switches=[one for one in FEATURES if one.name in organisation.features],
        grouped=identifiers.grouped,
        logo_url=logo.url_of(organisation.logo),
        may_change=policies.may_change_organisation(who, organisation),
        may_invite=policies.may_invite(who, organisation),
        may_choose_days=policies.may_choose_days(who, organisation),
        may_add=policies.may_add_organisation(who, organisation) and organisation.archived_at is None,
        may_prune=policies.may_prune_organisation(who, organisation),
        may_take=policies.may_take_in_hand(who, organisation) and organisation.id != who.organisation_id,
    )


def _add_page(organisation: Organisation, form: NewOrganisationForm) -> str:
    return render_template("organisations/add.html", organisation=organisation, form=form)


def _switches_page(organisation: Organisation, form: SwitchesForm) -> str:
    return render_template(
        "organisations/switches.html", organisation=organisation, form=form, features=FEATURES
    )
