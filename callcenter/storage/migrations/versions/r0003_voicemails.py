"""Messages that callers leave in the IVR."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r0003"
down_revision = "r0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "voicemails",
        sa.Column("voicemail", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
        sa.Column("interaction", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("mailbox", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True)),
        sa.Column("handled_by", sa.Text()),
        sa.UniqueConstraint("interaction", "seq", name="uq_voicemails_event"),
    )
    op.create_index("ix_voicemails_left_at", "voicemails", ["left_at"])


def downgrade() -> None:
    """Go back: the sound files stay where they are."""
    op.drop_table("voicemails")
