"""The servers the other integration tests stand on really serve, and really go away."""

from __future__ import annotations

import socket
from pathlib import Path

import psycopg
import pytest
import redis

from tests.support import servers

MANAGER = """\
[general]
enabled = yes
port = {port}
bindaddr = 127.0.0.1
"""


def test_redis_starts_empty_for_each_test(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
        client.set("left", "over")


def test_redis_forgets_what_the_test_before_wrote(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert client.get("left") is None


def test_postgres_gives_an_empty_utf8_database(postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as connection:
        encoding = connection.execute("SHOW server_encoding").fetchone()
        tables = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    assert (encoding, tables) == (("UTF8",), (0,))


def test_postgres_wants_the_password(postgres_server: servers.PostgresServer) -> None:
    url = postgres_server.url().replace(postgres_server.password, "guess")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(url)


def test_asterisk_runs_with_the_configuration_it_was_given(asterisk_factory: servers.AsteriskFactory) -> None:
    """The manager answers on its port, files in folders are included, and a kill can be followed by a start."""
    port = servers.free_port()
    instance = asterisk_factory(
        {
            "manager.conf": MANAGER.format(port=port),
            "extensions.conf": '#include "local/extra.conf"\n',
            "local/extra.conf": "[extra]\nexten => s,1,Hangup()\n",
        }
    )
    with socket.create_connection((servers.LOOPBACK, port)) as connection:
        assert connection.recv(64).startswith(b"Asterisk Call Manager/")
    assert "'s' =>" in instance.rx("dialplan show extra")
    before = instance.pid
    instance.kill()
    assert not servers.accepts(port)
    instance.start()
    assert instance.pid != before
    assert servers.accepts(port)


def test_asterisk_touches_nothing_outside_its_directory(
    asterisk_factory: servers.AsteriskFactory, tmp_path: Path
) -> None:
    instance = asterisk_factory({})
    opened = {str(link.readlink()) for link in Path(f"/proc/{instance.pid}/fd").iterdir()}
    written = {name for name in opened if name.startswith("/") and not name.startswith(("/dev/", str(tmp_path)))}
    assert written == set()


def test_a_server_that_does_not_start_shows_its_log(tmp_path: Path, asterisk_command: Path) -> None:
    instance = servers.asterisk_instance(
        asterisk_command, tmp_path, {"modules.conf": "[modules]\nrequire=no_such.so\n"}
    )
    with pytest.raises(servers.ServerFailed, match=r"no_such\.so"):
        instance.start()
