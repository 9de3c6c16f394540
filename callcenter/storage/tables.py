"""The tables of the records, the same on SQLite and PostgreSQL. Changed only together with a migration."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

# Every constraint has a name, so that a later migration can speak of it on both databases.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time in UTC: ``timestamptz`` on PostgreSQL; on SQLite, which knows no zones, the same without one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn a time into what the database stores. A naive time is an error of ours."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored time must be aware")
        in_utc = value.astimezone(UTC)
        return in_utc.replace(tzinfo=None) if dialect.name == "sqlite" else in_utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn what the database stores into an aware time."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


JSON_DATA = JSON().with_variant(JSONB(), "postgresql")

# -- who works here ---------------------------------------------------------------------------------------------

people = Table(
    "people",
    metadata,
    Column("person", Text, primary_key=True),  # the sign-in name, a configured name
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("password_hash", Text, nullable=False),  # argon2id, with its own parameters
    Column("language", Text, nullable=False, server_default="en"),
    Column("must_change_password", Boolean, nullable=False),
    Column("active", Boolean, nullable=False),
    CheckConstraint("role IN ('agent', 'supervisor', 'administrator')", name="role"),
)

agents = Table(
    "agents",
    metadata,
    Column("agent", Text, ForeignKey("people.person", ondelete="CASCADE"), primary_key=True),
    Column("device", Text, nullable=False, unique=True),
)

agent_skills = Table(
    "agent_skills",
    metadata,
    Column("agent", Text, ForeignKey("agents.agent", ondelete="CASCADE"), primary_key=True),
    Column("skill", Text, primary_key=True),
    Column("proficiency", Integer, nullable=False),
    CheckConstraint("proficiency BETWEEN 1 AND 10", name="proficiency"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("session", Text, primary_key=True),
    Column("secret_sha256", Text, nullable=False, unique=True),
    Column("person", Text, ForeignKey("people.person", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False),
)

# -- whom we serve ----------------------------------------------------------------------------------------------

customers = Table(
    "customers",
    metadata,
    Column("customer", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("account", Text, nullable=False, unique=True),
    Column("tier", Text, nullable=False),
    Column("language", Text),
    CheckConstraint("tier IN ('standard', 'gold', 'vip')", name="tier"),
)

customer_numbers = Table(
    "customer_numbers",
    metadata,
    Column("number", Text, primary_key=True),  # E.164 with its plus; several customers may share one
    Column("customer", Text, ForeignKey("customers.customer", ondelete="CASCADE"), primary_key=True, index=True),
)

# -- what happened ----------------------------------------------------------------------------------------------
# No foreign keys from here on: what happened stays true when a person or customer is removed, and arrives late,
# from a journal that knows nothing of the records.

interactions = Table(
    "interactions",
    metadata,
    Column("interaction", Text, primary_key=True),
    Column("started_at", UtcDateTime, nullable=False),
    Column("called_number", Text, nullable=False),
    Column("calling_number", Text, nullable=False),
    Column("customer", Text),
    Column("queue", Text),
    Column("agent", Text),
    Column("ended_at", UtcDateTime),
    Column("outcome", Text),  # none: still going on
    Column("waited_s", Float),
    Column("talked_s", Float),
    Column("disposition", Text),
    Column("note", Text),
    Column("closed", Boolean, nullable=False),
)
Index(
    "ix_interactions_of_customer",
    interactions.c.customer,
    interactions.c.started_at.desc(),
    interactions.c.interaction.desc(),
    postgresql_where=text("customer IS NOT NULL"),
    sqlite_where=text("customer IS NOT NULL"),
)
Index("ix_interactions_started_at", interactions.c.started_at)

interaction_events = Table(
    "interaction_events",
    metadata,
    Column("interaction", Text, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("kind", Text, nullable=False),
    Column("data", JSON_DATA, nullable=False),
)
