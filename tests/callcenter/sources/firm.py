"""A firm that keeps its customers elsewhere: its files, and its system as it answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from callcenter.api.card import CustomerCard
from callcenter.domain.errors import ExternalFailure
from callcenter.hosts.reading import load_hosts
from callcenter.hosts.systems import open_hosts
from callcenter.sources.asking import SourceDesk, open_sources
from callcenter.sources.customers import SourcedCustomers
from callcenter.sources.reading import load_sources
from tests.fakes.clock import FakeClock
from tests.fakes.customers import FakeCustomers
from tests.support.misbehaving_host import MisbehavingHost, answer, misbehaving_host

_ANSWER = """\
    answer:
      code: code
      telephone: { path: telephone, optional: true }
      name: name
      tier: { path: tier, optional: true }
      language: { path: language, optional: true }
      covered_until: { path: covered_until, optional: true }
      level: { path: level, optional: true }
      ahead: { path: ahead, type: integer, optional: true }
      complaint: { path: complaint, optional: true }
      segment: { path: segment, optional: true }
"""

HOST = """\
type: http
base_url: http://127.0.0.1:PORT
breaker: { failures: 3, seconds: 15 }
questions:
  by_number:
    path: /customers
    timeout: 0.6
    retries: 0
    arguments: { number: { pattern: '\\+[0-9]+' } }
    query: [number]
ANSWER  by_account:
    path: /customers
    timeout: 0.6
    retries: 0
    arguments: { code: { pattern: '[A-Za-z0-9 ]+' } }
    query: [code]
ANSWER""".replace("ANSWER", _ANSWER)

SOURCE = """\
# Where the firm keeps its customers.
host: crm
wait: 0.1
keep: 60
by_number: { question: by_number, argument: number, key: telephone }
by_account: { question: by_account, argument: code, key: code }
fields:
  account: code
  name: name
  tier: tier
  language: language
cover:
  until: covered_until
  level: level
  priority: ahead
alerts: { open_complaint: complaint }
routing: [segment]
"""

NUMBER = "+4930123456"
QUINN = {
    "code": "4711",
    "telephone": "030 123456",  # as a CRM writes it
    "name": "Carla Quinn",
    "tier": "VIP",
    "language": "de",
    "covered_until": "2026-12-31",
    "level": "premium",
    "ahead": 90,
    "complaint": "Line drops",
    "segment": "retail",
}


class OurRecords(FakeCustomers):
    """Both ports on the same few cards."""

    async def customer(self, customer: str) -> CustomerCard | None:
        return next((card for card in self.cards if card.customer == customer), None)


@dataclass(kw_only=True)
class Firm:
    """The customers as a call sees them; `entered` is who was entered into our records."""

    host: MisbehavingHost
    desk: SourceDesk
    clock: FakeClock
    customers: SourcedCustomers = field(init=False)
    ours: OurRecords = field(init=False)
    entered: list[tuple[CustomerCard, str]] = field(default_factory=list)
    broken: bool = False

    async def enter(self, card: CustomerCard, source: str) -> None:
        if self.broken:
            raise ExternalFailure("away", retryable=True)
        self.entered.append((card, source))


@asynccontextmanager
async def firm(
    directory: Path,
    *script: bytes | None,
    ours: tuple[CustomerCard, ...] = (),
    seconds: float = 0.0,
    change: Callable[[str], str] = lambda text: text,
) -> AsyncIterator[Firm]:
    """Run the firm's system, which answers as the script says; `change` edits the source's file."""
    async with misbehaving_host(*script, seconds=seconds) as host:
        for folder, text in (("hosts", HOST.replace("PORT", str(host.port))), ("sources", change(SOURCE))):
            (directory / folder).mkdir(exist_ok=True)
            (directory / folder / "crm.yaml").write_text(text, encoding="utf-8")
        hosts = load_hosts(directory)
        plans = load_sources(directory, hosts)
        clock = FakeClock(utc=datetime(2026, 3, 1, 12, 0, tzinfo=UTC))
        async with (
            open_hosts(hosts, secrets=directory, environment={}) as systems,
            open_sources(plans, systems, country="DE", monotonic=clock.monotonic) as desk,
        ):
            made = Firm(host=host, desk=desk, clock=clock)
            made.ours = OurRecords(*ours)
            made.customers = SourcedCustomers(made.ours, desk, clock, made.enter)
            yield made


def says(content: object = QUINN, status: int = 200) -> bytes:
    """Return an answer of the firm's system."""
    return answer(status, content)
