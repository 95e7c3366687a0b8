"""Tenants: one customer each, with its whole tree of organisations. Nothing ever crosses tenants."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from lms.core.clock import Instant, now
from lms.core.db import BigId, Model


class Tenant(Model):
    """One customer. Every row that a tenant owns carries its number, first in its keys."""

    __tablename__ = "tenant"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    #: Name for the platform's staff; people see the names of organisations.
    name: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
