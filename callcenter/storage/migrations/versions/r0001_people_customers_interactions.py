"""People, customers, interactions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "r0001"
down_revision = None
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Go forward."""
    _who_works_here()
    _whom_we_serve()
    _what_happened()


def downgrade() -> None:
    """Go back."""
    for table in (
        "interaction_events",
        "interactions",
        "customer_numbers",
        "customers",
        "sessions",
        "agent_skills",
        "agents",
        "people",
    ):
        op.drop_table(table)


def _who_works_here() -> None:
    op.create_table(
        "people",
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False, server_default="en"),
        sa.Column("must_change_password", sa.Boolean, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("person", name="pk_people"),
        sa.CheckConstraint("role IN ('agent', 'supervisor', 'administrator')", name=op.f("ck_people_role")),
    )
    op.create_table(
        "agents",
        sa.Column("agent", sa.Text, nullable=False),
        sa.Column("device", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("agent", name="pk_agents"),
        sa.ForeignKeyConstraint(["agent"], ["people.person"], name="fk_agents_agent", ondelete="CASCADE"),
        sa.UniqueConstraint("device", name="uq_agents_device"),
    )
    op.create_table(
        "agent_skills",
        sa.Column("agent", sa.Text, nullable=False),
        sa.Column("skill", sa.Text, nullable=False),
        sa.Column("proficiency", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("agent", "skill", name="pk_agent_skills"),
        sa.ForeignKeyConstraint(["agent"], ["agents.agent"], name="fk_agent_skills_agent", ondelete="CASCADE"),
        sa.CheckConstraint("proficiency BETWEEN 1 AND 10", name=op.f("ck_agent_skills_proficiency")),
    )
    op.create_table(
        "sessions",
        sa.Column("session", sa.Text, nullable=False),
        sa.Column("secret_sha256", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("last_seen_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("session", name="pk_sessions"),
        sa.UniqueConstraint("secret_sha256", name="uq_sessions_secret_sha256"),
        sa.ForeignKeyConstraint(["person"], ["people.person"], name="fk_sessions_person", ondelete="CASCADE"),
    )
    op.create_index("ix_sessions_person", "sessions", ["person"])


def _whom_we_serve() -> None:
    op.create_table(
        "customers",
        sa.Column("customer", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("tier", sa.Text, nullable=False),
        sa.Column("language", sa.Text),
        sa.PrimaryKeyConstraint("customer", name="pk_customers"),
        sa.UniqueConstraint("account", name="uq_customers_account"),
        sa.CheckConstraint("tier IN ('standard', 'gold', 'vip')", name=op.f("ck_customers_tier")),
    )
    op.create_table(
        "customer_numbers",
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("customer", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("number", "customer", name="pk_customer_numbers"),
        sa.ForeignKeyConstraint(
            ["customer"], ["customers.customer"], name="fk_customer_numbers_customer", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_customer_numbers_customer", "customer_numbers", ["customer"])


def _what_happened() -> None:
    op.create_table(
        "interactions",
        sa.Column("interaction", sa.Text, nullable=False),
        sa.Column("started_at", _TIME, nullable=False),
        sa.Column("called_number", sa.Text, nullable=False),
        sa.Column("calling_number", sa.Text, nullable=False),
        sa.Column("customer", sa.Text),
        sa.Column("queue", sa.Text),
        sa.Column("agent", sa.Text),
        sa.Column("ended_at", _TIME),
        sa.Column("outcome", sa.Text),
        sa.Column("waited_s", sa.Float),
        sa.Column("talked_s", sa.Float),
        sa.Column("disposition", sa.Text),
        sa.Column("note", sa.Text),
        sa.Column("closed", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("interaction", name="pk_interactions"),
    )
    op.create_index(
        "ix_interactions_of_customer",
        "interactions",
        ["customer", sa.text("started_at DESC"), sa.text("interaction DESC")],
        postgresql_where=sa.text("customer IS NOT NULL"),
        sqlite_where=sa.text("customer IS NOT NULL"),
    )
    op.create_index("ix_interactions_started_at", "interactions", ["started_at"])
    op.create_table(
        "interaction_events",
        sa.Column("interaction", sa.Text, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("data", _JSON, nullable=False),
        sa.PrimaryKeyConstraint("interaction", "seq", name="pk_interaction_events"),
    )
