"""The exits of nodes are found by their time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r0004"
down_revision = "r0003"
branch_labels = None
depends_on = None

_ONLY = sa.text("kind = 'ivr.node_left'")


def upgrade() -> None:
    """Go forward."""
    op.create_index(
        "ix_interaction_events_node_left", "interaction_events", ["at"], sqlite_where=_ONLY, postgresql_where=_ONLY
    )


def downgrade() -> None:
    """Go back."""
    op.drop_index("ix_interaction_events_node_left", "interaction_events")
