"""Tokens of identity systems, and what these systems have said of people and groups."""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.clock import Instant, now
from lms.core.db import BigId, Model, Owned, link, owned, words


class ScimToken(Owned, Model):
    """What an identity system shows at each request: it speaks for one organisation, until it is revoked."""

    __tablename__ = "scim_token"
    __table_args__ = owned(
        link("organisation_id", "organisation"),
        Index("ix_scim_token_tenant_id_organisation_id", "tenant_id", "organisation_id"),
    )

    organisation_id: Mapped[int] = mapped_column(BigId)
    #: What the administrators call it: ``Entra``, ``Okta, essai``.
    name: Mapped[str]
    #: Fingerprint of the token, by which it is found; the token itself is nowhere.
    token_hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
    #: To the minute.
    last_used_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)


class ResourceKind(enum.StrEnum):
    """What an identity system speaks of."""

    USER = "user"
    GROUP = "group"


class ScimResource(Owned, Model):
    """A user or a group as the identity system of an organisation describes it, and who or what that is here."""

    __tablename__ = "scim_resource"
    __table_args__ = owned(
        UniqueConstraint("tenant_id", "organisation_id", "scim_id"),
        UniqueConstraint("tenant_id", "organisation_id", "user_key"),
        link("organisation_id", "organisation"),
        link("person_id", "person"),
        link("cohort_id", "cohort"),
        Index("ix_scim_resource_in_order", "tenant_id", "organisation_id", "kind", "id"),
        Index("ix_scim_resource_by_external_id", "tenant_id", "organisation_id", "external_id"),
        Index("ix_scim_resource_by_display_name", "tenant_id", "organisation_id", "display_key"),
        Index("ix_scim_resource_tenant_id_person_id", "tenant_id", "person_id"),
        Index("ix_scim_resource_tenant_id_cohort_id", "tenant_id", "cohort_id"),
    )

    organisation_id: Mapped[int] = mapped_column(BigId)
    kind: Mapped[ResourceKind] = mapped_column(words(ResourceKind))
    #: The ``id`` that we gave it: 32 hexadecimal digits.
    scim_id: Mapped[str]
    #: A user's ``userName`` as it is compared. None: a group, or somebody who is gone.
    user_key: Mapped[str | None]
    #: The ``displayName`` as it is compared.
    display_key: Mapped[str | None]
    #: What the identity system calls it: it finds by it whom it sent before.
    external_id: Mapped[str | None]
    #: All that was sent but the members of a group and passwords: nothing of it is lost, whether we read it or not.
    document: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    #: From 1, one more at each change.
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
    changed_at: Mapped[datetime] = mapped_column(Instant, default=now)
    #: Who a user is here; None: erased.
    person_id: Mapped[int | None] = mapped_column(BigId)
    #: Which cohort a group is here.
    cohort_id: Mapped[int | None] = mapped_column(BigId)
    #: Since when the identity system speaks of this user no more. Whoever comes back under the same ``externalId`` is the same person.
    gone_at: Mapped[datetime | None] = mapped_column(Instant)


class ScimMember(Owned, Model):
    """A user (or another group) in a group, as the identity system said."""

    __tablename__ = "scim_member"
    __table_args__ = owned(
        UniqueConstraint("tenant_id", "group_id", "resource_id"),
        link("group_id", "scim_resource", ondelete="CASCADE"),
        link("resource_id", "scim_resource", ondelete="CASCADE"),
        Index("ix_scim_member_tenant_id_resource_id", "tenant_id", "resource_id"),
    )

    group_id: Mapped[int] = mapped_column(BigId)
    resource_id: Mapped[int] = mapped_column(BigId)
    #: What the identity system shows of it in the group.
    display: Mapped[str | None]
