"""For migrations: a table with a tenant gets its wall, on PostgreSQL.

A migration that makes such a table ends with ``walls.guard("offer")``; dropping the table drops the wall. What these
words do never changes, as old migrations say them; another kind of wall gets a word of its own.
"""

from alembic import op

_IN_HAND = "(select nullif(current_setting('app.tenant', true), '')::bigint)"


def guard(*tables: str) -> None:
    """Show and take only rows of the tenant in hand; none where no tenant is in hand."""
    _raise(tables, f"tenant_id = {_IN_HAND}")


def guard_with_nobodys(*tables: str) -> None:
    """The same where ``tenant_id`` may be NULL: rows of nobody are seen and written while no tenant is in hand."""
    _raise(tables, f"tenant_id is not distinct from {_IN_HAND}")


def open_up(*tables: str) -> None:
    """Take the walls down again."""
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in tables:
        op.execute(
            f"drop policy if exists worker on {table}"
        )  # made by `flask db upgrade`, for the workers' role
        op.execute(f"drop policy tenant on {table}")
        op.execute(f"alter table {table} disable row level security")


def _raise(tables: tuple[str, ...], rule: str) -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in tables:
        op.execute(f"alter table {table} enable row level security")
        op.execute(f"create policy tenant on {table} using ({rule}) with check ({rule})")
