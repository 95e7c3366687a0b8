"""Who is what in the tree."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import delete, select, update

from lms.core import journal
from lms.core.clock import now, today
from lms.core.db import session
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.organisations import policies, queries
from lms.organisations.actor import Actor
from lms.organisations.models import Membership, Organisation, Role
from lms.people import services as people


class BadLogin(Refused):
    """A login is typed in one piece."""


class BadAddress(Refused):
    """No mail would ever arrive there."""


class NotTheirs(Refused):
    """An account of another customer: only its owner may tie the two together."""


class NotTheirsToGive(Refused):
    """A role that whoever acts may neither give nor end."""

    status = 403


class BadEnd(Refused):
    """A role that would end at a moment which cannot be."""


class LastPlace(Refused):
    """Somebody who is nothing anywhere is in no list."""


class NotALearner(Refused):
    """Only learners are moved; the staff have roles."""


class NotInTheTeam(Refused):
    """Somebody who is not of the staff, or of another branch."""


class Archived(Refused):
    """Nobody works there any more."""


LONGEST = timedelta(days=366)  #: of an audit, or any role with an end


@dataclass(frozen=True, slots=True)
class Added:
    """Somebody who was added: the account, and the link to choose a password (empty where one was given)."""

    login: str
    person_id: int
    link: str


def add_member(
    person_id: int,
    organisation: Organisation,
    role: Role,
    follower_id: int | None = None,
    actor: Any = None,
    ends_at: datetime | None = None,
) -> Membership:
    """Make a person something in an organisation, until ``ends_at``; what they are already stays, with the new end.

    An audit always has an end: a year away where nobody said another one.
    """
    if role is Role.AUDITOR and ends_at is None:
        ends_at = now() + LONGEST
    found = queries.membership(organisation.tenant_id, person_id, organisation.id, role)
    if found is not None:
        found.ends_at = ends_at
        return found
    made = Membership(
        tenant_id=organisation.tenant_id,
        person_id=person_id,
        organisation_id=organisation.id,
        role=role,
        follower_id=follower_id,
        ends_at=ends_at,
    )
    session.add(made)
    session.flush()  # a role that is there already is refused here, not at the commit
    if role is not Role.LEARNER:  # a printed card must not open more than a learner's pages
        people.withdraw_cards_of(person_id)
        journal.note(
            "rights-changed", actor, tenant_id=organisation.tenant_id, person=person_id, role=role.value,
            organisation=organisation.id,
        )  # fmt: skip
    return made


def _typeable(login: str, email: str | None) -> None:
    if not re.fullmatch(r"[^\s\x00-\x1f\x7f]{1,200}", login.strip()):
        raise BadLogin(
            _("“%(login)s” cannot be a login", login=login),
            _("Use letters, digits, dots and dashes, without spaces."),
        )
    if email:
        try:
            validate_email(email.strip(), check_deliverability=False)
        except EmailNotValidError:
            raise BadAddress(
                _("“%(email)s” is no e-mail address", email=email), _("Write it as in name@example.fr.")
            ) from None


def add_person(
    login: str,
    organisation: Organisation,
    role: Role,
    *,
    first_name: str,
    last_name: str,
    email: str | None = None,
    hashed: str | None = None,
) -> Added:
    """Somebody with this login becomes a member: new, or one more role for whom this tenant knows.

    Raises ``BadLogin``, ``BadAddress`` or ``NotTheirs``.
    """
    _typeable(login, email)
    account = people.account_by_login(login)
    person = people.person_of_account(account.id, organisation.tenant_id) if account else None
    if account is not None and person is None:
        raise NotTheirs(
            _("The login %(login)s belongs to somebody of another organisation", login=account.login),
            _("Choose another login."),
        )
    if account is None or person is None:
        account = people.create_account(login, email=email)
        person = people.add_person(
            organisation.tenant_id, first_name, last_name, account_id=account.id, email=account.email
        )
    add_member(person.id, organisation, role)
    if hashed:
        people.set_password(account.id, hashed)
    needs_link = not hashed and not account.password_hash
    return Added(account.login, person.id, people.make_link(account.id, people.WEEK) if needs_link else "")


def settle(
    actor: Actor, person_id: int, organisation: Organisation, role: Role, until: date | None
) -> Membership:
    """Make a person something in an organisation of the actor's, up to the end of the day ``until``.

    Raises ``NotTheirsToGive``; an audit without an end, or with one that is past or too far away, is a ``BadEnd``.
    """
    if not policies.may_give_role(actor, role):
        raise NotTheirsToGive(_("This role is not yours to give."), _("Ask an administrator."))
    if organisation.archived_at is not None:
        raise Archived(_("This organisation is archived."), _("Choose another one, or restore it first."))
    day = today(actor.zone)
    if role is Role.AUDITOR and until is None:
        raise BadEnd(_("An audit has an end."), _("Say until when: a year from today at most."))
    if until is not None and not day <= until <= day + LONGEST:
        raise BadEnd(_("This end cannot be."), _("Choose a day from today on, a year away at most."))
    return add_member(person_id, organisation, role, actor=actor, ends_at=_end_of(until, actor.zone))


def end(actor: Actor, membership: Membership) -> None:
    """End what somebody is at one place. Raises ``NotTheirsToGive`` or ``LastPlace``."""
    if not policies.may_give_role(actor, membership.role):
        raise NotTheirsToGive(_("This role is not yours to end."), _("Ask an administrator."))
    if membership.person_id == actor.person_id:
        raise NotTheirsToGive(
            _("You cannot end a role of your own."), _("Ask another administrator of your organisation.")
        )
    others = select(Membership.id).where(
        Membership.tenant_id == actor.tenant_id,
        Membership.person_id == membership.person_id,
        Membership.id != membership.id,
    )
    if session.scalar(others.limit(1)) is None:
        raise LastPlace(
            _("It is the last role of this person: they would be in no list any more."),
            _("Give another role first. If they have left, archive the file."),
        )
    _take_away(actor, membership)


def move(actor: Actor, person_id: int, to: Organisation) -> None:
    """Take a learner from the organisations in the actor's sight to another one. Whoever followed them there does so no more.

    Raises ``NotALearner`` where they are a learner nowhere in sight, or there already; ``Archived``.
    """
    if to.archived_at is not None:
        raise Archived(_("This organisation is archived."), _("Choose another one, or restore it first."))
    found = select(Membership).where(
        Membership.tenant_id == actor.tenant_id,
        Membership.person_id == person_id,
        Membership.role == Role.LEARNER,
        Membership.organisation_id != to.id,
        Membership.organisation_id.in_(queries.in_hand(actor)),
    )
    leaving = session.scalars(found.order_by(Membership.id)).all()
    if not leaving:
        raise NotALearner(
            _("There is nothing to move: this person is there already, or is no learner."),
            _("Roles of the staff are given and ended one by one."),
        )
    add_member(person_id, to, Role.LEARNER, actor=actor)
    for membership in leaving:
        _take_away(actor, membership)
    journal.note("person-moved", actor, person=person_id, organisation=to.id)


def follow(actor: Actor, person_id: int, follower_id: int | None) -> None:
    """Say who follows a learner, in the organisations in the actor's sight; None: nobody. Raises ``NotALearner`` or ``NotInTheTeam``."""
    if follower_id is not None and follower_id not in {row.id for row in queries.followers_to_choose(actor)}:
        raise NotInTheTeam(_("This person cannot follow learners here."), _("Choose somebody in the list."))
    change = update(Membership).where(
        Membership.tenant_id == actor.tenant_id,
        Membership.person_id == person_id,
        Membership.role == Role.LEARNER,
        Membership.organisation_id.in_(queries.in_hand(actor)),
    )
    done = session.execute(change.values(follower_id=follower_id).returning(Membership.id)).all()
    if not done:
        raise NotALearner(
            _("This person is no learner in your sight."), _("Only learners are followed by somebody.")
        )
    journal.note("follower-changed", actor, person=person_id, follower=follower_id)


def _take_away(actor: Actor, membership: Membership) -> None:
    session.execute(
        delete(Membership).where(Membership.tenant_id == membership.tenant_id, Membership.id == membership.id)
    )
    journal.note(
        "rights-changed", actor, tenant_id=membership.tenant_id, person=membership.person_id, ended=membership.role.value,
        organisation=membership.organisation_id,
    )  # fmt: skip


def _end_of(day: date | None, zone: str) -> datetime | None:
    """The instant at which this day ends by the organisation's clock."""
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone)) if day else None
