"""Who may do what with organisations. Pure: the actor and the subject say all."""

from lms.organisations.actor import Actor
from lms.organisations.models import Invitation, Organisation, Role


def may_list_organisations(actor: Actor, _subject: object = None) -> bool:
    """The staff list the organisation in hand and what lies below it."""
    return actor.is_staff


def may_read_organisation(actor: Actor, _organisation: Organisation) -> bool:
    """The staff read the page of each organisation in sight."""
    return actor.is_staff


def may_add_organisation(actor: Actor, _organisation: Organisation) -> bool:
    """Administrators add organisations below theirs."""
    return actor.is_admin


def may_choose_days(actor: Actor, organisation: Organisation) -> bool:
    """Administrators of the whole tree read how long this customer's data is kept, and shorten it where they may."""
    return actor.is_admin and organisation.is_root


def may_prune_organisation(actor: Actor, organisation: Organisation) -> bool:
    """Administrators move the organisations below theirs, merge them, archive and restore them."""
    return actor.is_admin and organisation.id != actor.organisation_id


def may_take_in_hand(actor: Actor, organisation: Organisation) -> bool:
    """The staff work in any organisation in sight that is not archived: their roles hold there too."""
    return actor.is_staff and organisation.archived_at is None


def may_give_role(actor: Actor, role: Role) -> bool:
    """Administrators give and end any role; HR managers those of learners and managers; advisers those of learners."""
    if actor.is_admin:
        return True
    if actor.is_any(Role.HR_MANAGER):
        return role in (Role.LEARNER, Role.MANAGER)
    return actor.is_enroller and role is Role.LEARNER


def may_invite(actor: Actor, _organisation: Organisation) -> bool:
    """Whoever may give a role there invites people to it: administrators, HR managers and advisers."""
    return actor.is_enroller


def may_end_invitation(actor: Actor, invitation: Invitation) -> bool:
    """Whoever may give the role that it gives."""
    return may_give_role(actor, invitation.role)


def may_change_organisation(actor: Actor, _organisation: Organisation) -> bool:
    """Administrators and HR managers change what is said of their organisation and of those below it, and choose its switches."""
    return actor.is_any(Role.ADMIN, Role.HR_MANAGER)
