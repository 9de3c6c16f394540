"""Alembic's environment: the connection, and with it the transaction, is given by `callcenter.storage.schema`."""

from __future__ import annotations

from alembic import context

from callcenter.storage import customer_tables, tables  # noqa: F401 -- they fill the metadata
from callcenter.storage.columns import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite changes a table by copying it
    transactional_ddl=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
