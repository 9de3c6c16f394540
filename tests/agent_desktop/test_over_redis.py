"""Desktop server and CTI server with a real Redis between them: the pop, requests, and one that dies."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from agent_desktop.config import Timing
from callcenter.api import messages
from callcenter.api.messages import ContactReport, Done, Reply, Request, SetState, SignOn
from callcenter.bus.client import RedisCtiClient
from callcenter.bus.publisher import RedisEventBus
from callcenter.bus.requests import RequestIntake
from callcenter.clock import SystemClock
from callcenter.domain.ids import OfferId
from callcenter.ports import RequestSink
from tests.support import floor_samples as samples
from tests.support.desktop_server import DesktopServer, desktop_server


class CtiServer(RequestSink):
    """Answers snapshots with what it holds, everything else with done; keeps the requests."""

    def __init__(self, url: str, epoch: int) -> None:
        self.epoch = epoch
        self.requests: list[Request] = []
        self.contacts: dict[str, messages.ContactLive] = {}
        self.shown: asyncio.Queue[OfferId] = asyncio.Queue()
        self.bus = RedisEventBus(url, prefix="t", epoch=epoch, clock=SystemClock())
        self.intake = RequestIntake(url, prefix="t", clock=SystemClock(), sink=self, shown=self.shown.put_nowait)

    def put_request(self, request: Request, answer: Callable[[Reply], None]) -> None:
        if isinstance(request, messages.SnapshotWanted):
            state = samples.snapshot(epoch=self.epoch, seq=self.bus.seq, contacts=self.contacts)
            answer(messages.Snapshot(snapshot=state))
            return
        self.requests.append(request)
        answer(Done())


@asynccontextmanager
async def cti_server(url: str, epoch: int) -> AsyncIterator[CtiServer]:
    """Run one; leaving is its death, without a word."""
    server = CtiServer(url, epoch)
    tasks = [asyncio.create_task(server.bus.run()), asyncio.create_task(server.intake.run())]
    try:
        yield server
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


@asynccontextmanager
async def desktops(url: str) -> AsyncIterator[DesktopServer]:
    client = RedisCtiClient(url, prefix="t", clock=SystemClock())
    carrying = asyncio.create_task(client.run())
    try:
        async with desktop_server(cti=client, timing=Timing()) as server:
            yield server
    finally:
        carrying.cancel()
        await asyncio.wait([carrying])


async def test_pop_reaches_the_page_and_its_writing_the_cti_server(redis_url: str) -> None:
    async with cti_server(redis_url, 1) as cti, desktops(redis_url) as server:
        anna = await server.signed_in("anna")
        async with anna.socket() as page:
            await page.until("reasons", [{"name": "break", "label": "Break"}])
            cti.bus.publish(ContactReport(agent="anna", contact=samples.contact()))
            async with asyncio.timeout(2):
                assert await cti.shown.get() == "offer-1"
            await page.until("contact", json.loads(samples.contact().model_dump_json()))
            assert (await page.command("agent.set_state", state="ready"))["ok"] is True
        kinds = [type(request) for request in cti.requests]
        assert (kinds[0], kinds[-1]) == (SignOn, SetState)


async def test_dead_cti_server_is_shown_within_three_seconds_and_its_successor_heals_everything(
    redis_url: str,
) -> None:
    async with desktops(redis_url) as server:
        anna = await server.signed_in("anna")
        async with anna.socket() as page:
            async with cti_server(redis_url, 1) as cti:
                await page.until("reasons", [{"name": "break", "label": "Break"}])
                cti.bus.publish(ContactReport(agent="anna", contact=samples.contact()))
                await page.until("contact", json.loads(samples.contact().model_dump_json()))
            died = time.monotonic()
            async with asyncio.timeout(5):
                while page.view["link"]["cti_up"]:
                    await page.frame()
            assert time.monotonic() - died <= 3.0
            assert page.view["contact"]["offer"] == "offer-1"
            async with cti_server(redis_url, 2) as successor:
                successor.contacts = {"anna": samples.contact(note="kept")}
                async with asyncio.timeout(6):
                    while not page.view["link"]["cti_up"] or page.view["contact"]["note"] != "kept":
                        await page.frame()
                async with asyncio.timeout(5):
                    while not any(isinstance(request, SignOn) for request in successor.requests):
                        await asyncio.sleep(0.05)
