"""The tables of the records, the same on SQLite and PostgreSQL. Changed only together with a migration.

People and what happened are here, the customers in `customer_tables`.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from callcenter.storage.columns import COUNTER, JSON_DATA, UtcDateTime, metadata

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

agent_states = Table(
    "agent_states",
    metadata,
    Column("shift", Text, primary_key=True),  # one time signed on, of one CTI server
    Column("n", Integer, primary_key=True),  # of the state within it
    Column("agent", Text, nullable=False),  # not a reference: what was, stays when people leave
    Column("at", UtcDateTime, nullable=False),
    Column("state", Text, nullable=False),  # `null`: signed off
    Column("reason", Text),
    Column("by", Text),  # the supervisor who had set it
    Index("ix_agent_states_agent", "agent", "at"),
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

# -- what happened ----------------------------------------------------------------------------------------------
# No foreign keys from here on: what happened stays true when a person or customer is removed, and arrives late,
# from a journal that knows nothing of the records.

interactions = Table(
    "interactions",
    metadata,
    Column("n", COUNTER, primary_key=True),  # breaks ties in pages, and is what the word index speaks of
    Column("interaction", Text, nullable=False, unique=True),
    Column("medium", Text, nullable=False, server_default="call"),
    Column("direction", Text, nullable=False, server_default="in"),
    Column("started_at", UtcDateTime, nullable=False),
    Column("called_number", Text, nullable=False),  # of a mail or chat: our address
    Column("calling_number", Text, nullable=False),  # of a mail or chat: the customer's address
    Column("calling_name", Text, nullable=False, server_default=""),
    Column("subject", Text, nullable=False, server_default=""),
    Column("identified_as", Text),  # the customer as it was known then; never changed by a merge
    Column("customer", Text),  # whose it is today
    Column("queue", Text),
    Column("agent", Text),
    Column("ended_at", UtcDateTime),
    Column("outcome", Text),  # none: still going on
    Column("cause", Text),
    Column("waited_s", Float),
    Column("talked_s", Float),
    Column("disposition", Text),
    Column("note", Text),
    Column("closed", Boolean, nullable=False),
    Column("story", JSON_DATA, nullable=False, server_default="{}"),  # segments, path, answers: `domain.story`
    Column("words", Text, nullable=False, server_default=""),  # of note, subject and answers: `customers.words`
)
# Three ways into the timeline, each in the order of its pages.
Index(
    "ix_interactions_of_customer",
    interactions.c.customer,
    interactions.c.started_at,
    interactions.c.n,
    postgresql_where=text("customer IS NOT NULL"),
    sqlite_where=text("customer IS NOT NULL"),
)
Index("ix_interactions_of_queue", interactions.c.queue, interactions.c.started_at, interactions.c.n)
Index("ix_interactions_of_agent", interactions.c.agent, interactions.c.started_at, interactions.c.n)
Index("ix_interactions_started_at", interactions.c.started_at, interactions.c.n)

NODES_LEFT = "kind = 'ivr.node_left'"
"""The condition of a partial index, and of the query it is for: SQLite uses one only for the very same words."""

interaction_events = Table(
    "interaction_events",
    metadata,
    Column("interaction", Text, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("kind", Text, nullable=False),
    Column("data", JSON_DATA, nullable=False),
    Index(
        "ix_interaction_events_node_left",
        "at",
        sqlite_where=text(NODES_LEFT),
        postgresql_where=text(NODES_LEFT),
    ),
)

voicemails = Table(
    "voicemails",
    metadata,
    Column("voicemail", COUNTER, primary_key=True),
    Column("interaction", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("mailbox", Text, nullable=False),
    Column("file", Text, nullable=False),
    Column("left_at", UtcDateTime, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("number", Text, nullable=False),
    Column("handled_at", UtcDateTime),
    Column("handled_by", Text),
    UniqueConstraint("interaction", "seq", name="uq_voicemails_event"),
    Index("ix_voicemails_left_at", "left_at"),
)

interaction_notes = Table(
    "interaction_notes",
    metadata,
    Column("n", COUNTER, primary_key=True),
    Column("interaction", Text, nullable=False, index=True),
    Column("at", UtcDateTime, nullable=False),
    Column("by", Text, nullable=False),
    Column("text", Text, nullable=False),
)

# What a medium adds: the body of a mail, the lines of a chat. Apart, so that timelines stay narrow.
interaction_payloads = Table(
    "interaction_payloads",
    metadata,
    Column("interaction", Text, primary_key=True),
    Column("data", JSON_DATA, nullable=False),
)
