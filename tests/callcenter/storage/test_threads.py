"""Connections are used again without asking, but not after a pause in which the server may have gone."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import make_url, text

from callcenter.storage import threads as threads_module
from callcenter.storage.database import RecordsFailure
from callcenter.storage.threads import Threads, threads_of


def address(threads: Threads) -> int:
    with threads.reading("asking") as connection:
        return int(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())


def cut_off(url: str, backend: int) -> None:
    with psycopg.connect(url, autocommit=True) as admin:
        assert admin.execute("SELECT pg_terminate_backend(%s, 5000)", [backend]).fetchone() == (True,)


async def test_who_was_cut_off_in_a_pause_is_replaced(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads_module, "IDLE_SECONDS", 0.0)  # any pause is long enough
    with threads_of(make_url(postgres_url).set(drivername="postgresql+psycopg"), 1) as threads:
        first = address(threads)
        cut_off(postgres_url, first)
        assert address(threads) != first


async def test_who_is_cut_off_at_work_fails_once(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads_module, "IDLE_SECONDS", 60.0)
    with threads_of(make_url(postgres_url).set(drivername="postgresql+psycopg"), 1) as threads:
        first = address(threads)
        assert address(threads) == first
        cut_off(postgres_url, first)
        with pytest.raises(RecordsFailure) as failure:
            address(threads)
        assert failure.value.retryable
        assert address(threads) != first
