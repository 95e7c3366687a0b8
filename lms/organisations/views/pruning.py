"""The tree cut back and grafted: an organisation moved, merged into another one, archived, restored.

Each page says first what it would concern, and why it can't be where it can't.
"""

from collections.abc import Callable

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lms.core.i18n import gettext as _
from lms.core.web import actor, row_number
from lms.organisations import policies, queries, services
from lms.organisations.models import Organisation
from lms.organisations.services import Foreseen
from lms.organisations.views import room

_MAY, _ON = policies.may_prune_organisation, queries.organisation_in_sight
_ONE = "/organisations/<int:organisation_id>"


@room.get(f"{_ONE}/move", may=_MAY, on=_ON)
def move_form(organisation: Organisation) -> ResponseReturnValue:
    return _choice_page("organisations/move.html", organisation, _asked(), services.foresee_move)


@room.post(f"{_ONE}/move", may=_MAY, on=_ON)
def move(organisation: Organisation) -> ResponseReturnValue:
    to = _sent()
    if to is None:
        return _choice_page("organisations/move.html", organisation, None, services.foresee_move), 422
    services.move(organisation, to, actor())
    flash(_("%(name)s lies below %(to)s now.", name=organisation.name, to=to.name), "done")
    return _to(organisation.id)


@room.get(f"{_ONE}/merge", may=_MAY, on=_ON)
def merge_form(organisation: Organisation) -> ResponseReturnValue:
    return _choice_page("organisations/merge.html", organisation, _asked(), services.foresee_merge)


@room.post(f"{_ONE}/merge", may=_MAY, on=_ON)
def merge(organisation: Organisation) -> ResponseReturnValue:
    to, name = _sent(), organisation.name
    if to is None:
        return _choice_page("organisations/merge.html", organisation, None, services.foresee_merge), 422
    kept_id = to.id
    services.merge(organisation, to, actor())
    flash(_("All that %(name)s had belongs to this organisation now.", name=name), "done")
    return _to(kept_id)


@room.get(f"{_ONE}/archive", may=_MAY, on=_ON)
def archive_form(organisation: Organisation) -> ResponseReturnValue:
    return render_template(
        "organisations/archive.html",
        organisation=organisation,
        foreseen=services.foresee_archive(organisation),
    )


@room.post(f"{_ONE}/archive", may=_MAY, on=_ON)
def archive(organisation: Organisation) -> ResponseReturnValue:
    services.archive(organisation, actor())
    flash(_("%(name)s is archived.\nWhat it holds can still be read.", name=organisation.name), "done")
    return _to(organisation.id)


@room.post(f"{_ONE}/restore", may=_MAY, on=_ON)
def restore(organisation: Organisation) -> ResponseReturnValue:
    services.restore(organisation, actor())
    flash(_("%(name)s is at work again.", name=organisation.name), "done")
    return _to(organisation.id)


def _to(organisation_id: int) -> ResponseReturnValue:
    return redirect(url_for("organisations.organisation", organisation_id=organisation_id))


def _asked() -> Organisation | None:
    """The organisation that the address names, if the actor sees it."""
    return queries.organisation_in_sight(actor(), request.args.get("to", 0, type=row_number))


def _sent() -> Organisation | None:
    """The organisation that the form names, if the actor sees it."""
    return queries.organisation_in_sight(actor(), request.form.get("to", 0, type=row_number))


def _choice_page(
    template: str,
    organisation: Organisation,
    to: Organisation | None,
    foresee: Callable[[Organisation, Organisation], Foreseen],
) -> str:
    branch = queries.below(organisation.tenant_id, organisation.id)
    return render_template(
        template,
        organisation=organisation,
        to=to,
        choices=[(one.id, one.name) for one in queries.open_places(actor(), but=branch)],
        foreseen=foresee(organisation, to) if to is not None else None,
    )
