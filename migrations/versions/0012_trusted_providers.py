"""How far a provider is trusted: for two factors, and as the directory of its organisation."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_NEW = ("two_factors", "number_claim")


def upgrade() -> None:
    for name in _NEW:
        op.add_column("identity_provider", sa.Column(name, sa.String(), nullable=False, server_default=""))
    with op.batch_alter_table("identity_provider") as provider:
        for name in _NEW:
            provider.alter_column(name, existing_type=sa.String(), existing_nullable=False, server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("identity_provider") as provider:
        for name in _NEW:
            provider.drop_column(name)
