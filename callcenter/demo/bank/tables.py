"""The bank's tables. Money is whole cents (fen, for yuan); times are seconds since 1970, UTC."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Integer, MetaData, String, Table, UniqueConstraint

metadata = MetaData()

customers = Table(
    "customers",
    metadata,
    Column("account", String, primary_key=True),  # the checking account's number, which customers know
    Column("name", String, nullable=False),
    Column("language", String, nullable=False),
    Column("currency", String, nullable=False),
    Column("pin_hash", String, nullable=False),
    Column("card_last_four", String, nullable=False),
    Column("card_blocked_at", Integer),
)

balances = Table(
    "balances",
    metadata,
    Column("account", ForeignKey("customers.account"), primary_key=True),
    Column("kind", String, primary_key=True),  # checking, savings
    Column("cents", Integer, nullable=False),
    CheckConstraint("cents >= 0"),
)

bills = Table(
    "bills",
    metadata,
    Column("bill", Integer, primary_key=True),
    Column("account", ForeignKey("customers.account"), nullable=False, index=True),
    Column("kind", String, nullable=False),  # electricity, water, gas
    Column("cents", Integer, nullable=False),
    Column("due", String, nullable=False),  # ISO 8601 date
    Column("paid_at", Integer),
    UniqueConstraint("account", "kind", "due"),
)

bookings = Table(
    "bookings",
    metadata,
    Column("receipt", Integer, primary_key=True, autoincrement=True),
    Column("account", ForeignKey("customers.account"), nullable=False),
    Column("what", String, nullable=False),
    Column("cents", Integer, nullable=False),
    Column("at", Integer, nullable=False),
    sqlite_autoincrement=True,
)
"""Everything that was done; its number is the receipt."""

done_acts = Table(
    "done_acts",
    metadata,
    Column("key", String, primary_key=True),  # the Idempotency-Key
    Column("request", String, nullable=False),  # a digest of what was asked
    Column("status", Integer, nullable=False),
    Column("answer", String, nullable=False),  # JSON
    Column("at", Integer, nullable=False),
)

pin_trials = Table(
    "pin_trials",
    metadata,
    Column("account", String, primary_key=True),  # also one that does not exist
    Column("day", String, nullable=False),
    Column("wrong", Integer, nullable=False),
)
