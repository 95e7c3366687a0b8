"""How much one customer may keep: the bytes of its uploads, counted where their rows are.

A room that keeps what people send declares a weight: one file in its ``weights/``.
"""

from typing import ClassVar

from sqlalchemy import func, select

from config import settings
from lms.core.db import AnySelect, session
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.core.i18n import number_
from lms.core.kinds import Kind

MIB = 1024 * 1024


class NoRoom(Refused):
    """This customer keeps as much as it may."""

    status = 413

    def __init__(self, used: int, allowed: int) -> None:
        super().__init__(
            _(
                "Your organisation keeps %(used)s of the %(allowed)s MiB it may keep: this file has no room.",
                used=number_(-(-used // MIB)),
                allowed=number_(allowed // MIB),
            ),
            _(
                "Remove files or courses that nobody needs any more, or ask whoever runs this platform for more room."
            ),
        )


class Weight(Kind):
    """A family: what a room keeps of what people sent."""

    name: ClassVar[str] = ""

    def sizes(self, tenant_id: int) -> AnySelect:
        """One column: the bytes of each file of this tenant that is kept now."""
        raise NotImplementedError


def used(tenant_id: int) -> int:
    """Bytes that a customer keeps."""
    total = 0
    for kind in Weight.registered.values():
        sizes = kind().sizes(tenant_id).subquery()
        total += int(session.scalar(select(func.coalesce(func.sum(sizes.c[0]), 0))) or 0)
    return total


def demand_room(tenant_id: int, size: int) -> None:
    """Raises ``NoRoom`` where ``size`` more bytes would be too many."""
    allowed = settings.current().upload_quota * MIB
    if allowed and (there := used(tenant_id)) + size > allowed:
        raise NoRoom(there, allowed)
