"""Invitations: given by mail or as a link, taken back, accepted by whoever has them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import delete, insert, update

from lms.core import i18n, journal, post, walls
from lms.core.clock import now
from lms.core.db import session
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.core.sealing import Unsealable, seal, unseal
from lms.organisations import invitation, policies, queries
from lms.organisations.actor import Actor
from lms.organisations.models import Invitation, InvitationState, Organisation, Role
from lms.organisations.roles import closed_words
from lms.organisations.services.members import BadAddress, add_member
from lms.people import queries as persons
from lms.people import services as people
from lms.people.models import Person

MOST_MAILS, MOST_USES, MOST_DAYS = 200, 1_000, 90
#: An audit has an end, which is set where the role is given.
NOT_BY_INVITATION = frozenset({Role.AUDITOR})


class NotYoursToGive(Refused):
    """A role that whoever invites may not give."""

    status = 403


class TooMany(Refused):
    """More than one sends by hand."""


class Closed(Refused):
    """The invitation no longer lets anybody in; the reason says why."""

    status = 410


class HasAccount(Refused):
    """Whoever has the address has an account: they sign in with it first."""


@dataclass(frozen=True, slots=True)
class Welcome:
    """Somebody who accepted without an account: it was made, and its login is told."""

    account_id: int
    tenant_id: int
    login: str


def roles_to_give(actor: Actor) -> list[Role]:
    """The roles that this person may give by an invitation, learners first."""
    given = [one for one in reversed(Role) if policies.may_give_role(actor, one)]
    return [one for one in given if one not in NOT_BY_INVITATION]


def mail_invitations(
    organisation: Organisation, role: Role, addresses: Sequence[str], days: int, actor: Actor
) -> int:
    """Invite each address once, by a link of its own; earlier invitations of these to the same role end. How many.

    Raises ``NotYoursToGive``, ``TooMany`` and ``BadAddress``, which names the first that is none.
    """
    _check_role(role, actor)
    emails = list(dict.fromkeys(map(_address, addresses)))
    if len(emails) > MOST_MAILS:
        raise TooMany(
            _("There are %(n)s addresses", n=len(emails)),
            _("Invite at most %(most)s at once.", most=MOST_MAILS),
        )
    _end_earlier(organisation, role, emails)
    codes = {email: invitation.draw() for email in emails}
    until = now() + timedelta(days=days)
    rows = [_row(organisation, role, code, until, actor, email=email) for email, code in codes.items()]
    if rows:
        session.execute(insert(Invitation), rows)
    _mail(organisation, codes, until, actor)
    journal.note(
        "invitations-mailed", actor, organisation=organisation.id, role=role.value, people=len(emails)
    )
    return len(emails)


def give_link(organisation: Organisation, role: Role, most: int, days: int, actor: Actor) -> Invitation:
    """A link and a code for so many people. Raises ``NotYoursToGive``."""
    _check_role(role, actor)
    values = _row(organisation, role, invitation.draw(), now() + timedelta(days=days), actor, most=most)
    made = Invitation(**values)
    session.add(made)
    session.flush()  # its number, for its page
    journal.note("invitation-made", actor, organisation=organisation.id, role=role.value, most=most)
    return made


def revoke(given: Invitation, actor: Actor) -> None:
    """From now on it lets nobody in; whoever accepted stays."""
    given.revoked_at = given.revoked_at or now()
    journal.note("invitation-revoked", actor, invitation=given.id)


def code_of(given: Invitation) -> str:
    """The code, as it is printed; empty where the installation's key is another one since, so that it opens nothing."""
    try:
        return unseal(given.sealed_code)
    except Unsealable:
        return ""


def state_of(given: Invitation) -> InvitationState:
    """What it is worth now: also void where whoever gave it may no longer give that role."""
    known = given.state(now())
    if known is not InvitationState.OPEN or _may_still_give(given):
        return known
    return InvitationState.VOID


def accept(code: str, actor: Actor) -> Organisation:
    """Whoever is signed in becomes what the invitation says, in its organisation. Raises ``Closed``.

    One account may so open persons with several customers: its owner ties them together, and nobody else. Whoever
    is that already uses nothing up. Afterwards the transaction is about the tenant of the invitation.
    """
    mine = persons.person_by_id(actor.tenant_id, actor.person_id)
    given, organisation = _found(code)
    person = persons.person_of_account(actor.account_id, organisation.tenant_id)
    if person is None or not queries.membership(
        organisation.tenant_id, person.id, organisation.id, given.role
    ):
        _use(given)
        if person is None:
            assert mine is not None
            person = people.add_person(
                organisation.tenant_id, mine.first_name, mine.last_name, account_id=actor.account_id,
                email=persons.email_of(actor.account_id) or None, language=mine.language,
            )  # fmt: skip
        _join(person, organisation, given)
    return organisation


def arrive(code: str, first_name: str, last_name: str, hashed: str) -> Welcome:
    """Whoever has no account gets one, with this password (hashed already). Raises ``Closed``, ``HasAccount``.

    The address is known to be theirs only where the invitation was mailed to it: it is the login then, and a
    person whom the tenant knows by it and nobody has signed in as is theirs. Otherwise the login is made of the name.
    """
    given, organisation = _found(code)
    email = given.email or ""
    if email and persons.address_is_taken(email):
        raise HasAccount(
            _("You already have an account with this address"),
            _("Sign in with it, then open the invitation again."),
        )
    _use(given)
    account = people.create_account(
        email or _free_login(first_name, last_name), email=email or None, language=i18n.language()
    )
    people.set_password(account.id, hashed)
    known = _expected(organisation.tenant_id, email)
    if known is None:
        known = people.add_person(
            organisation.tenant_id, first_name, last_name, account_id=account.id, email=email or None,
            language=account.language,
        )  # fmt: skip
    known.account_id = account.id
    session.flush()  # whoever signs in is looked for by it
    _join(known, organisation, given)
    return Welcome(account.id, organisation.tenant_id, account.login)


def forget_ended(tenant_id: int, before: datetime) -> None:
    """Delete invitations that ended before this moment, with the addresses that they were sent to."""
    ended = Invitation.tenant_id == tenant_id, Invitation.expires_at < before
    session.execute(delete(Invitation).where(*ended))


def _check_role(role: Role, actor: Actor) -> None:
    if role not in roles_to_give(actor):
        raise NotYoursToGive(_("You may not give this role"), _("Choose another one from the list."))


def _address(text: str) -> str:
    try:
        validate_email(text.strip(), check_deliverability=False)
    except EmailNotValidError:
        raise BadAddress(
            _("“%(email)s” is no e-mail address", email=text.strip()[:100]),
            _("Write it as in name@example.fr."),
        ) from None
    return text.strip().casefold()


def _end_earlier(organisation: Organisation, role: Role, emails: Sequence[str]) -> None:
    """The last mail counts: two links for one person would only be one more to lose."""
    earlier = update(Invitation).where(
        Invitation.tenant_id == organisation.tenant_id,
        Invitation.organisation_id == organisation.id,
        Invitation.role == role,
        Invitation.email.in_(emails),
        Invitation.revoked_at.is_(None),
        Invitation.used == 0,
    )
    session.execute(earlier.values(revoked_at=now()).execution_options(synchronize_session=False))


def _row(
    organisation: Organisation, role: Role, code: str, until: datetime, actor: Actor, **more: Any
) -> dict[str, Any]:
    return {
        "tenant_id": organisation.tenant_id, "organisation_id": organisation.id, "role": role,
        "code_hash": invitation.code_hash(code), "sealed_code": seal(code), "most": 1, "used": 0,
        "by_id": actor.person_id, "created_at": now(), "expires_at": until, **more,
    }  # fmt: skip


def _mail(organisation: Organisation, codes: dict[str, str], until: datetime, actor: Actor) -> None:
    said = {"organisation": organisation.name, "by": actor.name, "until": until.date().isoformat()}
    letters = [
        {
            "address": email,
            "details": said | {"url": invitation.url_of(code), "code": code},
            "key": f"invitation/{invitation.code_hash(code)[:32]}",
        }
        for email, code in codes.items()
    ]
    post.send_many(
        "organisations.invitation", letters, language=organisation.language, zone=organisation.zone
    )


def _found(code: str) -> tuple[Invitation, Organisation]:
    found = queries.invitation_by_code(invitation.code_hash(code))
    if found is None:
        raise Closed(_("This invitation does not exist"), _("Check the code with whoever gave it to you."))
    return found


def _use(given: Invitation) -> None:
    """Take one of its uses; of many who come together no more than it allows get in. Raises ``Closed``."""
    if not _may_still_give(given):
        raise _closed(InvitationState.VOID)
    using = update(Invitation).where(
        Invitation.tenant_id == given.tenant_id,
        Invitation.id == given.id,
        Invitation.used < Invitation.most,
        Invitation.revoked_at.is_(None),
        Invitation.expires_at > now(),
    )
    if session.execute(using.values(used=Invitation.used + 1).returning(Invitation.id)).first() is None:
        raise _closed(given.state(now()))


def _closed(state: InvitationState) -> Closed:
    return Closed(*closed_words(state))


def _may_still_give(given: Invitation) -> bool:
    roles = queries.roles_at(given.tenant_id, given.by_id, given.organisation_id)
    giver = Actor(0, given.by_id, 0, given.tenant_id, given.organisation_id, "", "", "", roles)
    return policies.may_give_role(giver, given.role)


def _join(person: Person, organisation: Organisation, given: Invitation) -> None:
    add_member(person.id, organisation, given.role)
    journal.note(
        "invitation-accepted", None, tenant_id=organisation.tenant_id, invitation=given.id, person=person.id,
        role=given.role.value,
    )  # fmt: skip


def _expected(tenant_id: int, email: str) -> Person | None:
    """The one person of the tenant with this address, if nobody ever signed in as them."""
    walls.enter(tenant_id)
    found = persons.persons_by_email(tenant_id, email) if email else []
    return found[0] if len(found) == 1 and found[0].account_id is None else None


def _free_login(first_name: str, last_name: str) -> str:
    """``nadia.benali``; with a number where somebody has it."""
    plain = ".".join(filter(None, ("-".join(i18n.sort_key(one).split()) for one in (first_name, last_name))))
    taken, number = plain, 1
    while persons.login_is_taken(taken):
        number += 1
        taken = f"{plain}{number}" if number < 100 else people.made_up_login()
    return taken
