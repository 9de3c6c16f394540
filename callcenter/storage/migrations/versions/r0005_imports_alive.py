"""Whether an import is still being worked on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r0005"
down_revision = "r0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.add_column("imports", sa.Column("alive_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    """Go back."""
    op.drop_column("imports", "alive_at")
