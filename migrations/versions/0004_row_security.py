"""Row-level security: PostgreSQL itself keeps the tenants apart (docs/decisions/0009).

Each table with a tenant gets one policy. Where work begins before a tenant is known, a signpost turns the key that
somebody brought into the tenants that it leads to: a function that runs with its owner's rights and tells nothing else.
"""

from alembic import op

from migrations import walls

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TENANTS = (
    "certificate_counter", "enrolment_import_row", "organisation", "person", "course", "curriculum",
    "enrolment_import", "identity_provider", "membership", "organisation_branch", "report_run", "cohort",
    "course_media", "course_module", "curriculum_step", "identity_link", "activity", "cohort_course",
    "cohort_share", "enrolment_batch", "cohort_member", "enrolment", "attempt", "certificate", "learning_event",
    "standing",
)  # fmt: skip
_ALSO_NOBODYS = ("job", "mail", "journal_entry")

#: Name, what is brought, what comes back, and how it is found.
_SIGNPOSTS = (
    # Signing in, choosing the organisation in hand, one's own account: whoever owns the account.
    ("tenants_of_account", "bigint", "setof bigint", "select tenant_id from person where account_id = $1 order by id desc"),
    # A printed card opens no account that leads to another customer, too.
    ("account_is_shared", "bigint", "boolean", "select count(*) > 1 from person where account_id = $1"),
    # The link for a forgotten password: one row a person who has this address.
    ("tenants_of_address", "text", "setof bigint",
     "select tenant_id from person where email = $1 and archived_at is null limit 2"),
    # The sign-in page of an organisation, and the commands.
    ("tenants_of_organisation", "text", "setof bigint", "select tenant_id from organisation where slug = $1"),
    ("tenants_of_course", "text", "setof bigint", "select tenant_id from course where slug = $1"),
    # A partner's sign-on: its start, its callback, and the buttons of the sign-in page.
    ("tenants_of_provider", "text", "setof bigint", "select tenant_id from identity_provider where slug = $1"),
    ("tenants_with_providers", "boolean", "setof bigint",
     "select distinct tenant_id from identity_provider where is_live = $1 limit 2"),
)  # fmt: skip


def upgrade() -> None:
    walls.guard(*_TENANTS)
    walls.guard_with_nobodys(*_ALSO_NOBODYS)
    if op.get_bind().dialect.name != "postgresql":
        return
    for name, key, answer, found in _SIGNPOSTS:
        op.execute(
            f"create function {name}({key}) returns {answer} language sql stable security definer"
            f" set search_path = public, pg_temp as '{found}'"
        )
        op.execute(f"revoke execute on function {name}({key}) from public")


def downgrade() -> None:
    walls.open_up(*_TENANTS, *_ALSO_NOBODYS)
    if op.get_bind().dialect.name != "postgresql":
        return
    for name, key, _answer, _found in _SIGNPOSTS:
        op.execute(f"drop function {name}({key})")
