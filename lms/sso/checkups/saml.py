"""Who signs people in by SAML finds the program that checks signatures."""

from collections.abc import Iterator

from sqlalchemy import select

from lms.core import db, walls
from lms.core.db import Mode, session
from lms.core.doctor import Checkup, Finding
from lms.core.i18n import gettext as _
from lms.sso.models import IdentityProvider
from lms.sso.saml import program


class SamlCheckup(Checkup):
    """xmlsec1 is there where a provider speaks SAML."""

    name = "saml"
    needs = "migrations"

    def findings(self) -> Iterator[Finding]:
        if program.is_there():
            return
        with db.transaction(Mode.READ):
            tenants = walls.every_tenant()
        names: dict[str, bool] = {}
        for tenant_id in tenants:
            with db.transaction(Mode.READ, tenant_id):
                names |= {one.slug: one.is_live for one in _by_saml(tenant_id)}
        if names:
            yield Finding(
                _("xmlsec1 is not installed, so nobody comes in by SAML: %(slugs)s.", slugs=", ".join(names)),
                _("On Debian or Ubuntu: apt install xmlsec1. People come in by their password until then."),
                is_warning=not any(names.values()),
            )


def _by_saml(tenant_id: int) -> list[IdentityProvider]:
    found = select(IdentityProvider).where(
        IdentityProvider.tenant_id == tenant_id, IdentityProvider.kind == "saml"
    )
    return list(session.scalars(found.order_by(IdentityProvider.id)))
