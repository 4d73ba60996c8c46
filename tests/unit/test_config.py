"""Settings files: strict, and silent about secrets."""

from __future__ import annotations

from pathlib import Path

import pytest

from rilon.config import (
    AuditSettings,
    Database,
    MigrationSettings,
    Section,
    SettingsError,
    StewardSettings,
    WorkerSettings,
    load,
    secret,
)
from rilon.embedded.layout import PROJECT, Layout
from rilon.embedded.network import PORTS, SERVER_NAME
from rilon.embedded.settings import log_key, settings_path, write_settings

PASSWORD = "hunter2-hunter2"


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text(PASSWORD + "\n")
    return path


def _file(folder: Path, text: str) -> Path:
    path = folder / "settings.toml"
    path.write_text(text)
    return path


def test_an_unknown_key_is_an_error(tmp_path: Path, password_file: Path) -> None:
    path = _file(
        tmp_path,
        f'[database]\ndsn = "postgresql://a@h/d"\npassword_file = "{password_file}"\ntls = 1\n',
    )
    with pytest.raises(SettingsError, match=r"settings\.toml: database\.tls"):
        load(MigrationSettings, path)


def test_a_password_in_an_address_is_refused_and_not_repeated(tmp_path: Path) -> None:
    path = _file(
        tmp_path, f'[database]\ndsn = "postgresql://a:{PASSWORD}@h/d"\npassword_file = "x"\n'
    )
    with pytest.raises(SettingsError) as refused:
        load(MigrationSettings, path)
    assert "database.dsn" in str(refused.value)
    assert PASSWORD not in str(refused.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.toml: there is no such file"):
        load(MigrationSettings, tmp_path / "none.toml")


def test_an_empty_secret_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(SettingsError, match="is empty"):
        secret(tmp_path / "empty")


def test_the_password_joins_the_address_only_for_the_driver(password_file: Path) -> None:
    password_file.write_text("a/b@c:d\n")
    database = Database(dsn="postgresql://rilon@127.0.0.1:5432/rilon", password_file=password_file)
    assert database.url() == "postgresql+asyncpg://rilon:a%2Fb%40c%3Ad@127.0.0.1:5432/rilon"
    assert "a/b" not in repr(database)


@pytest.mark.parametrize(
    ("process", "kind"),
    [
        ("migrate", MigrationSettings),
        ("steward", StewardSettings),
        ("audit", AuditSettings),
        ("worker", WorkerSettings),
    ],
)
def test_what_the_embedded_network_writes_is_what_the_process_reads(
    tmp_path: Path, process: str, kind: type[Section]
) -> None:
    layout = Layout.at(tmp_path / "state")
    layout.create()
    ports = {name: 16_000 + number for number, name in enumerate(PORTS)}
    write_settings(layout, ports, SERVER_NAME)
    path = settings_path(layout, process)
    assert load(kind, path).model_config["frozen"]
    assert path.stat().st_mode & 0o777 == 0o600
    for kept in layout.secrets.iterdir():
        assert kept.read_text().strip() not in path.read_text(), kept.name


@pytest.mark.parametrize(
    ("process", "kind"),
    [
        ("migrate", MigrationSettings),
        ("steward", StewardSettings),
        ("audit", AuditSettings),
        ("worker", WorkerSettings),
    ],
)
def test_the_examples_for_real_machines_can_be_read(process: str, kind: type[Section]) -> None:
    load(kind, PROJECT / "deploy" / "settings" / f"{process}.toml")


def test_the_logs_key_stays_the_same_over_starts(tmp_path: Path) -> None:
    layout = Layout.at(tmp_path / "state")
    layout.create()
    assert log_key(layout, "log.a").verifier == log_key(layout, "log.a").verifier


def test_an_address_names_its_tls_in_libpqs_words_whichever_driver_it_is_for(
    password_file: Path,
) -> None:
    database = Database(dsn="postgresql://a@h/d?sslmode=verify-full", password_file=password_file)
    assert database.url().endswith("/d?ssl=verify-full")
    assert database.url("postgresql").endswith("/d?sslmode=verify-full")
