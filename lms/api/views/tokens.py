"""The page on which administrators let an identity system in, and shut it out again."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from config import settings
from lms.api import policies, queries, services
from lms.api.forms import TokenForm
from lms.api.models import ScimToken
from lms.api.scim import ROOT
from lms.api.views import room
from lms.core.i18n import gettext as _
from lms.core.web import actor


@room.get("/api/tokens", may=policies.may_manage_tokens)
def tokens() -> ResponseReturnValue:
    return _page(TokenForm(formdata=None))


@room.post("/api/tokens", may=policies.may_manage_tokens)
def make_token() -> ResponseReturnValue:
    form = TokenForm()
    if not form.validate():
        return _page(form), 422
    made = services.make_token(queries.organisation_in_hand(actor()), form.name.data or "", actor())
    return _page(TokenForm(formdata=None), made)


@room.post("/api/tokens/<int:token_id>/revoke", may=policies.may_revoke_token, on=queries.token_in_hand)
def revoke_token(token: ScimToken) -> ResponseReturnValue:
    if services.revoke_token(token, actor()):
        flash(
            _(
                "The token is revoked.\nThe system that used it is shut out from now on. People stay as they are."
            ),
            "done",
        )
    return redirect(url_for("api.tokens"))


def _page(form: TokenForm, made: str = "") -> str:
    """``made``: a token that was made just now, to be copied from this one page."""
    return render_template(
        "api/tokens.html",
        form=form,
        made=made,
        tokens=queries.tokens_in_hand(actor()),
        address=settings.current().base_url + ROOT,
    )
