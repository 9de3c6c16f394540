"""The sample bank for tests: the real service over the loopback, with the real adapter in front of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.demo.bank.ledger import Ledger
from callcenter.demo.bank.pins import Pins, open_pins
from callcenter.demo.bank.seed import plant_bank
from callcenter.demo.bank.service import bank_service, listening
from callcenter.hosts.model import HttpHost
from callcenter.hosts.reading import load_hosts
from callcenter.hosts.systems import ConfiguredHosts, open_hosts
from callcenter.storage.database import open_database
from tests.fakes.clock import FakeClock
from tests.support.servers import TREE

TOKEN = "the-token-of-the-bank"
ACCOUNT, PIN = "40001", "1000"
"""A customer of the demonstration, who speaks English and has dollars."""
CHINESE, CHINESE_PIN = "40053", "3500"
"""One who speaks Mandarin and has yuan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleBank:
    """A bank that is open."""

    application: web.Application
    ledger: Ledger
    pins: Pins
    clock: FakeClock
    database: AsyncEngine
    file: Path


_planted: list[bytes] = []


@asynccontextmanager
async def sample_bank(directory: Path) -> AsyncIterator[SampleBank]:
    """Give a bank with its customers, on a Thursday morning; two hundred PINs are hashed once a run."""
    clock = FakeClock(utc=datetime(2026, 11, 26, 9, tzinfo=UTC))
    file = directory / "bank.sqlite"
    if not _planted:
        async with open_database(f"sqlite:///{file}") as database:
            assert await plant_bank(database, key="key", today=clock.utc().date())
        _planted.append(file.read_bytes())
    file.write_bytes(_planted[0])
    async with open_database(f"sqlite:///{file}") as database, open_pins(database, clock, "key") as pins:
        ledger = Ledger(database, clock)
        application = bank_service(ledger=ledger, pins=pins, clock=clock, token=TOKEN)
        yield SampleBank(application=application, ledger=ledger, pins=pins, clock=clock, database=database, file=file)


@asynccontextmanager
async def connected_bank(directory: Path, *, token: str = TOKEN) -> AsyncIterator[tuple[SampleBank, ConfiguredHosts]]:
    """Give a bank, and it as flows ask it: over HTTP, as the shipped `hosts/bank.yaml` says."""
    (directory / "bank-token").write_text(token)
    plan = load_hosts(TREE / "config")["bank"]
    assert isinstance(plan, HttpHost)
    async with sample_bank(directory) as bank, listening(bank.application, "127.0.0.1", 0) as port:
        here = replace(plan, base_url=f"http://127.0.0.1:{port}")
        async with open_hosts({"bank": here}, secrets=directory, environment={}) as hosts:
            yield bank, hosts
