"""Messages by three ways and kept as a proof; own words, rules and opt-outs; reminders, each once."""

import sqlalchemy as sa
from alembic import op

from migrations import walls

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)
_RUNS = sa.text("due_on is not null and completed_at is null and withdrawn_at is null")
_MAIL = (("way", "mail"), ("about", ""), ("run", ""))
_CHOSEN = (
    *(("reminds", sa.Boolean()), ("days_before", sa.Integer()), ("weekdays", sa.String()), ("opens_at", sa.Integer())),
    *(("closes_at", sa.Integer()), ("copy", sa.String()), ("disability_contact", sa.String()), ("equipment", sa.String())),
    *(("rules_url", sa.String()), ("booklet_url", sa.String())),
)


def upgrade() -> None:
    _outbox()
    _notifications()
    op.create_index(
        "ix_enrolment_due_on", "enrolment", ["tenant_id", "due_on"], sqlite_where=_RUNS, postgresql_where=_RUNS
    )
    reminder = "enrolment_reminder"
    _owned(
        reminder,
        *(_needed(name, _ID) for name in ("enrolment_id", "person_id")),
        *(_needed(name, kind) for name, kind in (("due_on", sa.Date()), ("number", sa.Integer()), ("sent_on", sa.Date()))),
        _needed("mail_key", sa.String()),
        _link(reminder, "enrolment_id", "enrolment", ondelete="CASCADE"),
        _link(reminder, "person_id", "person"),
        _unique(reminder, "enrolment_id", "due_on", "number"),
    )
    op.create_index(f"ix_{reminder}_tenant_id_person_id", reminder, ["tenant_id", "person_id", "sent_on"])
    walls.guard("message_wording", "message_rules", "message_opt_out", reminder)


def downgrade() -> None:
    for table in ("enrolment_reminder", "message_opt_out", "message_rules", "message_wording"):
        op.drop_table(table)
    op.drop_index("ix_enrolment_due_on", "enrolment")
    op.execute("delete from mail where way <> 'mail'")
    for name in ("about", "tenant_id_person_id"):
        op.drop_index(f"ix_mail_{name}", "mail")
    op.create_index("ix_mail_tenant_id", "mail", ["tenant_id"])
    for name, _usual in reversed(_MAIL):
        op.drop_column("mail", name)


def _outbox() -> None:
    for name, usual in _MAIL:
        op.add_column("mail", sa.Column(name, sa.String(), nullable=False, server_default=usual))
    op.drop_index("ix_mail_tenant_id", "mail")
    op.create_index("ix_mail_about", "mail", ["tenant_id", "about", "id"])
    op.create_index("ix_mail_tenant_id_person_id", "mail", ["tenant_id", "person_id", "id"])


def _notifications() -> None:
    wording, rules, out = "message_wording", "message_rules", "message_opt_out"
    _owned(
        wording,
        _needed("organisation_id", _ID),
        *(_needed(name, sa.String()) for name in ("kind", "language", "subject", "body", "short")),
        sa.Column("by_id", _ID, nullable=True),
        _needed("changed_at", _MOMENT),
        _link(wording, "organisation_id", "organisation"),
        _unique(wording, "organisation_id", "kind", "language"),
    )
    _owned(
        rules,
        _needed("organisation_id", _ID),
        *(sa.Column(name, kind, nullable=True) for name, kind in _CHOSEN),
        _link(rules, "organisation_id", "organisation"),
        _unique(rules, "organisation_id"),
    )
    _owned(
        out,
        _needed("person_id", _ID),
        _needed("topic", sa.String()),
        _needed("at", _MOMENT),
        _link(out, "person_id", "person"),
        _unique(out, "person_id", "topic"),
    )
    op.create_index(f"ix_{out}_topic", out, ["tenant_id", "topic", "person_id"])


def _owned(table: str, *more: sa.schema.SchemaItem) -> None:
    op.create_table(
        table,
        _needed("id", _ID),
        _needed("tenant_id", _ID),
        *more,
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=f"fk_{table}_tenant_id"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        sa.UniqueConstraint("tenant_id", "id", name=f"uq_{table}_tenant_id_id"),
    )


def _needed(name: str, kind: sa.types.TypeEngine) -> sa.Column:
    return sa.Column(name, kind, nullable=False)


def _link(table: str, column: str, to: str, **options: str) -> sa.ForeignKeyConstraint:
    of, target = ["tenant_id", column], [f"{to}.tenant_id", f"{to}.id"]
    return sa.ForeignKeyConstraint(of, target, name=f"fk_{table}_tenant_id_{column}", **options)


def _unique(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint("tenant_id", *columns, name=f"uq_{table}_tenant_id_{'_'.join(columns)}")
