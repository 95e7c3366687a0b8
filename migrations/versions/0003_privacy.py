"""What an erasure needs: the account of a mail, and until when a certificate is set aside."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Both are empty for what is there."""
    op.add_column("mail", sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite")))
    op.add_column("certificate", sa.Column("set_aside_until", sa.Date()))


def downgrade() -> None:
    """Nothing else rests on them."""
    with op.batch_alter_table("certificate") as table:
        table.drop_column("set_aside_until")
    with op.batch_alter_table("mail") as table:
        table.drop_column("account_id")
