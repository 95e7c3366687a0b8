"""The journal is a chain that the database lets nobody change; what people ask about their data; mandates."""

import sqlalchemy as sa
from alembic import op

from migrations import walls

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
#: Name, what it holds, which lines: most lines are in few of these.
_INDEXES = (
    ("by", ["tenant_id", "person_id", "verb", "at"], "person_id is not null"),
    ("about", ["tenant_id", "subject_id", "at"], "subject_id is not null"),
    ("number", ["tenant_id", "number"], "number is not null"),
    ("waiting", ["tenant_id", "id"], "number is null"),
)
#: What a line says, which sealing leaves as it is.
_SAID = ("id", "tenant_id", "at", "account_id", "person_id", "for_id", "subject_id", "verb", "details", "mark")
_IS_SEALED = "old.number is null and new.number is not null and new.hash is not null"
_MAY_GO = (
    "old.number is not null and exists (select 1 from journal_head h"
    " where h.chain = coalesce(old.tenant_id, 0) and h.let_go >= old.number)"
)
_GROWS = "new.chain = old.chain and new.number >= old.number and new.let_go >= old.let_go and new.let_go <= new.number"
#: Table, what is done, the rule under which it may be, and what the database says otherwise.
_GUARDS = (
    ("journal_entry", "insert", "new.number is null and new.hash is null", "a line is sealed after it was written"),
    ("journal_entry", "update", "", "a line is never changed"),
    ("journal_entry", "delete", _MAY_GO, "a line goes with time, from the beginning of its chain"),
    ("journal_head", "update", _GROWS, "a chain only grows"),
    ("journal_head", "delete", "false", "a chain has a head"),
)


def upgrade() -> None:
    _make_journal()
    _make_requests()
    _make_mandates()


def downgrade() -> None:
    op.drop_table("mandate")
    op.drop_table("data_request")
    _undo_journal()


def _make_requests() -> None:
    op.create_table(
        "data_request",
        sa.Column("person_id", _ID, nullable=False),
        sa.Column("kind", sa.Enum("correct", "erase", "limit", name="requestkind", native_enum=False, length=20), nullable=False),
        sa.Column("wish", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Enum("open", "done", "refused", name="requeststate", native_enum=False, length=20), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("by_id", _ID, nullable=True),
        sa.Column("id", _ID, nullable=False),
        sa.Column("tenant_id", _ID, nullable=False),
        _link("data_request", "person_id"),
        _link("data_request", "by_id"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_data_request_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_request")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_data_request_tenant_id_id")),
    )
    op.create_index("ix_data_request_tenant_id_person_id", "data_request", ["tenant_id", "person_id"])
    op.create_index("ix_data_request_tenant_id_by_id", "data_request", ["tenant_id", "by_id"])
    op.create_index("ix_data_request_tenant_id_state", "data_request", ["tenant_id", "state", "due_on", "id"])
    walls.guard("data_request")


def _make_mandates() -> None:
    op.create_table(
        "mandate",
        sa.Column("person_id", _ID, nullable=False),
        sa.Column("holder_id", _ID, nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("form", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_agreed_online", sa.Boolean(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by_id", _ID, nullable=True),
        sa.Column("id", _ID, nullable=False),
        sa.Column("tenant_id", _ID, nullable=False),
        *(_link("mandate", column) for column in ("person_id", "holder_id", "ended_by_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_mandate_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mandate")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_mandate_tenant_id_id")),
    )
    op.create_index("ix_mandate_tenant_id_person_id", "mandate", ["tenant_id", "person_id", "id"])
    op.create_index("ix_mandate_tenant_id_holder_id", "mandate", ["tenant_id", "holder_id", "id"])
    op.create_index("ix_mandate_tenant_id_ended_by_id", "mandate", ["tenant_id", "ended_by_id"])
    op.create_index("ix_mandate_tenant_id_made_at", "mandate", ["tenant_id", "made_at"])
    walls.guard("mandate")


def _link(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", column], ["person.tenant_id", "person.id"], name=op.f(f"fk_{table}_tenant_id_{column}")
    )


def _make_journal() -> None:
    for column in (sa.Column("for_id", _ID), sa.Column("subject_id", _ID), sa.Column("number", _ID)):
        op.add_column("journal_entry", column)
    op.add_column("journal_entry", sa.Column("mark", sa.String(), nullable=False, server_default=""))
    op.add_column("journal_entry", sa.Column("hash", sa.String()))
    for name, columns, rule in _INDEXES:
        where = {"postgresql_where": sa.text(rule), "sqlite_where": sa.text(rule)}
        op.create_index(f"ix_journal_entry_{name}", "journal_entry", columns, unique=name == "number", **where)
    op.create_table(
        "journal_head",
        sa.Column("chain", _ID, autoincrement=False, nullable=False),
        sa.Column("tenant_id", _ID, nullable=True),
        sa.Column("number", _ID, nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("let_go", _ID, nullable=False),
        sa.Column("let_go_hash", sa.String(), nullable=False),
        sa.Column("unmarked_until", _ID, nullable=False),
        sa.Column("mark", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("chain", name=op.f("pk_journal_head")),
    )
    op.execute(  # lines from before have no mark, and are taken as they are
        "insert into journal_head (chain, tenant_id, number, hash, let_go, let_go_hash, unmarked_until, mark)"
        " select coalesce(tenant_id, 0), tenant_id, 0, '', 0, '', max(id), '' from journal_entry group by tenant_id"
    )
    walls.guard_with_nobodys("journal_head")
    for guard in _GUARDS:
        _stand(*guard)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "create trigger journal_entry_truncate before truncate on journal_entry"
            " execute function journal_entry_delete_refused()"
        )


def _undo_journal() -> None:
    for table, deed, _rule, _words in _GUARDS:
        _fall(table, deed)
    op.drop_table("journal_head")
    for name, _columns, _rule in _INDEXES:
        op.drop_index(f"ix_journal_entry_{name}", "journal_entry")
    with op.batch_alter_table("journal_entry") as journal:
        for column in ("for_id", "subject_id", "number", "mark", "hash"):
            journal.drop_column(column)


def _stand(table: str, deed: str, rule: str, words: str) -> None:
    """A guard that refuses this deed unless the rule holds; each database writes it in its own way."""
    is_postgresql, name = op.get_bind().dialect.name == "postgresql", f"{table}_{deed}"
    if table == "journal_entry" and deed == "update":
        same = "old.{0}::text is not distinct from new.{0}::text" if is_postgresql else "old.{0} is new.{0}"
        rule = f"{_IS_SEALED} and {' and '.join(same.format(column) for column in _SAID)}"
    if not is_postgresql:
        op.execute(
            f"create trigger {name} before {deed} on {table} when not ({rule})"
            f" begin select raise(abort, '{table}: {words}'); end"
        )
        return
    row = "old" if deed == "delete" else "new"
    op.execute(
        f"create function {name}_refused() returns trigger language plpgsql as $$ begin"
        f" if tg_op = 'TRUNCATE' then raise exception '{table}: {words}'; end if;"
        f" if not ({rule}) then raise exception '{table}: {words}'; end if; return {row}; end $$"
    )
    when = f" when (not ({rule}))" if deed == "insert" else ""
    op.execute(
        f"create trigger {name} before {deed} on {table} for each row{when} execute function {name}_refused()"
    )


def _fall(table: str, deed: str) -> None:
    name = f"{table}_{deed}"
    if op.get_bind().dialect.name != "postgresql":
        op.execute(f"drop trigger {name}")
        return
    op.execute(f"drop function {name}_refused() cascade")
