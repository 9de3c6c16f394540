"""What agents were, over the time that they were signed on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r0006"
down_revision = "r0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "agent_states",
        sa.Column("shift", sa.Text, primary_key=True),
        sa.Column("n", sa.Integer, primary_key=True),
        sa.Column("agent", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("by", sa.Text),
    )
    op.create_index("ix_agent_states_agent", "agent_states", ["agent", "at"])


def downgrade() -> None:
    """Go back."""
    op.drop_table("agent_states")
