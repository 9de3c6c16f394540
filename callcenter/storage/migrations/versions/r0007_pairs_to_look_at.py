"""Pairs to look at in an index that no search for one customer's pairs is taken through."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r0007"
down_revision = "r0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.drop_index("ix_customer_pairs_to_look_at", "customer_pairs")
    op.create_index(
        "ix_customer_pairs_to_look_at",
        "customer_pairs",
        ["score", "one", "other"],
        sqlite_where=sa.text("apart = 0"),
        postgresql_where=sa.text("NOT apart"),
    )


def downgrade() -> None:
    """Go back."""
    op.drop_index("ix_customer_pairs_to_look_at", "customer_pairs")
    op.create_index("ix_customer_pairs_to_look_at", "customer_pairs", ["apart", "score", "one"])
