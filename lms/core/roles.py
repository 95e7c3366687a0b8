"""The roles of an installation on PostgreSQL, seen from the outside: what each may do, and whether the walls bind it.

Three roles (docs/postgresql.md): the owner of the tables migrates and is bound by nothing; the application reads and
writes within one tenant at a time; the workers' role sees the queues (jobs, mails) of all tenants, and nothing else.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import Connection, Engine, event, make_url, text

from config.settings import Settings
from lms.core import db
from lms.core.i18n import gettext as _

#: What the workers' role sees of every tenant.
QUEUES = ("job", "mail")

_ROLE = """
    select rolname, rolsuper, rolbypassrls,
      exists (select from pg_class c where c.relkind in ('r', 'p') and c.relnamespace = current_schema()::regnamespace
              and pg_has_role(r.oid, c.relowner, 'USAGE'))
    from pg_roles r where rolname = current_role
"""
_BARE = text("""
    select c.relname from pg_class c
      join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
    where c.relkind in ('r', 'p') and c.relnamespace = current_schema()::regnamespace
      and not (c.relrowsecurity and exists (select from pg_policy p where p.polrelid = c.oid and p.polname = 'tenant'))
    order by 1
""")
_SEES_QUEUES = text("""
    select count(*) = 2 from pg_policies
    where policyname = 'worker' and tablename in ('job', 'mail') and current_role = any (roles)
""")


class Unbound(Exception):
    """The walls between tenants would not bind this role."""


def walls_are_wanted(chosen: Settings) -> bool:
    """Whether this installation keeps its tenants apart by roles: on PostgreSQL, where the owner is named."""
    return chosen.database_url.startswith("postgresql") and bool(chosen.owner_database_url)


def why_unbound(connection: Connection) -> str:
    """Why the walls do not bind the role of this connection; empty: they do."""
    return _reason(*connection.exec_driver_sql(_ROLE).one())


def tables_without_wall(connection: Connection) -> list[str]:
    """Tables with a tenant that row-level security does not guard."""
    return list(connection.scalars(_BARE))


def sees_queues(connection: Connection) -> bool:
    """Whether the role of this connection finds the jobs and mails of every tenant."""
    return bool(connection.scalar(_SEES_QUEUES)) or bool(why_unbound(connection))


def connect(chosen: Settings) -> None:
    """Point the process at the database of this installation, each kind of work with its role."""
    db.connect(chosen.database_url, chosen.read_database_url, chosen.worker_database_url)
    _keep_bound(db.engines(), chosen)


def _keep_bound(engines: Sequence[Engine], chosen: Settings) -> None:
    """In production, refuse every connection of a role that the walls do not bind. Raises ``Unbound`` when one is opened.

    Asked at each new connection and not once: at the start the database may be away.
    """
    if chosen.env != "production" or not walls_are_wanted(chosen):
        return

    def bound(raw: Any, _record: object) -> None:
        reason = _reason(*raw.execute(_ROLE).fetchone())
        raw.rollback()
        if reason:
            raise Unbound(
                _("LMS_DATABASE_URL: %(reason)s, so that nothing keeps the customers apart.", reason=reason)
            )

    for engine in engines:
        event.listen(engine, "connect", bound)


def refuse_unbound() -> None:
    """Open a connection, which ``connect`` may refuse, and close it again. Raises ``Unbound``.

    A database that is away is no reason not to start: it is asked again when it is back.
    """
    for engine in db.engines():
        with suppress(*db.AWAY), engine.connect():
            pass
    db.disconnect_idle()


def grant(connection: Connection, urls: Sequence[str], worker_url: str) -> None:
    """Give the roles of these addresses what they need, now and for the tables of later migrations. By the owner.

    Raises ``LookupError`` for a role that does not exist.
    """
    owner = connection.scalar(text("select current_role"))
    for url in urls:
        if (role := make_url(url).username) and role != owner:
            _grant_application(connection, _quoted(connection, role))
    worker = make_url(worker_url).username if worker_url else None
    if worker and worker not in (owner, *(make_url(url).username for url in urls)):
        _grant_worker(connection, _quoted(connection, worker))


def _grant_application(connection: Connection, role: str) -> None:
    for what in (
        f"grant usage on schema public to {role}",
        f"grant select, insert, update, delete on all tables in schema public to {role}",
        f"revoke insert, update, delete on alembic_version from {role}",
        f"grant usage on all sequences in schema public to {role}",
        f"grant execute on all functions in schema public to {role}",
        f"alter default privileges in schema public grant select, insert, update, delete on tables to {role}",
        f"alter default privileges in schema public grant usage on sequences to {role}",
        f"alter default privileges in schema public grant execute on functions to {role}",
    ):
        connection.exec_driver_sql(what)


def _grant_worker(connection: Connection, role: str) -> None:
    connection.exec_driver_sql(f"grant usage on schema public to {role}")
    for table in QUEUES:
        connection.exec_driver_sql(f"grant select, insert, update, delete on {table} to {role}")
        connection.exec_driver_sql(f"drop policy if exists worker on {table}")
        connection.exec_driver_sql(
            f"create policy worker on {table} to {role} using (true) with check (true)"
        )


def _quoted(connection: Connection, role: str) -> str:
    if not connection.scalar(text("select true from pg_roles where rolname = :role"), {"role": role}):
        raise LookupError(role)
    return connection.dialect.identifier_preparer.quote_identifier(role)


def _reason(name: str, is_super: bool, bypasses: bool, owns: bool) -> str:
    if is_super:
        return _("the role %(name)s is a superuser", name=name)
    if bypasses:
        return _("the role %(name)s has BYPASSRLS", name=name)
    return _("the role %(name)s owns the tables", name=name) if owns else ""
