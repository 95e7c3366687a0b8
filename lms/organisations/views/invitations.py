"""Invitations: given by the staff, looked at and accepted by whoever has one."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lms.core import db
from lms.core.clock import now
from lms.core.db import Mode
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.core.i18n import ngettext
from lms.core.qr import qr_svg
from lms.core.web import actor, anyone, is_shared_device, signed_in
from lms.organisations import invitation, policies, queries, services
from lms.organisations.forms import InvitationCodeForm, LinkInvitationForm, MailInvitationForm
from lms.organisations.models import Invitation, InvitationState, Organisation
from lms.organisations.roles import closed_words, role_name, state_words
from lms.organisations.services.invitations import code_of, roles_to_give, state_of
from lms.organisations.views import room
from lms.people import belonging, entrance, hashing, weakness
from lms.people.forms import NewcomerForm
from lms.people.services import renew, tries

# --- given by the staff ----------------------------------------------------------------------------------------------


@room.get(
    "/organisations/<int:organisation_id>/invitations",
    may=policies.may_invite,
    on=queries.organisation_in_sight,
)
def invitations(organisation: Organisation) -> ResponseReturnValue:
    return _show(
        organisation, MailInvitationForm(formdata=None), LinkInvitationForm(formdata=None, prefix="link")
    )


@room.post(
    "/organisations/<int:organisation_id>/invitations/mail",
    may=policies.may_invite,
    on=queries.organisation_in_sight,
)
def mail_invitations(organisation: Organisation) -> ResponseReturnValue:
    form = MailInvitationForm().offer(roles_to_give(actor()))
    assert isinstance(form, MailInvitationForm)
    if form.validate():
        try:
            many = services.mail_invitations(
                organisation, form.chosen, form.each, form.days.data or 1, actor()
            )
        except Refused as refusal:  # which address is none: the others stay typed
            form.addresses.errors = [f"{refusal.reason}. {refusal.remedy}"]
    if form.errors:
        return _show(organisation, form, LinkInvitationForm(formdata=None, prefix="link")), 422
    flash(ngettext("%(num)s invitation leaves by mail.", "%(num)s invitations leave by mail.", many), "done")
    return redirect(url_for("organisations.invitations", organisation_id=organisation.id))


@room.post(
    "/organisations/<int:organisation_id>/invitations/link",
    may=policies.may_invite,
    on=queries.organisation_in_sight,
)
def give_link(organisation: Organisation) -> ResponseReturnValue:
    form = LinkInvitationForm(prefix="link").offer(roles_to_give(actor()))
    assert isinstance(form, LinkInvitationForm)
    if not form.validate():
        return _show(organisation, MailInvitationForm(formdata=None), form), 422
    made = services.give_link(organisation, form.chosen, form.most.data or 1, form.days.data or 1, actor())
    return redirect(url_for("organisations.invitation_sheet", invitation_id=made.id))


@room.get(
    "/organisations/invitations/<int:invitation_id>",
    may=policies.may_end_invitation,
    on=queries.invitation_in_sight,
)
def invitation_sheet(given: Invitation) -> ResponseReturnValue:
    """The link, the code and a square to photograph: to be sent, read out or printed."""
    code = code_of(given)
    organisation = queries.organisation_in_sight(actor(), given.organisation_id)
    return render_template(
        "organisations/invitation.html",
        given=given, organisation=organisation, code=code, url=invitation.url_of(code), role=role_name(given.role),
        picture=qr_svg(invitation.url_of(code)),
        state=state_of(given).value, words=state_words(state_of(given)),
    )  # fmt: skip


@room.post(
    "/organisations/invitations/<int:invitation_id>/revoke",
    may=policies.may_end_invitation,
    on=queries.invitation_in_sight,
)
def revoke_invitation(given: Invitation) -> ResponseReturnValue:
    services.revoke(given, actor())
    flash(_("The invitation is taken back.\nWhoever accepted it stays."), "done")
    return redirect(url_for("organisations.invitations", organisation_id=given.organisation_id))


# --- looked at and accepted ------------------------------------------------------------------------------------------


@room.get("/invitations", may=anyone)
def invitation_code() -> ResponseReturnValue:
    return render_template("organisations/invitation_code.html", form=InvitationCodeForm(formdata=None))


@room.post("/invitations", may=anyone, mode=Mode.READ)
def find_invitation() -> ResponseReturnValue:
    form = InvitationCodeForm()
    if form.validate():
        tried = tries.begin(tries.INVITATION, "", request.remote_addr or "")
        db.begin(Mode.READ)
        typed = form.code.data or ""
        if tried.wait:
            form.code.errors = [_("Too many codes were tried from here. Wait a quarter of an hour.")]
        elif found := queries.invitation_by_code(invitation.code_hash(typed)):
            code = code_of(found[0])
            db.begin(Mode.WRITE)
            tries.forgive(tried)
            return redirect(url_for("organisations.invited", code=code))
        else:
            form.code.errors = [_("No invitation has this code. Check it with whoever gave it to you.")]
    return render_template("organisations/invitation_code.html", form=form), 422


@room.get("/invitations/<string:code>", may=anyone)
def invited(code: str) -> ResponseReturnValue:
    """Opening it uses nothing up."""
    return _show_invited(code, NewcomerForm(formdata=None))


@room.post("/invitations/<string:code>/join", may=signed_in)
def join(code: str) -> ResponseReturnValue:
    who = actor()
    organisation = services.accept(code, who)
    wanted = next(one for one in belonging.places(who.account_id) if one.organisation_id == organisation.id)
    entrance.hold(wanted, renew(who.sign_in_id), is_shared=is_shared_device())
    flash(_("Welcome to %(organisation)s.", organisation=organisation.name), "done")
    return redirect("/")


@room.post("/invitations/<string:code>/account", may=anyone, mode=Mode.READ)
def arrive(code: str) -> ResponseReturnValue:
    form = NewcomerForm()
    first, last = form.names
    own = [first, last]
    if form.validate() and (fault := weakness.password_fault(form.said("password"), own)):
        form.password.errors = [fault]
    found = queries.invitation_by_code(invitation.code_hash(code))
    if form.errors or found is None or state_of(found[0]) is not InvitationState.OPEN:
        return _show_invited(code, form, status=422)
    db.begin(Mode.READ)  # nothing is held while the password is hashed
    hashed = hashing.hash_password(form.said("password"))
    db.begin(Mode.WRITE)
    made = services.arrive(code, first, last, hashed)
    entrance.enter(made.account_id, "invitation", tenant_id=made.tenant_id)
    flash(_("Your account is ready.\nTo sign in later, your login is: %(login)s.", login=made.login), "done")
    return redirect("/")


def _show_invited(code: str, form: NewcomerForm, status: int = 200) -> ResponseReturnValue:
    found = queries.invitation_by_code(invitation.code_hash(code))
    if found is None:
        return render_template(
            "organisations/invitation_closed.html",
            reason=_("This invitation does not exist"), remedy=_("Check the code with whoever gave it to you."),
        ), 404  # fmt: skip
    given, organisation = found
    state = state_of(given)
    if state is not InvitationState.OPEN:
        reason, remedy = closed_words(state)
        return render_template("organisations/invitation_closed.html", reason=reason, remedy=remedy), 410
    page = render_template(
        "organisations/invited.html",
        given=given, organisation=organisation, role=role_name(given.role), code=code, form=form,
    )  # fmt: skip
    return page, status


def _show(organisation: Organisation, by_mail: MailInvitationForm, by_link: LinkInvitationForm) -> str:
    roles = roles_to_give(actor())
    rows = [
        (one, giver, *state_words(one.state(now()))) for one, giver in queries.invitations_of(organisation)
    ]
    return render_template(
        "organisations/invitations.html",
        organisation=organisation, rows=rows, by_mail=by_mail.offer(roles), by_link=by_link.offer(roles),
        role_name=role_name,
    )  # fmt: skip
