"""Setting a provider up, step by step: submitted, discovered, tested, live. What one step proved, a change takes back."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from joserfc.jwk import ECKey, KeySet
from sqlalchemy import delete, func, select, update

from lms.core import journal, sealing
from lms.core.clock import now
from lms.core.db import session
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.core.slugs import added_with_first_free, numbered
from lms.organisations.models import Organisation, Role
from lms.people import services as people
from lms.sso import queries
from lms.sso.models import IdentityDomain, IdentityLink, IdentityProvider, IdentitySession, ProviderState
from lms.sso.profile import Language, Profile, profile_of

#: What a provider is spoken to with: whoever changes it begins the proof again.
_SPOKEN = ("issuer", "client_id", "client_secret", "scopes", "levels", "algorithm", "options")
#: Whose word it is: for another one, nobody has said yet how far it is trusted.
_WHOSE = ("organisation_id", "issuer", "client_id", "options")


class NotTested(Refused):
    """Nobody comes in by a provider that was not tried from beginning to end."""


class HasPeople(Refused):
    """Whoever came by a provider would be nobody without it."""


class NoFreeName(Refused):
    """A thousand providers have nearly the same name."""


def add(
    organisation: Organisation,
    slug: str,
    name: str,
    issuer: str,
    client_id: str,
    *,
    secret: str = "",
    default_role: Role | None = None,
    kind: str = "openid",
    actor: Any = None,
    **more: Any,
) -> IdentityProvider:
    """Note a provider on behalf of an organisation. ``slug`` is unique in the installation; ``more`` are columns."""
    made = _row(organisation, slug, name, issuer, client_id, secret, default_role, profile_of(kind), more)
    session.add(made)
    session.flush()  # links point at its number
    _note("provider-submitted", made, actor)
    return made


def submit(
    organisation: Organisation, profile: Profile, actor: Any, values: Mapping[str, Any]
) -> IdentityProvider:
    """The same from a form, under the first free name. ``values``: name, issuer, client_id, secret, default_role, domains
    and columns of the provider."""
    known = {"name", "issuer", "client_id", "secret", "default_role", "domains"}
    more = {key: value for key, value in values.items() if key not in known}
    made = added_with_first_free(
        numbered(f"{organisation.slug}-{profile.name}"[:60]),
        lambda slug: _row(
            organisation, slug, values["name"], values.get("issuer", ""), values.get("client_id", ""), values.get("secret", ""),
            values.get("default_role"), profile, more,
        ),
    )  # fmt: skip
    if made is None:
        raise NoFreeName(_("No short name is free for this provider"), _("Ask whoever runs this platform."))
    _set_domains(made, values.get("domains", ()))
    _note("provider-submitted", made, actor)
    return made


def change(provider: IdentityProvider, actor: Any, values: Mapping[str, Any]) -> list[str]:
    """Change what was typed. An empty secret leaves the one that is sealed. Says what changed.

    Where that is what the provider is spoken to with, it is not live any more until it was tried anew.
    """
    asked = {key: value for key, value in values.items() if key not in ("secret", "domains")}
    if values.get("secret"):
        asked["client_secret"] = sealing.seal(values["secret"])
    changed = [key for key, value in asked.items() if getattr(provider, key) != value]
    for key in changed:
        setattr(provider, key, asked[key])
    if _set_domains(provider, values.get("domains", ())):
        changed.append("domains")
    if set(changed) & set(_SPOKEN):
        provider.state, provider.fault, provider.fault_detail = ProviderState.SUBMITTED, "", ""
        provider.discovered, provider.discovered_at, provider.tested_at = {}, None, None
        if profile_of(provider.kind).language is Language.SAML:
            provider.issuer = ""  # the new metadata says its name
    if set(changed) & set(_WHOSE):
        provider.two_factors, provider.number_claim = "", ""
    if changed:
        _note("provider-changed", provider, actor, fields=changed)
    return changed


def trust_for(provider: IdentityProvider, actor: Any, *, two_factors: str, number_claim: str) -> None:
    """How far the provider is trusted: values of ``acr`` or ``amr`` that mean two factors, and the claim by which it and
    the directory of its organisation call people alike; each empty: not for that."""
    provider.two_factors, provider.number_claim = two_factors, number_claim
    _note("provider-trusted-for", provider, actor, two_factors=two_factors, number_claim=number_claim)


def discovered(provider: IdentityProvider, found: dict[str, Any], actor: Any = None) -> None:
    """It answers, and publishes what it must."""
    if provider.state is ProviderState.SUBMITTED:
        provider.state = ProviderState.DISCOVERED
    provider.fault, provider.fault_detail, provider.away_since = "", "", None
    provider.discovered, provider.discovered_at, provider.answered_at = found, now(), now()
    provider.issuer = provider.issuer or str(found["metadata"]["issuer"])
    _note("provider-discovered", provider, actor)


def failed(provider: IdentityProvider, code: str, detail: str, actor: Any) -> None:
    """A step of the setting up failed; what was live stays so."""
    provider.fault, provider.fault_detail = code, detail
    _note("provider-test-failed", provider, actor, why=code)


def tested(provider: IdentityProvider, found: dict[str, Any], actor: Any) -> None:
    """Somebody went there and came back, and every check held. ``found``: what it publishes, as last read."""
    provider.fault, provider.fault_detail, provider.away_since = "", "", None
    provider.discovered, provider.tested_at, provider.answered_at = found, now(), now()
    if not provider.is_live:
        provider.state = ProviderState.TESTED
    _note("provider-tested", provider, actor)


def go_live(provider: IdentityProvider, actor: Any) -> None:
    """From now on people come in by it. Raises ``NotTested``."""
    if provider.tested_at is None:
        raise NotTested(
            _("This provider was not tried yet"), _("Try it from beginning to end, then switch it on.")
        )
    provider.state = ProviderState.LIVE
    _note("provider-live", provider, actor)


def trust(provider: IdentityProvider, found: dict[str, Any] | None = None) -> None:
    """Whoever runs the house says that it works: in use at once, as if it had been tried."""
    provider.discovered = found or provider.discovered
    provider.discovered_at = now() if provider.discovered else None
    provider.issuer = provider.issuer or str(provider.discovered["metadata"]["issuer"])
    provider.tested_at, provider.state = now(), ProviderState.LIVE
    _note("provider-trusted", provider, None, issuer=provider.issuer)


def switch_off(provider: IdentityProvider, actor: Any) -> None:
    """From now on nobody comes in by it, and whoever did is signed out. Ties to people stay."""
    provider.state = ProviderState.OFF
    links = select(IdentityLink.id).where(
        IdentityLink.tenant_id == provider.tenant_id, IdentityLink.provider_id == provider.id
    )
    begun = select(IdentitySession.sign_in_id).where(
        IdentitySession.tenant_id == provider.tenant_id, IdentitySession.link_id.in_(links)
    )
    people.end_those(begun)
    _note("provider-off", provider, actor)


def remove(provider: IdentityProvider, actor: Any) -> None:
    """Take away one that nobody ever came by. Raises ``HasPeople``."""
    if queries.linked_people(provider, 1).total:
        raise HasPeople(
            _("People are tied to this provider"),
            _("Switch it off: what ties them stays, should it come back."),
        )
    _note("provider-removed", provider, actor)
    session.execute(
        update(IdentityProvider)
        .where(IdentityProvider.tenant_id == provider.tenant_id, IdentityProvider.replaces_id == provider.id)
        .values(replaces_id=None)
    )
    session.delete(provider)


def remember(provider_id: int, found: dict[str, Any]) -> None:
    """Keep what the provider publishes, so that the next sign-on asks one question less. It answered."""
    keeping = update(IdentityProvider).where(IdentityProvider.id == provider_id)
    session.execute(keeping.values(discovered=found, discovered_at=now(), answered_at=now(), away_since=None))


def is_away(provider_id: int) -> None:
    """It does not answer: the sign-in page says so until it does."""
    since = func.coalesce(IdentityProvider.away_since, now())
    asked = update(IdentityProvider).where(IdentityProvider.id == provider_id)
    session.execute(asked.values(away_since=since, asked_at=now()))


def _row(
    organisation: Organisation,
    slug: str,
    name: str,
    issuer: str,
    client_id: str,
    secret: str,
    default_role: Role | None,
    profile: Profile,
    more: Mapping[str, Any],
) -> IdentityProvider:
    values = {"scopes": profile.scopes, **more}
    return IdentityProvider(
        tenant_id=organisation.tenant_id,
        organisation_id=organisation.id,
        slug=slug,
        name=name,
        kind=profile.name,
        issuer=issuer.rstrip("/"),
        client_id=client_id,
        client_secret=sealing.seal(secret) if secret else None,
        private_keys=sealing.seal(_new_keys()) if profile.encrypts else None,
        default_role=default_role,
        **values,
    )


def _new_keys() -> str:
    key = ECKey.generate_key("P-256", {"use": "enc", "alg": "ECDH-ES"}, auto_kid=True)
    return json.dumps(KeySet([key]).as_dict(private=True))


def _set_domains(provider: IdentityProvider, domains: Iterable[str]) -> bool:
    """Say whether anything changed."""
    wanted, known = set(domains), set(queries.domains_of(provider))
    if gone := known - wanted:
        session.execute(
            delete(IdentityDomain).where(
                IdentityDomain.tenant_id == provider.tenant_id,
                IdentityDomain.provider_id == provider.id,
                IdentityDomain.domain.in_(gone),
            )
        )
    session.add_all(
        IdentityDomain(tenant_id=provider.tenant_id, provider_id=provider.id, domain=one)
        for one in sorted(wanted - known)
    )
    return wanted != known


def _note(verb: str, provider: IdentityProvider, actor: Any, **more: Any) -> None:
    journal.note(verb, actor, tenant_id=provider.tenant_id, provider=provider.slug, **more)
