"""Identity providers, and which of their people are which of our accounts."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.clock import Instant, now
from lms.core.db import BigId, Model, Owned, link, owned, words
from lms.organisations.models import Role


class IdentityProvider(Owned, Model):
    """A provider that an organisation trusts (OpenID Connect)."""

    __tablename__ = "identity_provider"
    __table_args__ = owned(
        link("organisation_id", "organisation"),
        Index("ix_identity_provider_tenant_id_organisation_id", "tenant_id", "organisation_id"),
    )

    organisation_id: Mapped[int] = mapped_column(BigId)
    #: Unique in the installation: part of the callback's address.
    slug: Mapped[str] = mapped_column(unique=True)
    #: What the button on the sign-in page says.
    name: Mapped[str]
    issuer: Mapped[str]
    client_id: Mapped[str]
    #: Sealed (``core.sealing``); None: a public client.
    client_secret: Mapped[str | None]
    scopes: Mapped[str] = mapped_column(default="openid profile email")
    #: Our field -> their claim, where it differs from the standard's.
    claims: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    #: What a person becomes who comes for the first time; None: only invited people come in.
    default_role: Mapped[Role | None] = mapped_column(words(Role))
    is_live: Mapped[bool] = mapped_column(default=True)
    #: What the provider publishes about itself and its keys, and since when we hold it.
    discovered: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    discovered_at: Mapped[datetime | None] = mapped_column(Instant)


class IdentityLink(Owned, Model):
    """Their person, our account. The key is provider and subject, never an e-mail address."""

    __tablename__ = "identity_link"
    __table_args__ = owned(
        UniqueConstraint("tenant_id", "provider_id", "subject"),
        link("provider_id", "identity_provider", ondelete="CASCADE"),
        link("person_id", "person"),
        Index("ix_identity_link_tenant_id_person_id", "tenant_id", "person_id"),
        Index("ix_identity_link_account_id", "account_id"),
    )

    provider_id: Mapped[int] = mapped_column(BigId)
    subject: Mapped[str]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    person_id: Mapped[int] = mapped_column(BigId)
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
    last_at: Mapped[datetime | None] = mapped_column(Instant)
