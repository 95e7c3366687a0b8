"""The walls between tenants, seen from the inside: PostgreSQL shows a transaction no rows but its tenant's.

They stand behind the queries, which name their tenant themselves (docs/decisions/0009). Some work learns only on its
way whose it is: somebody signs in, a command names an organisation. It asks a *signpost*, which turns a name or a
number into the tenants that it leads to and tells nothing else, then enters one of them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.exc import DBAPIError

from lms.core import db
from lms.core.db import AnySelect, session
from lms.core.tenants import Tenant


def tenant_in_hand() -> int | None:
    """Whose rows this transaction is about; None: nobody's yet."""
    found: int | None = session().info.get("tenant_id")
    return found


def owner_of(said: int | None, actor: Any = None) -> int | None:
    """Whose a new row is: the tenant that was said, else the actor's, else the one in hand."""
    found = said if said is not None else getattr(actor, "tenant_id", None)
    return found if found is not None else tenant_in_hand()


def enter(tenant_id: int | None) -> None:
    """From here on, this transaction is about the rows of this tenant."""
    current = session()
    current.info["tenant_id"] = tenant_id
    if current.in_transaction() and db.is_postgresql():
        current.connection().exec_driver_sql(
            "select set_config('app.tenant', %s, true)", (str(tenant_id or ""),)
        )


@contextmanager
def visiting(tenant_id: int | None) -> Iterator[None]:
    """Read among the rows of this tenant for a moment, then be where one was."""
    before = tenant_in_hand()
    enter(tenant_id)
    try:
        yield
    except DBAPIError:
        session().info["tenant_id"] = before  # the transaction is lost: nothing more can be said in it
        raise
    except BaseException:
        enter(before)
        raise
    enter(before)


def tenants_by(signpost: str, key: object, plain: AnySelect) -> list[int]:
    """The tenants that ``key`` leads to. ``plain`` finds them where no wall stands (SQLite)."""
    asked = select(getattr(func, signpost)(key)) if db.is_postgresql() else plain
    return list(session.scalars(asked))


def tenant_by(signpost: str, key: object, plain: AnySelect) -> int | None:
    """The one tenant that a name unique in the installation leads to; None: nobody's."""
    return next(iter(tenants_by(signpost, key, plain)), None)


def told(signpost: str, key: Any, plain: ColumnElement[bool]) -> ColumnElement[bool]:
    """What a signpost says of each row, to filter by; ``plain`` says the same where no wall stands."""
    return getattr(func, signpost)(key) if db.is_postgresql() else plain


def every_tenant() -> list[int]:
    """All tenants, for what the house does every night: one after the other, each in a transaction of its own."""
    return list(session.scalars(select(Tenant.id).order_by(Tenant.id)))
