"""The customer master whole: records with all their fields, changes, merges, dealings, imports; one timeline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from callcenter.customers.words import words_of

revision = "r0002"
down_revision = "r0001"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_JSON = sa.JSON().with_variant(JSONB(), "postgresql")
_COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_BATCH = 1_000


def upgrade() -> None:
    """Go forward."""
    _set_aside("customer_numbers", indexes=["ix_customer_numbers_customer"])
    _set_aside("customers", uniques=["uq_customers_account"])
    _set_aside("interactions", indexes=["ix_interactions_of_customer", "ix_interactions_started_at"])
    customers = _new_customers()
    _new_lookups()
    interactions = _new_interactions()
    _new_history_of_records()
    _new_imports()
    _keep_customers(customers)
    _keep_interactions(interactions)
    for table in ("customer_numbers", "customers", "interactions"):
        op.drop_table(f"{table}_before")
    _interaction_indexes()
    _word_indexes()


def downgrade() -> None:
    """Go back. What the older tables have no place for is lost."""
    _drop_word_indexes()
    for table in (
        "erasures",
        "import_rows",
        "imports",
        "merge_moves",
        "customer_merges",
        "customer_changes",
        "dealings",
        "customer_relations",
        "customer_pairs",
        "customer_keys",
        "customer_mails",
        "interaction_payloads",
        "interaction_notes",
    ):
        op.drop_table(table)
    _set_aside("customer_numbers", indexes=["ix_customer_numbers_customer", "uq_customer_numbers_owner"])
    _set_aside(
        "customers",
        indexes=["ix_customers_merged_into", "ix_customers_of_owner"],
        uniques=["uq_customers_account", "uq_customers_customer"],
    )
    _set_aside(
        "interactions",
        indexes=[
            "ix_interactions_of_customer",
            "ix_interactions_of_queue",
            "ix_interactions_of_agent",
            "ix_interactions_started_at",
        ],
        uniques=["uq_interactions_interaction"],
    )
    _old_tables()
    _copy("customers", "customer, name, account, tier, language")
    _copy("customer_numbers", "number, customer")
    _copy("interactions", _OLD_INTERACTION, "WHERE medium = 'call'")
    for table in ("customer_numbers", "customers", "interactions"):
        op.drop_table(f"{table}_before")
    op.create_index(
        "ix_interactions_of_customer",
        "interactions",
        ["customer", sa.text("started_at DESC"), sa.text("interaction DESC")],
        postgresql_where=sa.text("customer IS NOT NULL"),
        sqlite_where=sa.text("customer IS NOT NULL"),
    )
    op.create_index("ix_interactions_started_at", "interactions", ["started_at"])


# -- old tables make room ---------------------------------------------------------------------------------------


def _set_aside(table: str, *, indexes: list[str] | None = None, uniques: list[str] | None = None) -> None:
    """Rename a table and free the names of its constraints and indexes for the new one.

    A copy instead of ALTER TABLE: SQLite cannot change a primary key, and dropping a table there would delete the rows
    of those that refer to it.
    """
    for index in indexes or ():
        op.drop_index(index, table_name=table)
    op.rename_table(table, f"{table}_before")
    if op.get_bind().dialect.name == "postgresql":
        for constraint in (f"pk_{table}", *(uniques or ())):
            op.execute(f"ALTER INDEX {constraint} RENAME TO {constraint}_before")
        op.execute(f"ALTER SEQUENCE IF EXISTS {table}_n_seq RENAME TO {table}_before_n_seq")


# -- new tables -------------------------------------------------------------------------------------------------


def _text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text, nullable=False)


def _json(name: str) -> sa.Column[Any]:
    return sa.Column(name, _JSON, nullable=False)


def _new_customers() -> sa.Table:
    customers = op.create_table(
        "customers",
        sa.Column("n", _COUNTER, nullable=False, autoincrement=True),
        _text("customer"),
        sa.Column("version", sa.Integer, nullable=False, server_default="1"),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("updated_at", _TIME, nullable=False),
        sa.Column("merged_into", sa.Text),
        sa.Column("hold", _JSON),
        *map(_text, ("words", "kind", "name", "given_name", "family_name", "salutation", "name_reading")),
        _json("aliases"),
        _text("account"),
        *map(_json, ("numbers", "mails", "addresses", "contacts")),
        sa.Column("language", sa.Text),
        _text("tier"),
        sa.Column("credit_limit", sa.BigInteger),
        sa.Column("currency", sa.Text),
        sa.Column("payment_terms_days", sa.Integer),
        *map(_text, ("payment_record", "tax_number", "website", "industry")),
        sa.Column("birthday", sa.Text),
        sa.Column("owner", sa.Text),
        *map(_text, ("territory", "source")),
        _json("preferences"),
        _text("remark"),
        _json("custom"),
        sa.PrimaryKeyConstraint("n", name="pk_customers"),
        sa.UniqueConstraint("customer", name="uq_customers_customer"),
        sa.UniqueConstraint("account", name="uq_customers_account"),
        sa.CheckConstraint("tier IN ('standard', 'gold', 'vip')", name=op.f("ck_customers_tier")),
        sa.CheckConstraint("kind IN ('person', 'company')", name=op.f("ck_customers_kind")),
    )
    op.create_index("ix_customers_merged_into", "customers", ["merged_into"])
    op.create_index("ix_customers_of_owner", "customers", ["owner", "n"], postgresql_where=sa.text("owner IS NOT NULL"))
    return customers


def _of_customer(table: str, column: str = "customer") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["customers.customer"], name=f"fk_{table}_{column}", ondelete="CASCADE")


def _new_lookups() -> None:
    for table, key in (("customer_numbers", "number"), ("customer_mails", "mail")):
        op.create_table(
            table,
            _text(key),
            _text("customer"),
            sa.Column("contact", sa.Text, nullable=False, server_default=""),
            sa.Column("shared", sa.Boolean, nullable=False, server_default=sa.text("false")),
            sa.PrimaryKeyConstraint(key, "customer", name=f"pk_{table}"),
            _of_customer(table),
        )
        op.create_index(f"ix_{table}_customer", table, ["customer"])
        op.create_index(
            f"uq_{table}_owner",
            table,
            [key],
            unique=True,
            sqlite_where=sa.text("NOT shared"),
            postgresql_where=sa.text("NOT shared"),
        )
    op.create_table(
        "customer_keys",
        _text("key"),
        _text("customer"),
        sa.PrimaryKeyConstraint("key", "customer", name="pk_customer_keys"),
        _of_customer("customer_keys"),
    )
    op.create_index("ix_customer_keys_customer", "customer_keys", ["customer"])
    op.create_table(
        "customer_pairs",
        _text("one"),
        _text("other"),
        sa.Column("score", sa.Integer, nullable=False),
        _text("reasons"),
        sa.Column("apart", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.PrimaryKeyConstraint("one", "other", name="pk_customer_pairs"),
        _of_customer("customer_pairs", "one"),
        _of_customer("customer_pairs", "other"),
    )
    op.create_index("ix_customer_pairs_other", "customer_pairs", ["other"])
    op.create_index("ix_customer_pairs_to_look_at", "customer_pairs", ["apart", "score", "one"])
    op.create_table(
        "customer_relations",
        *map(_text, ("relation", "one", "kind", "other")),
        sa.PrimaryKeyConstraint("relation", name="pk_customer_relations"),
        _of_customer("customer_relations", "one"),
        _of_customer("customer_relations", "other"),
    )
    for side in ("one", "other"):
        op.create_index(f"ix_customer_relations_{side}", "customer_relations", [side])
    op.create_table(
        "dealings",
        *map(_text, ("dealing", "customer", "kind", "number", "title", "state")),
        sa.Column("open", sa.Boolean, nullable=False),
        sa.Column("by", sa.Text),
        _text("opened_on"),
        sa.Column("due_on", sa.Text),
        sa.Column("amount", sa.BigInteger),
        sa.Column("unpaid", sa.BigInteger),
        sa.Column("currency", sa.Text),
        _text("level"),
        sa.Column("priority", sa.Integer, nullable=False),
        _json("requirements"),
        sa.Column("blocks_sales", sa.Boolean, nullable=False),
        _text("note"),
        sa.PrimaryKeyConstraint("dealing", name="pk_dealings"),
        _of_customer("dealings"),
    )
    op.create_index("ix_dealings_of_customer", "dealings", ["customer", "open", "opened_on", "dealing"])
    op.create_index("ix_dealings_number", "dealings", ["kind", "number"])


def _new_interactions() -> sa.Table:
    interactions = op.create_table(
        "interactions",
        sa.Column("n", _COUNTER, nullable=False, autoincrement=True),
        _text("interaction"),
        sa.Column("medium", sa.Text, nullable=False, server_default="call"),
        sa.Column("direction", sa.Text, nullable=False, server_default="in"),
        sa.Column("started_at", _TIME, nullable=False),
        *map(_text, ("called_number", "calling_number")),
        sa.Column("calling_name", sa.Text, nullable=False, server_default=""),
        sa.Column("subject", sa.Text, nullable=False, server_default=""),
        *(sa.Column(name, sa.Text) for name in ("identified_as", "customer", "queue", "agent")),
        sa.Column("ended_at", _TIME),
        *(sa.Column(name, sa.Text) for name in ("outcome", "cause")),
        sa.Column("waited_s", sa.Float),
        sa.Column("talked_s", sa.Float),
        *(sa.Column(name, sa.Text) for name in ("disposition", "note")),
        sa.Column("closed", sa.Boolean, nullable=False),
        sa.Column("story", _JSON, nullable=False, server_default="{}"),
        sa.Column("words", sa.Text, nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("n", name="pk_interactions"),
        sa.UniqueConstraint("interaction", name="uq_interactions_interaction"),
    )
    op.create_table(
        "interaction_notes",
        sa.Column("n", _COUNTER, nullable=False, autoincrement=True),
        _text("interaction"),
        sa.Column("at", _TIME, nullable=False),
        *map(_text, ("by", "text")),
        sa.PrimaryKeyConstraint("n", name="pk_interaction_notes"),
    )
    op.create_index("ix_interaction_notes_interaction", "interaction_notes", ["interaction"])
    op.create_table(
        "interaction_payloads",
        _text("interaction"),
        _json("data"),
        sa.PrimaryKeyConstraint("interaction", name="pk_interaction_payloads"),
    )
    return interactions


def _interaction_indexes() -> None:
    op.create_index(
        "ix_interactions_of_customer",
        "interactions",
        ["customer", "started_at", "n"],
        postgresql_where=sa.text("customer IS NOT NULL"),
        sqlite_where=sa.text("customer IS NOT NULL"),
    )
    for way in ("queue", "agent"):
        op.create_index(f"ix_interactions_of_{way}", "interactions", [way, "started_at", "n"])
    op.create_index("ix_interactions_started_at", "interactions", ["started_at", "n"])


def _new_history_of_records() -> None:
    op.create_table(
        "customer_changes",
        sa.Column("n", _COUNTER, nullable=False, autoincrement=True),
        _text("customer"),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("at", _TIME, nullable=False),
        *map(_text, ("by", "via", "field")),
        sa.Column("before", _JSON),
        sa.Column("after", _JSON),
        sa.PrimaryKeyConstraint("n", name="pk_customer_changes"),
    )
    op.create_index("ix_customer_changes_of_customer", "customer_changes", ["customer", "n"])
    op.create_table(
        "customer_merges",
        *map(_text, ("merge", "survivor", "merged")),
        sa.Column("at", _TIME, nullable=False),
        _text("by"),
        *map(_json, ("survivor_before", "merged_before", "result")),
        sa.Column("undone_at", _TIME),
        sa.Column("undone_by", sa.Text),
        sa.PrimaryKeyConstraint("merge", name="pk_customer_merges"),
    )
    for side in ("survivor", "merged"):
        op.create_index(f"ix_customer_merges_{side}", "customer_merges", [side])
    op.create_table(
        "merge_moves",
        *map(_text, ("merge", "kind", "id")),
        sa.PrimaryKeyConstraint("merge", "kind", "id", name="pk_merge_moves"),
    )
    op.create_table(
        "erasures",
        _text("erasure"),
        sa.Column("at", _TIME, nullable=False),
        *map(_text, ("by", "reason", "fingerprint")),
        _json("counts"),
        sa.PrimaryKeyConstraint("erasure", name="pk_erasures"),
    )
    op.create_index("ix_erasures_fingerprint", "erasures", ["fingerprint"])


def _new_imports() -> None:
    op.create_table(
        "imports",
        *map(_text, ("import", "file", "by", "state")),
        _json("plan"),
        sa.Column("started_at", _TIME, nullable=False),
        sa.Column("ended_at", _TIME),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("size", "read")),
        *(
            sa.Column(name, sa.Integer, nullable=False)
            for name in ("rows", "created", "updated", "skipped", "refused", "kept")
        ),
        sa.Column("error", sa.Text),
        sa.Column("stop_wanted", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("import", name="pk_imports"),
    )
    op.create_table(
        "import_rows",
        _text("import"),
        sa.Column("line", sa.Integer, nullable=False),
        _text("action"),
        sa.Column("customer", sa.Text),
        sa.Column("version", sa.Integer),
        *(sa.Column(name, _JSON) for name in ("before", "problems", "cells")),
        sa.PrimaryKeyConstraint("import", "line", name="pk_import_rows"),
        sa.ForeignKeyConstraint(["import"], ["imports.import"], name="fk_import_rows_import", ondelete="CASCADE"),
    )
    op.create_index("ix_import_rows_customer", "import_rows", ["customer"])


# -- what was there stays ---------------------------------------------------------------------------------------

_OLD_INTERACTION = (
    "interaction, started_at, called_number, calling_number, customer, queue, agent, ended_at, outcome,"
    " waited_s, talked_s, disposition, note, closed"
)
_BLANK_TEXTS = (
    "given_name",
    "family_name",
    "salutation",
    "name_reading",
    "tax_number",
    "website",
    "industry",
    "territory",
    "source",
    "remark",
)
_BLANK_LISTS = ("aliases", "mails", "addresses", "contacts")
_PREFERENCES = {
    "no_calls": False,
    "no_mail": False,
    "no_post": False,
    "medium": "",
    "best_from": None,
    "best_until": None,
    "time_zone": "",
}


def _copy(table: str, columns: str, condition: str = "") -> None:
    # Only names of this file are put together here.
    op.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {table}_before {condition}")  # noqa: S608


def _keep_customers(customers: sa.Table) -> None:
    """Copy the customers. A number that several had is shared by all of them from now on."""
    connection = op.get_bind()
    blank: dict[str, Any] = {**dict.fromkeys(_BLANK_TEXTS, ""), **{name: [] for name in _BLANK_LISTS}}
    blank |= {"kind": "person", "payment_record": "unknown", "preferences": _PREFERENCES, "custom": {}}
    times = {"created_at": sa.func.now(), "updated_at": sa.func.now()}
    shared = "(SELECT count(*) FROM customer_numbers_before AS o WHERE o.number = n.number) > 1"
    numbers: dict[str, list[dict[str, Any]]] = {}
    query = f"SELECT customer, number, {shared} AS shared FROM customer_numbers_before AS n ORDER BY number"  # noqa: S608
    for row in connection.execute(sa.text(query)):
        entry = {"number": row.number, "label": "other", "shared": bool(row.shared)}
        numbers.setdefault(row.customer, []).append(entry)
    old = connection.execute(sa.text("SELECT customer, name, account, tier, language FROM customers_before")).all()
    for some in _batches(old):
        rows = [
            {
                **blank,
                "customer": row.customer,
                "name": row.name,
                "account": row.account,
                "tier": row.tier,
                "language": row.language,
                "numbers": numbers.get(row.customer, []),
                "words": words_of(row.name, row.account, *(one["number"] for one in numbers.get(row.customer, []))),
            }
            for row in some
        ]
        connection.execute(sa.insert(customers).values(times), rows)
    op.execute(
        "INSERT INTO customer_numbers (number, customer, shared)"  # noqa: S608 -- a text of this file
        f" SELECT number, customer, {shared} FROM customer_numbers_before AS n"
    )


def _keep_interactions(interactions: sa.Table) -> None:
    _copy("interactions", _OLD_INTERACTION, "ORDER BY started_at, interaction")
    connection = op.get_bind()
    op.execute("UPDATE interactions SET identified_as = customer")
    noted = connection.execute(sa.text("SELECT n, note FROM interactions WHERE note <> ''")).all()
    update = (
        sa.update(interactions).where(interactions.c.n == sa.bindparam("of")).values(words=sa.bindparam("new_words"))
    )
    for some in _batches(noted):
        connection.execute(update, [{"of": row.n, "new_words": words_of(row.note)} for row in some])


def _batches(rows: Sequence[sa.Row[Any]]) -> Iterator[Sequence[sa.Row[Any]]]:
    return (rows[start : start + _BATCH] for start in range(0, len(rows), _BATCH))


def _old_tables() -> None:
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
        _of_customer("customer_numbers"),
    )
    op.create_index("ix_customer_numbers_customer", "customer_numbers", ["customer"])
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


# -- words ------------------------------------------------------------------------------------------------------
# The one thing that the two databases do not have alike: FTS5 beside the table on SQLite, an index on PostgreSQL.


def _word_indexes() -> None:
    for table in ("customers", "interactions"):
        if op.get_bind().dialect.name == "postgresql":
            # The words are cut already: no parser, no dictionary.
            op.execute(
                f"CREATE INDEX ix_{table}_words ON {table} USING gin (array_to_tsvector(string_to_array(words, ' ')))"
            )
            continue
        op.execute(
            f"CREATE VIRTUAL TABLE {table}_words USING fts5(words, content='{table}', content_rowid='n',"
            " tokenize='unicode61 remove_diacritics 0')"
        )
        # Rows without words are not in the index: it must be told to forget exactly what it was told.
        forget = f"INSERT INTO {table}_words ({table}_words, rowid, words) SELECT 'delete', old.n, old.words"
        learn = f"INSERT INTO {table}_words (rowid, words) SELECT new.n, new.words"
        forget, learn = f"{forget} WHERE old.words <> ''", f"{learn} WHERE new.words <> ''"
        for name, when, what in (
            ("in", "INSERT", learn),
            ("out", "DELETE", forget),
            ("change", "UPDATE OF words", f"{forget}; {learn}"),
        ):
            changed = "WHEN old.words <> new.words" if name == "change" else ""
            op.execute(f"CREATE TRIGGER {table}_words_{name} AFTER {when} ON {table} {changed} BEGIN {what}; END")
        op.execute(
            f"INSERT INTO {table}_words (rowid, words)"  # noqa: S608 -- names of this file
            f" SELECT n, words FROM {table} WHERE words <> ''"
        )


def _drop_word_indexes() -> None:
    for table in ("customers", "interactions"):
        if op.get_bind().dialect.name == "postgresql":
            op.execute(f"DROP INDEX ix_{table}_words")
            continue
        for trigger in ("in", "out", "change"):
            op.execute(f"DROP TRIGGER {table}_words_{trigger}")
        op.execute(f"DROP TABLE {table}_words")
