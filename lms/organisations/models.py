"""Organisations, their tree, and memberships."""

import enum
from datetime import datetime

from sqlalchemy import JSON, Connection, ForeignKeyConstraint, Index, UniqueConstraint, event, select
from sqlalchemy.orm import Mapped, Mapper, mapped_column

from lms.core.clock import Instant, now
from lms.core.db import BigId, Model, Owned, link, owned, words
from lms.people.models import Person


class OrganisationKind(enum.StrEnum):
    """What an organisation is."""

    AGENCY = "agency"
    COMPANY = "company"
    ASSOCIATION = "association"
    TRAINING_BODY = "training-body"
    FUNDER = "funder"


class Role(enum.StrEnum):
    """What a person is in an organisation, and in all that lies below it."""

    ADMIN = "admin"
    HR_MANAGER = "hr-manager"
    MANAGER = "manager"
    ADVISER = "adviser"
    TRAINER = "trainer"
    MEDIATOR = "mediator"
    PARTNER = "partner"
    AUDITOR = "auditor"
    LEARNER = "learner"


class InvitationState(enum.StrEnum):
    """What an invitation is worth."""

    OPEN = "open"
    SPENT = "spent"
    EXPIRED = "expired"
    REVOKED = "revoked"
    VOID = "void"  # whoever gave it may no longer give that role


class Organisation(Owned, Model):
    """A unit of the tree: a network, a region, an agency; a company, a site."""

    __tablename__ = "organisation"
    __table_args__ = owned(
        link("parent_id", "organisation"),
        link("merged_into_id", "organisation"),
        Index("ix_organisation_tenant_id_parent_id", "tenant_id", "parent_id"),
        Index("ix_organisation_tenant_id_merged_into_id", "tenant_id", "merged_into_id"),
    )

    #: None for the root: the tenant itself.
    parent_id: Mapped[int | None] = mapped_column(BigId)
    #: Unique in the installation; commands know organisations by it.
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    kind: Mapped[OrganisationKind] = mapped_column(words(OrganisationKind))
    #: A free label: réseau, région, agence, site.
    level: Mapped[str] = mapped_column(default="")
    #: 14 digits.
    siret: Mapped[str | None]
    #: Declaration number of a training body: 11 digits.
    nda: Mapped[str | None]
    #: Number of a public employment agency: 5 digits.
    safir: Mapped[str | None]
    address: Mapped[str] = mapped_column(default="")
    #: Whom learners call for help, and when.
    help_phone: Mapped[str] = mapped_column(default="")
    help_hours: Mapped[str] = mapped_column(default="")
    #: Colour of actions, ``#rrggbb``; empty: ours.
    accent: Mapped[str] = mapped_column(default="")
    #: Where the storage keeps its own logo, and its bytes; and the one that is shown: its own, else from above.
    own_logo: Mapped[str] = mapped_column(default="")
    own_logo_size: Mapped[int] = mapped_column(default=0)
    logo: Mapped[str] = mapped_column(default="")
    #: Who signs certificates, and as what.
    signatory: Mapped[str] = mapped_column(default="")
    signatory_role: Mapped[str] = mapped_column(default="")
    #: Whether everybody but learners shows a second factor here, and in all that lies below.
    requires_second_factor: Mapped[bool] = mapped_column(default=False)
    language: Mapped[str] = mapped_column(default="fr")
    zone: Mapped[str] = mapped_column(default="Europe/Paris")
    #: Names of the switches that are on here; see ``features``.
    features: Mapped[list[str]] = mapped_column(JSON, default=list)
    #: How many days files are kept, by name, where this customer wants them gone sooner; said at the root.
    keep_days: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
    #: Since when nobody works in it. What it holds is still there, and can be read from above.
    archived_at: Mapped[datetime | None] = mapped_column(Instant)
    #: The organisation that has all that this one had.
    merged_into_id: Mapped[int | None] = mapped_column(BigId)

    @property
    def is_root(self) -> bool:
        """Whether it is the customer itself."""
        return self.parent_id is None


class Branch(Model):
    """Which organisations lie below which, at any depth; each lies below itself. What makes "in sight" one join."""

    __tablename__ = "organisation_branch"
    __table_args__ = (
        link("above_id", "organisation"),
        link("below_id", "organisation"),
        Index("ix_organisation_branch_tenant_id_below_id", "tenant_id", "below_id"),
    )

    tenant_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    above_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    below_id: Mapped[int] = mapped_column(BigId, primary_key=True)


class Membership(Owned, Model):
    """A person in an organisation, as something; and who follows that person there."""

    __tablename__ = "membership"
    __table_args__ = owned(
        UniqueConstraint("tenant_id", "person_id", "organisation_id", "role"),
        ForeignKeyConstraint(
            ["tenant_id", "person_id", "sort_name"],
            ["person.tenant_id", "person.id", "person.sort_name"],
            onupdate="CASCADE",  # whoever is put right is found under the new name at once
        ),
        link("organisation_id", "organisation"),
        link("follower_id", "person"),
        Index("ix_membership_tenant_id_organisation_id", "tenant_id", "organisation_id", "role"),
        Index("ix_membership_by_name", "tenant_id", "organisation_id", "sort_name", "person_id"),
        Index("ix_membership_tenant_id_follower_id", "tenant_id", "follower_id"),
    )

    person_id: Mapped[int] = mapped_column(BigId)
    #: The person's, so that the people of one organisation lie in their order; the database keeps the two equal.
    sort_name: Mapped[str]
    organisation_id: Mapped[int] = mapped_column(BigId)
    role: Mapped[Role] = mapped_column(words(Role))
    #: The adviser or manager who accompanies this learner.
    follower_id: Mapped[int | None] = mapped_column(BigId)
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
    #: Until when it holds; None: as long as it stands. For auditors.
    ends_at: Mapped[datetime | None] = mapped_column(Instant)


class Invitation(Owned, Model):
    """A way into an organisation that was given away: to one address by mail, or as a link and a code for several."""

    __tablename__ = "invitation"
    __table_args__ = owned(
        link("organisation_id", "organisation"),
        link("by_id", "person"),
        Index("ix_invitation_tenant_id_organisation_id", "tenant_id", "organisation_id"),
        Index("ix_invitation_tenant_id_by_id", "tenant_id", "by_id"),
    )

    organisation_id: Mapped[int] = mapped_column(BigId)
    #: What whoever accepts becomes there.
    role: Mapped[Role] = mapped_column(words(Role))
    #: To whom it was mailed, in lower case; None: to whoever has the link or the code.
    email: Mapped[str | None]
    #: Keyed fingerprint of its code, which is the end of its link too.
    code_hash: Mapped[str] = mapped_column(unique=True)
    #: The code, sealed, so that whoever invites finds the link again.
    sealed_code: Mapped[str]
    #: How many may accept, and how many have.
    most: Mapped[int]
    used: Mapped[int] = mapped_column(default=0)
    by_id: Mapped[int] = mapped_column(BigId)
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)

    def state(self, at: datetime) -> "InvitationState":
        """What it is worth at this moment, as far as the row knows."""
        if self.revoked_at is not None:
            return InvitationState.REVOKED
        if self.used >= self.most:
            return InvitationState.SPENT
        return InvitationState.EXPIRED if self.expires_at <= at else InvitationState.OPEN


@event.listens_for(Membership, "before_insert")
def _sort_as_the_person(_mapper: Mapper[Membership], connection: Connection, made: Membership) -> None:
    """One that is made as an object takes the name from the person's row."""
    said: str | None = made.sort_name
    if said is None:
        own = Person.tenant_id == made.tenant_id, Person.id == made.person_id
        made.sort_name = connection.scalar(select(Person.sort_name).where(*own)) or ""
