"""Statements that need no other beside them: each is a transaction of its own.

One round trip to the database instead of three. What must hold together goes through
`engine.begin()`.
"""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine


def alone(engine: AsyncEngine) -> AsyncEngine:
    """The same pool; each statement is committed, and so durable, when it returns."""
    return engine.execution_options(isolation_level="AUTOCOMMIT")
