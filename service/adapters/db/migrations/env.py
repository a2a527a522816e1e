"""Runs the migrations inside the transaction that `SqlDatabase.upgrade` opened."""

from __future__ import annotations

from alembic import context

from service.adapters.db.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
