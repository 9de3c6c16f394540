"""How fast customers and their history are read: a million customers, ten million interactions, on both databases.

Over HTTP on the loopback, from a server in a process of its own, by one client that asks again when it is answered;
meanwhile another process looks callers up and stores their calls, twenty a second, as the CTI server does. A firm of
a hundredth of the size is asked in turn with the large one: both have the same load, and the ratio says something.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from aiohttp import ClientSession, DummyCookieJar
from psycopg import sql

from callcenter.api.timeline import TimelinePage
from callcenter.storage.database import open_database
from callcenter.storage.schema import upgrade
from tests.benchmarks.history_import import rows_a_second
from tests.benchmarks.history_plans import checked_plans
from tests.support.bench import Report, cpu_seconds, median, percentile, say
from tests.support.bulk_loading import fill_postgres, fill_sqlite
from tests.support.history_server import Served, calls_written, history_server
from tests.support.large_records import BUSIEST, SHARED_NUMBER, Size, customer_id, midnight, phone_number
from tests.support.servers import postgres_server

LARGE, SMALL = 10_000_000, 100_000
QUICK_LARGE, QUICK_SMALL = 100_000, 10_000
CALLS_A_SECOND = 20
PAGES = 99  # before the last one
TARGETS_MS = {"identify by number": 5.0, "pop data": 10.0, "customer page": 20.0}
MOST_GROWTH = 1.5
LEAST_IMPORTED = 5_000  # rows a second


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="10^5 interactions beside 10^4, few samples, no claims")
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--requests", type=int, default=2_000, help="of each kind, on each database")
    parser.add_argument("--rows", type=int, default=200_000, help="of the imported file")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), action="append", help="both without it")
    parser.add_argument("--keep", type=Path, help="SQLite files are kept here, and taken from here if they are there")
    parser.add_argument("--postgres", help="a server whose databases are kept likewise; without it one is started")
    options = parser.parse_args()
    large, small = (QUICK_LARGE, QUICK_SMALL) if options.quick else (LARGE, SMALL)
    requests = min(options.requests, 300) if options.quick else options.requests
    rows = min(options.rows, 5_000) if options.quick else options.rows
    report = Report(name="bench_history", seed=options.seed)
    sizes = _size(large, options.seed), _size(small, options.seed)
    with ExitStack() as stack:
        for kind in options.database or ("sqlite", "postgresql"):
            records = stack.enter_context(_sqlite(options.keep) if kind == "sqlite" else _postgres(options.postgres))
            _measure(report, kind, records, sizes, requests=requests, rows=rows)
    report.notes += [
        f"{sizes[0].customers:,} customers and {sizes[0].interactions:,} interactions, beside {sizes[1].customers:,}"
        f" and {sizes[1].interactions:,}; {requests} requests of each kind,"
        " each about a customer who was asked for once before",
        "growth: median of the large firm over that of the small one, asked in turn",
        "deep: the 100th page of the busiest customer's timeline by cursor, in turn with the first",
        "20 calls a second are looked up and stored meanwhile; the import runs beside them",
        f"among the {rows:,} rows imported are formulas, other encodings, customers named before, a broken end",
    ]
    return report.finish(options.json)


def _size(interactions: int, seed: int) -> Size:
    return Size(customers=interactions // 10, interactions=interactions, seed=seed)


# -- records ----------------------------------------------------------------------------------------------------

Records = Callable[[Size, Report], str]
"""Makes records of a size, if they are not there, and returns their address; the report is told how long it took."""


@contextmanager
def _sqlite(keep: Path | None) -> Iterator[Records]:
    folder = keep or Path(tempfile.mkdtemp(prefix="bench-history-"))
    folder.mkdir(parents=True, exist_ok=True)

    def made(size: Size, report: Report) -> str:
        path = folder / f"history-{size.interactions}-{size.seed}.sqlite"
        if not path.exists():
            part = path.with_suffix(".part")
            part.unlink(missing_ok=True)
            asyncio.run(_upgraded(f"sqlite:///{part}"))
            began = time.monotonic()
            fill_sqlite(part, size, midnight(datetime.now(UTC)), _told("sqlite"))
            part.rename(path)
            _generated(report, "sqlite", size, time.monotonic() - began, path.stat().st_size)
        return f"sqlite:///{path}"

    try:
        yield made
    finally:
        if keep is None:
            shutil.rmtree(folder)


@contextmanager
def _postgres(server: str | None) -> Iterator[Records]:
    with ExitStack() as stack:
        admin = server or stack.enter_context(postgres_server()).url()
        base = admin.rpartition("/")[0]
        with psycopg.connect(admin, autocommit=True) as connection:
            for setting in ("max_wal_size = '8GB'", "checkpoint_timeout = '30min'"):
                connection.execute(sql.SQL("ALTER SYSTEM SET " + setting))
            connection.execute("SELECT pg_reload_conf()")

        def made(size: Size, report: Report) -> str:
            name = f"history_{size.interactions}_{size.seed}"
            with psycopg.connect(admin, autocommit=True) as connection:
                if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                    part, whole = sql.Identifier(f"{name}_part"), sql.Identifier(name)
                    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(part))
                    connection.execute(sql.SQL("CREATE DATABASE {}").format(part))
                    asyncio.run(_upgraded(f"{base}/{name}_part"))
                    began = time.monotonic()
                    fill_postgres(f"{base}/{name}_part", size, midnight(datetime.now(UTC)), _told("postgresql"))
                    took = time.monotonic() - began
                    connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(part, whole))
                    told = connection.execute("SELECT pg_database_size(%s::name)", [name]).fetchone()
                    _generated(report, "postgresql", size, took, told[0] if told else 0)
            return f"{base}/{name}"

        yield made


async def _upgraded(url: str) -> None:
    async with open_database(url) as engine:
        await upgrade(engine)


def _told(kind: str) -> Callable[[str], None]:
    return lambda text: say(f"{kind}: {text}")


def _generated(report: Report, kind: str, size: Size, seconds: float, octets: int) -> None:
    report.add(f"{kind}: {size.interactions:,} interactions generated", seconds, "s")
    report.notes.append(f"{kind}: {size.interactions:,} interactions take {octets / 1e9:.1f} GB")


# -- measuring --------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Samples:
    """Seconds that requests took, by kind."""

    of: dict[str, list[float]] = field(default_factory=dict)

    def add(self, kind: str, seconds: float) -> None:
        """Add one."""
        self.of.setdefault(kind, []).append(seconds * 1_000)


def _measure(
    report: Report, kind: str, records: Records, sizes: tuple[Size, Size], *, requests: int, rows: int
) -> None:
    large, small = sizes
    url, small_url = records(large, report), records(small, report)
    statements, faults = asyncio.run(checked_plans(url, large))
    report.add(
        f"{kind}: statements that read whole tables or sort much",
        len(faults),
        f"of {statements}",
        target="0",
        ok=not faults,
    )
    report.notes += [f"{kind}: {fault}" for fault in faults]
    with (
        history_server(small_url) as of_small,
        history_server(url) as of_large,
        calls_written(url, large, CALLS_A_SECOND) as written,
    ):
        say(f"{kind}: asking")
        began, used = time.monotonic(), cpu_seconds(of_large.pid)
        in_large, in_small = asyncio.run(_ask((of_large, large), (of_small, small), requests))
        cpu = cpu_seconds(of_large.pid) - used
        seconds = time.monotonic() - began
        asked = sum(map(len, in_large.of.values()))
        say(f"{kind}: importing")
        imported, cpu_of_import = rows_a_second(url, rows)
    _figures(report, kind, in_large, in_small)
    report.add(
        f"{kind}: import beside calls and nobody else",
        imported,
        "rows/s",
        target=f">= {LEAST_IMPORTED}",
        ok=imported >= LEAST_IMPORTED,
    )
    report.add(f"{kind}: import, CPU", cpu_of_import * 1e6, "us a row")
    report.add(f"{kind}: caller looked up in the call server, p99", percentile(written.looked_up, 99) * 1e3, "ms")
    report.add(f"{kind}: server, CPU", cpu / asked * 1e3, "ms a request")
    report.add(
        f"{kind}: calls stored late by a second", written.late, f"of {written.calls}", target="0", ok=written.late == 0
    )
    report.add(f"{kind}: attempts to store a call that were repeated", written.refused, f"of {written.calls}")
    say(f"{kind}: {asked / seconds:.0f} requests a second")


def _figures(report: Report, kind: str, large: Samples, small: Samples) -> None:
    for what, most in TARGETS_MS.items():
        p99 = percentile(large.of[what], 99)
        report.add(f"{kind}: {what}, p99", p99, "ms", target=f"<= {most:g}", ok=p99 <= most)
        report.add(f"{kind}: {what}, median", median(large.of[what]), "ms")
        report.add(f"{kind}: {what}, first time, p99", percentile(large.of[f"{what}, first time"], 99), "ms")
    first, deep = large.of["first page"], large.of["deep page"]
    for percent, name in ((50, "median"), (99, "p99")):
        report.add(f"{kind}: timeline, first page, {name}", percentile(first, percent), "ms")
        report.add(f"{kind}: timeline, 100th page, {name}", percentile(deep, percent), "ms")
    ratio = median(deep) / median(first)
    report.add(f"{kind}: 100th page over the first", ratio, "x", target=f"<= {MOST_GROWTH}", ok=ratio <= MOST_GROWTH)
    for what in (*TARGETS_MS, "timeline"):
        growth = median(large.of[what]) / median(small.of[what])
        report.add(f"{kind}: growth, {what}", growth, "x", target=f"<= {MOST_GROWTH}", ok=growth <= MOST_GROWTH)
    report.add(f"{kind}: number that 500 share, p99", percentile(large.of["shared number"], 99), "ms")
    report.add(f"{kind}: words of a name, p99", percentile(large.of["words"], 99), "ms")


async def _ask(large: tuple[Served, Size], small: tuple[Served, Size], requests: int) -> tuple[Samples, Samples]:
    chance = random.Random(large[1].seed)
    results = Samples(), Samples()
    async with ClientSession(cookie_jar=DummyCookieJar()) as http:
        clients = [_Client(http, served, size) for served, size in (large, small)]
        for kind in ("identify by number", "pop data", "customer page", "timeline"):
            places = [chance.random() for _ in range(requests)]
            for what in (f"{kind}, first time", kind):  # warm: the same customers again
                for place in places:
                    for client, samples in zip(clients, results, strict=True):
                        await client.timed(what, client.path(kind, place), samples)
        client, samples = clients[0], results[0]
        for _ in range(max(20, requests // 10)):
            await client.timed("shared number", f"?number=%2B{SHARED_NUMBER[1:]}", samples)
            await client.timed("words", f"?find={chance.choice(('Grace Lop', 'Tara', '王伟', 'Motors 12'))}", samples)
        first, deep, cursor = await client.depths()
        for _ in range(max(100, requests // 4)):
            await client.timed("first page", first, samples)
            await client.timed("deep page", deep.format(cursor=cursor), samples)
    return results


class _Client:
    """One page's requests to one server."""

    def __init__(self, http: ClientSession, served: Served, size: Size) -> None:
        self._http, self._served, self._size = http, served, size

    def path(self, kind: str, place: float) -> str:
        """Return the address of a request of this kind, about the customer at this place (0 to 1) of all."""
        number = int(place * self._size.customers)
        match kind:
            case "identify by number":
                return f"?number=%2B{phone_number(number)[1:]}"
            case "pop data":
                return f"/{customer_id(number)}/card"
            case "timeline":
                return f"/{customer_id(number)}/timeline"
            case _:
                return f"/{customer_id(number)}"

    async def timed(self, kind: str, path: str, samples: Samples) -> None:
        """Ask, and note how long it took until the whole answer was there."""
        began = time.perf_counter()
        await self._read(path)
        samples.add(kind, time.perf_counter() - began)

    async def depths(self) -> tuple[str, str, str]:
        """Return the addresses of the first and of the 100th page of the busiest customer, and the latter's cursor."""
        per_page = 20 if self._size.interactions >= LARGE else 4
        first = f"/{customer_id(BUSIEST)}/timeline?limit={per_page}"
        page = TimelinePage.model_validate_json(await self._read(first))
        for _ in range(PAGES - 1):
            page = TimelinePage.model_validate_json(await self._read(f"{first}&cursor={page.cursor}"))
        if page.cursor is None:
            raise AssertionError("the busiest customer has too few interactions")
        return first, first + "&cursor={cursor}", page.cursor

    async def _read(self, path: str) -> bytes:
        url = f"{self._served.origin}/api/v1/customers{path}"
        async with self._http.get(url, headers={"Cookie": self._served.cookie}) as response:
            body = await response.read()
            if response.status != 200 or (path.startswith("?number") and body.startswith(b'{"items":[]')):
                raise AssertionError(f"{path}: {response.status}")
            return body


if __name__ == "__main__":
    sys.exit(main())
