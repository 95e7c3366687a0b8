"""Logos, as they were drawn anew."""

from sqlalchemy import select

from lms.core.db import AnySelect
from lms.core.quotas import Weight
from lms.organisations.models import Organisation


class Logos(Weight):
    """Those of every organisation that has one of its own."""

    name = "organisations.logos"

    def sizes(self, tenant_id: int) -> AnySelect:
        return select(Organisation.own_logo_size).where(
            Organisation.tenant_id == tenant_id, Organisation.own_logo != ""
        )
