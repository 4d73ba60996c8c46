"""Brings a database to the newest schema. The migrations themselves lie in `migrations/`."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, make_url
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import NullPool

MIGRATIONS = Path(__file__).resolve().parent.parent.parent / "migrations"


def upgrade(dsn: str, revision: str = "head") -> None:
    """Migrate the database at this address (with its password), as the owner of its tables.

    It blocks; call it in a thread where a loop runs. Any driver named in the address is
    replaced by the synchronous one.
    """
    with _engine(dsn).begin() as connection:
        command.upgrade(_config(connection), revision)


def check(dsn: str) -> None:
    """Whether the migrations make what the code expects; raises `alembic.util.CommandError`."""
    with _engine(dsn).connect() as connection:
        command.check(_config(connection))


def _engine(dsn: str) -> Engine:
    url = make_url(dsn.replace("?ssl=", "?sslmode="))
    return create_engine(url.set(drivername="postgresql+psycopg2"), poolclass=NullPool)


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
