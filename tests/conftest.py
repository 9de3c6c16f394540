"""Fixtures that every test may use: real servers, each started once per run, given fresh to each test.

A test that asks for one of them is an integration test, whether or not it carries the mark.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support import servers

# No deadlines: how long an example takes says more about who else uses the machine than about the code.
settings.register_profile("full", deadline=None)
settings.register_profile("fast", deadline=None, max_examples=10)
settings.register_profile("ci", settings.get_profile("full"), derandomize=True)
settings.load_profile("full")

_SERVER_FIXTURES = frozenset({"redis_server", "postgres_server", "asterisk_command", "asterisk_factory"})


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what uses a real server, before `-m` chooses."""
    for item in items:
        if not _SERVER_FIXTURES.isdisjoint(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.integration)


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.RedisServer]:
    """A Redis for the whole run."""
    with servers.redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def redis_url(redis_server: servers.RedisServer) -> str:
    """The address of an empty Redis."""
    redis_server.flush()
    return redis_server.url


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[servers.PostgresServer]:
    """A PostgreSQL for the whole run."""
    with servers.postgres_server() as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: servers.PostgresServer) -> Iterator[str]:
    """The address (``postgresql://…``) of an empty database, dropped afterwards."""
    with postgres_server.fresh_database() as url:
        yield url


@pytest.fixture(scope="session")
def asterisk_command() -> Path:
    """The Asterisk command of this machine."""
    return servers.asterisk_command()


@pytest.fixture
def asterisk_factory(asterisk_command: Path, tmp_path: Path) -> Iterator[servers.AsteriskFactory]:
    """Start Asterisk instances from configuration files (name → text); all are ended after the test."""
    with contextlib.ExitStack() as running:

        def start(files: Mapping[str, str]) -> servers.AsteriskInstance:
            directory = tmp_path / f"asterisk-{len(list(tmp_path.glob('asterisk-*')))}"
            instance = servers.asterisk_instance(asterisk_command, directory, files)
            running.callback(instance.stop)
            instance.start()
            return instance

        yield start
