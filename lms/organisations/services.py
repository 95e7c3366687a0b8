"""What changes the tree and who is what in it."""

import re
from dataclasses import dataclass
from typing import Any

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import insert, literal, select, update

from lms.core import journal, walls
from lms.core.db import session
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.core.tenants import Tenant
from lms.organisations import accent, queries
from lms.organisations.models import Branch, Membership, Organisation, OrganisationKind, Role
from lms.people import services as people


class SlugTaken(Refused):
    """Commands know organisations by their slug: no two have the same."""


class BadSlug(Refused):
    """A slug is lower-case letters, digits and single dashes."""


class NoName(Refused):
    """People know an organisation by its name."""


class BadLogin(Refused):
    """A login is typed in one piece."""


class BadAddress(Refused):
    """No mail would ever arrive there."""


class NotTheirs(Refused):
    """An account of another customer: only its owner may tie the two together."""


@dataclass(frozen=True, slots=True)
class Added:
    """Somebody who was added: the account, and the link to choose a password (empty where one was given)."""

    login: str
    person_id: int
    link: str


def add(
    slug: str, name: str, kind: OrganisationKind, *, parent: Organisation | None = None, level: str = ""
) -> Organisation:
    """A unit of the tree; without a parent, a new tenant with this organisation at its root.

    Raises ``BadSlug``, ``SlugTaken`` or ``NoName``.
    """
    if not (name := " ".join(name.split())):
        raise NoName(_("The organisation has no name"), _("Give it the name that people read."))
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug) or len(slug) > 60:
        raise BadSlug(
            _("%(slug)s cannot be a short name", slug=slug), _("Use lower-case letters, digits and dashes.")
        )
    if queries.tenant_of(slug) is not None:
        raise SlugTaken(
            _("An organisation is already called %(slug)s", slug=slug), _("Choose another short name.")
        )
    tenant_id = parent.tenant_id if parent else _new_tenant(name)
    made = Organisation(
        tenant_id=tenant_id,
        parent_id=parent.id if parent else None,
        slug=slug,
        name=name,
        kind=kind,
        level=level,
    )
    if parent is not None:
        made.help_phone, made.help_hours, made.accent = parent.help_phone, parent.help_hours, parent.accent
        made.zone, made.language = parent.zone, parent.language
    session.add(made)
    session.flush()  # its number, for its branches
    above = select(Branch.tenant_id, Branch.above_id, literal(made.id)).where(
        Branch.tenant_id == tenant_id, Branch.below_id == made.parent_id
    )
    session.execute(insert(Branch).from_select(["tenant_id", "above_id", "below_id"], above))
    session.execute(insert(Branch).values(tenant_id=tenant_id, above_id=made.id, below_id=made.id))
    journal.note("organisation-added", None, tenant_id=tenant_id, organisation=made.id)
    return made


def add_member(
    person_id: int, organisation: Organisation, role: Role, follower_id: int | None = None, actor: Any = None
) -> Membership:
    """Make a person something in an organisation; what they are already stays. Their sessions begin anew."""
    found = queries.membership(organisation.tenant_id, person_id, organisation.id, role)
    if found is not None:
        return found
    made = Membership(
        tenant_id=organisation.tenant_id,
        person_id=person_id,
        organisation_id=organisation.id,
        role=role,
        follower_id=follower_id,
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


def put_right(organisation: Organisation, actor: Any, **values: str) -> bool:
    """Change what pages say of an organisation; says whether its colour had to be darkened to be read."""
    asked = values.get("accent", "")
    if asked:
        values["accent"] = accent.readable(asked)
    changed = [name for name, value in values.items() if getattr(organisation, name) != value]
    if changed:
        here = (Organisation.tenant_id == organisation.tenant_id, Organisation.id == organisation.id)
        session.execute(update(Organisation).where(*here).values(**values))
        journal.note("organisation-changed", actor, organisation=organisation.id, fields=changed)
    return bool(asked) and values["accent"] != asked.lower()


def _new_tenant(name: str) -> int:
    """A tenant without any rows yet: what follows in this transaction is about it."""
    tenant = Tenant(name=name)
    session.add(tenant)
    session.flush()  # its number
    walls.enter(tenant.id)
    return tenant.id
