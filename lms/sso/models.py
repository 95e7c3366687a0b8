"""Identity providers, and which of their people are which of our accounts."""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.clock import Instant, now
from lms.core.db import BigId, Model, Owned, link, owned, words
from lms.organisations.models import Role


class ProviderState(enum.StrEnum):
    """How far the setting up has come; each step proves more than the one before."""

    SUBMITTED = "submitted"  # somebody typed what is needed
    DISCOVERED = "discovered"  # it answers, and publishes what it must
    TESTED = "tested"  # somebody went there and came back, and every check held
    LIVE = "live"  # people use it
    OFF = "off"  # it was in use, and somebody switched it off


class LinkOrigin(enum.StrEnum):
    """Why their person is taken for ours."""

    HAND = "hand"  # whoever runs the house said so
    OWNER = "owner"  # the person did, signed in here and there
    INVITATION = "invitation"  # they came with the link that was mailed to them
    NUMBER = "number"  # the provider knows the number under which they were expected
    DIRECTORY = (
        "directory"  # the organisation's own directory announced them under the number that the provider says
    )
    REPLACED = "replaced"  # they were known by the provider that this one replaces
    NEWCOMER = "newcomer"  # nobody expected them: they were made here


class IdentityProvider(Owned, Model):
    """A provider that an organisation trusts, by OpenID Connect or by SAML."""

    __tablename__ = "identity_provider"
    __table_args__ = owned(
        link("organisation_id", "organisation"),
        link("replaces_id", "identity_provider"),
        Index("ix_identity_provider_tenant_id_organisation_id", "tenant_id", "organisation_id"),
        Index("ix_identity_provider_tenant_id_replaces_id", "tenant_id", "replaces_id"),
    )

    #: Its people come to this organisation, and to those below it.
    organisation_id: Mapped[int] = mapped_column(BigId)
    #: Unique in the installation: part of the callback's address.
    slug: Mapped[str] = mapped_column(unique=True)
    #: What the button on the sign-in page says.
    name: Mapped[str]
    #: Name of its profile: how this kind of provider wants to be spoken to.
    kind: Mapped[str] = mapped_column(default="openid")
    state: Mapped[ProviderState] = mapped_column(words(ProviderState), default=ProviderState.SUBMITTED)
    #: Its own name; by SAML its entity ID, empty until its metadata was read.
    issuer: Mapped[str]
    #: Ours over there; empty by SAML, where it is the address of our metadata.
    client_id: Mapped[str]
    #: Sealed (``core.sealing``); None: a public client.
    client_secret: Mapped[str | None]
    #: Our own private keys as a JWK set, sealed; only where the provider encrypts what it says.
    private_keys: Mapped[str | None]
    scopes: Mapped[str] = mapped_column(default="openid profile email")
    #: Levels of assurance of which the provider must have reached one, with spaces between; empty: any.
    levels: Mapped[str] = mapped_column(default="")
    #: What its tokens are signed with; empty: whatever its profile allows, which is never a shared secret.
    algorithm: Mapped[str] = mapped_column(default="")
    #: What only its profile asks for; by SAML also the metadata that was given (``pasted``).
    options: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    #: Our field -> their claim, where it differs from the profile's.
    claims: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    #: Values of ``acr`` or ``amr`` that say of somebody that they showed two factors, with spaces between; empty: it is not trusted for that.
    two_factors: Mapped[str] = mapped_column(default="")
    #: Claim that holds the number by which the directory of the same organisation (SCIM) calls its people; empty: it is not that directory.
    number_claim: Mapped[str] = mapped_column(default="")
    #: What a person becomes who comes for the first time; None: only invited people come in.
    default_role: Mapped[Role | None] = mapped_column(words(Role))
    #: Whoever was known by that provider is known by this one, where both give the same address.
    replaces_id: Mapped[int | None] = mapped_column(BigId)
    #: What the provider publishes about itself and its keys, and since when we hold it.
    discovered: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    discovered_at: Mapped[datetime | None] = mapped_column(Instant)
    tested_at: Mapped[datetime | None] = mapped_column(Instant)
    #: Why the last step of the setting up failed (``sso.faults``), with what was seen.
    fault: Mapped[str] = mapped_column(default="")
    fault_detail: Mapped[str] = mapped_column(default="")
    #: When it last answered us; since when it does not, and when it was last asked in vain.
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
    away_since: Mapped[datetime | None] = mapped_column(Instant)
    asked_at: Mapped[datetime | None] = mapped_column(Instant)

    @property
    def is_live(self) -> bool:
        """Whether people may use it."""
        return self.state is ProviderState.LIVE


class IdentityDomain(Owned, Model):
    """The part after the @ of the addresses of a provider's people: by it the sign-in page finds their provider."""

    __tablename__ = "identity_domain"
    __table_args__ = owned(
        UniqueConstraint("tenant_id", "provider_id", "domain"),
        link("provider_id", "identity_provider", ondelete="CASCADE"),
        Index("ix_identity_domain_domain", "domain"),
    )

    provider_id: Mapped[int] = mapped_column(BigId)
    #: In lower case: ``region-nord.fr``.
    domain: Mapped[str]


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
    origin: Mapped[LinkOrigin] = mapped_column(words(LinkOrigin), default=LinkOrigin.HAND)
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
    last_at: Mapped[datetime | None] = mapped_column(Instant)
    #: Until when this person may come once under another number: whoever deleted their account there and made a new one.
    renewable_until: Mapped[datetime | None] = mapped_column(Instant)


class IdentitySession(Owned, Model):
    """What is needed to end the session at the provider as well, as long as the one here lasts."""

    __tablename__ = "identity_session"
    __table_args__ = owned(
        link("link_id", "identity_link", ondelete="CASCADE"),
        Index("ix_identity_session_tenant_id_link_id", "tenant_id", "link_id"),
        Index("ix_identity_session_sign_in_id", "sign_in_id"),
    )

    link_id: Mapped[int] = mapped_column(BigId)
    sign_in_id: Mapped[int] = mapped_column(ForeignKey("sign_in.id", ondelete="CASCADE"))
    #: The ID token, sealed: its only use is to say over there whose session ends.
    id_token: Mapped[str]
    #: Fingerprint of what leads the browser out, made when its owner leaves here; good for some minutes.
    leave_hash: Mapped[str | None]
    leave_until: Mapped[datetime | None] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)


class UsedState(Owned, Model):
    """What is taken once: the state of a sign-on that came back, a SAML assertion. Forgotten once it would be too old anyway."""

    __tablename__ = "identity_state"
    __table_args__ = owned(
        UniqueConstraint("tenant_id", "state_hash"),
        Index("ix_identity_state_tenant_id_expires_at", "tenant_id", "expires_at"),
    )

    state_hash: Mapped[str]
    expires_at: Mapped[datetime] = mapped_column(Instant)
