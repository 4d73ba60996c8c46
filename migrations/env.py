"""How Alembic reaches the database and our tables. Start it through `rilon.storage.migrate`."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from alembic import context

import rilon.storage
from rilon.storage.schema import metadata

# Every module of storage may add tables: all are read, so that none is overlooked.
for module in iter_modules(rilon.storage.__path__):
    if module.name != "migrate":
        import_module(f"rilon.storage.{module.name}")

connection = context.config.attributes.get("connection")
if connection is None:
    raise RuntimeError("migrations run through `rilon.storage.migrate.upgrade`")

context.configure(
    connection=connection,
    target_metadata=metadata,
    compare_server_default=False,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
