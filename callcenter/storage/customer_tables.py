"""The tables of the customer master, the same on SQLite and PostgreSQL. Changed only together with a migration.

A record is one row of `customers`: its lists (numbers, addresses, …) are JSON in the shape of `api.customers`. What
must be found or be unique stands in tables of its own beside it, written in the same transaction and never read back
as the truth: `customer_numbers`, `customer_mails`, `customer_keys`.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text, text

from callcenter.storage.columns import COUNTER, JSON_DATA, UtcDateTime, metadata

# -- the record -------------------------------------------------------------------------------------------------

customers = Table(
    "customers",
    metadata,
    Column("n", COUNTER, primary_key=True),  # what the word index speaks of, and the order of exports
    Column("customer", Text, nullable=False, unique=True),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("merged_into", Text, index=True),
    Column("hold", JSON_DATA),  # a legal hold
    Column("words", Text, nullable=False),  # of names, codes, towns, mails: `customers.words`
    # The fields of `api.customers.CustomerFields`, under their names.
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("given_name", Text, nullable=False),
    Column("family_name", Text, nullable=False),
    Column("salutation", Text, nullable=False),
    Column("name_reading", Text, nullable=False),
    Column("aliases", JSON_DATA, nullable=False),
    Column("account", Text, nullable=False, unique=True),
    Column("numbers", JSON_DATA, nullable=False),
    Column("mails", JSON_DATA, nullable=False),
    Column("addresses", JSON_DATA, nullable=False),
    Column("contacts", JSON_DATA, nullable=False),
    Column("language", Text),
    Column("tier", Text, nullable=False),
    Column("credit_limit", BigInteger),
    Column("currency", Text),
    Column("payment_terms_days", Integer),
    Column("payment_record", Text, nullable=False),
    Column("tax_number", Text, nullable=False),
    Column("website", Text, nullable=False),
    Column("industry", Text, nullable=False),
    Column("birthday", Text),
    Column("owner", Text),
    Column("territory", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("preferences", JSON_DATA, nullable=False),
    Column("remark", Text, nullable=False),
    Column("custom", JSON_DATA, nullable=False),
    CheckConstraint("tier IN ('standard', 'gold', 'vip')", name="tier"),
    CheckConstraint("kind IN ('person', 'company')", name="kind"),
)
Index("ix_customers_of_owner", customers.c.owner, customers.c.n, postgresql_where=text("owner IS NOT NULL"))

# -- how records are found --------------------------------------------------------------------------------------

customer_numbers = Table(
    "customer_numbers",
    metadata,
    Column("number", Text, primary_key=True),  # E.164 with its plus
    Column("customer", Text, ForeignKey("customers.customer", ondelete="CASCADE"), primary_key=True, index=True),
    Column("contact", Text, nullable=False, server_default=""),  # whose at the customer; empty: its own
    Column("shared", Boolean, nullable=False, server_default=text("false")),
)
# A number has at most one customer that does not share it.
Index(
    "uq_customer_numbers_owner",
    customer_numbers.c.number,
    unique=True,
    sqlite_where=text("NOT shared"),
    postgresql_where=text("NOT shared"),
)

customer_mails = Table(
    "customer_mails",
    metadata,
    Column("mail", Text, primary_key=True),  # in lower case
    Column("customer", Text, ForeignKey("customers.customer", ondelete="CASCADE"), primary_key=True, index=True),
    Column("contact", Text, nullable=False, server_default=""),
    Column("shared", Boolean, nullable=False, server_default=text("false")),
)
Index(
    "uq_customer_mails_owner",
    customer_mails.c.mail,
    unique=True,
    sqlite_where=text("NOT shared"),
    postgresql_where=text("NOT shared"),
)

# Two records with the same key may be one customer: `customers.duplicates`.
customer_keys = Table(
    "customer_keys",
    metadata,
    Column("key", Text, primary_key=True),
    Column("customer", Text, ForeignKey("customers.customer", ondelete="CASCADE"), primary_key=True, index=True),
)

customer_pairs = Table(
    "customer_pairs",
    metadata,
    Column("one", Text, ForeignKey("customers.customer", ondelete="CASCADE"), primary_key=True),  # the smaller id
    Column("other", Text, ForeignKey("customers.customer", ondelete="CASCADE"), primary_key=True, index=True),
    Column("score", Integer, nullable=False),
    Column("reasons", Text, nullable=False),  # by spaces
    Column("apart", Boolean, nullable=False, server_default=text("false")),  # somebody said they are two
)
# Partial: with `apart` as its first column SQLite went through it, from end to end, for the pairs of one customer.
Index(
    "ix_customer_pairs_to_look_at",
    customer_pairs.c.score,
    customer_pairs.c.one,
    customer_pairs.c.other,
    sqlite_where=text("apart = 0"),  # as SQLAlchemy writes the condition there
    postgresql_where=text("NOT apart"),
)

customer_relations = Table(
    "customer_relations",
    metadata,
    Column("relation", Text, primary_key=True),
    Column("one", Text, ForeignKey("customers.customer", ondelete="CASCADE"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("other", Text, ForeignKey("customers.customer", ondelete="CASCADE"), nullable=False, index=True),
)

# -- what the firm and its customers have with each other -------------------------------------------------------

dealings = Table(
    "dealings",
    metadata,
    Column("dealing", Text, primary_key=True),
    Column("customer", Text, ForeignKey("customers.customer", ondelete="CASCADE"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("open", Boolean, nullable=False),
    Column("by", Text),
    Column("opened_on", Text, nullable=False),  # days as ISO 8601 writes them: they sort as text
    Column("due_on", Text),
    Column("amount", BigInteger),
    Column("unpaid", BigInteger),
    Column("currency", Text),
    Column("level", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("requirements", JSON_DATA, nullable=False),
    Column("blocks_sales", Boolean, nullable=False),
    Column("note", Text, nullable=False),
)
Index("ix_dealings_of_customer", dealings.c.customer, dealings.c.open, dealings.c.opened_on, dealings.c.dealing)
Index("ix_dealings_number", dealings.c.kind, dealings.c.number)

# -- what was done to records -----------------------------------------------------------------------------------
# No foreign keys: the history outlives what it is about, until a person is erased.

customer_changes = Table(
    "customer_changes",
    metadata,
    Column("n", COUNTER, primary_key=True),
    Column("customer", Text, nullable=False),
    Column("version", Integer, nullable=False),  # that the change made
    Column("at", UtcDateTime, nullable=False),
    Column("by", Text, nullable=False),
    Column("via", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("before", JSON_DATA),
    Column("after", JSON_DATA),
)
Index("ix_customer_changes_of_customer", customer_changes.c.customer, customer_changes.c.n)

customer_merges = Table(
    "customer_merges",
    metadata,
    Column("merge", Text, primary_key=True),
    Column("survivor", Text, nullable=False, index=True),
    Column("merged", Text, nullable=False, index=True),
    Column("at", UtcDateTime, nullable=False),
    Column("by", Text, nullable=False),
    Column("survivor_before", JSON_DATA, nullable=False),  # fields as they were
    Column("merged_before", JSON_DATA, nullable=False),
    Column("result", JSON_DATA, nullable=False),
    Column("undone_at", UtcDateTime),
    Column("undone_by", Text),
)

# What a merge took from the merged record to the survivor, so that it can go back.
merge_moves = Table(
    "merge_moves",
    metadata,
    Column("merge", Text, primary_key=True),
    Column("kind", Text, primary_key=True),  # interaction, dealing, relation
    Column("id", Text, primary_key=True),
)

imports = Table(
    "imports",
    metadata,
    Column("import", Text, primary_key=True),
    Column("file", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("plan", JSON_DATA, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("alive_at", UtcDateTime),  # when its process last said so
    Column("ended_at", UtcDateTime),
    Column("size", BigInteger, nullable=False),
    Column("read", BigInteger, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("created", Integer, nullable=False),
    Column("updated", Integer, nullable=False),
    Column("skipped", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("kept", Integer, nullable=False),
    Column("error", Text),
    Column("stop_wanted", Boolean, nullable=False),
)

import_rows = Table(
    "import_rows",
    metadata,
    Column("import", Text, ForeignKey("imports.import", ondelete="CASCADE"), primary_key=True),
    Column("line", Integer, primary_key=True),
    Column("action", Text, nullable=False),  # created, updated, refused
    Column("customer", Text, index=True),
    Column("version", Integer),  # that the import made
    Column("before", JSON_DATA),  # of an update: the fields it changed, as they were
    Column("problems", JSON_DATA),  # of a refused row, with its cells
    Column("cells", JSON_DATA),
)

erasures = Table(
    "erasures",
    metadata,
    Column("erasure", Text, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("fingerprint", Text, nullable=False, index=True),
    Column("counts", JSON_DATA, nullable=False),
)
