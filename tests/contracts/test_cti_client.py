"""What every CTI client does, the fake one and the one over Redis with a real publisher and intake behind it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import cast

import pytest

from callcenter.api.client import CtiClient, CtiUnavailable
from callcenter.api.messages import (
    AgentStateName,
    Done,
    Refused,
    Reply,
    Report,
    ReportEnvelope,
    Request,
    SetState,
    SignOn,
    Snapshot,
    SnapshotWanted,
)
from callcenter.bus.client import RedisCtiClient
from callcenter.bus.publisher import RedisEventBus
from callcenter.bus.requests import RequestIntake
from callcenter.ports import RequestSink
from tests.fakes.cti_client import EMPTY, FakeCtiClient
from tests.support.clock import SystemClock
from tests.support.reports import number_of, report
from tests.support.tasks import running


class Server(RequestSink):
    """The CTI server at the other end: refuses to sign anybody off, does all else; deaf when told so."""

    def __init__(self) -> None:
        self.deaf = False
        self.requests: list[Request] = []

    def put_request(self, request: Request, answer: Callable[[Reply], None]) -> None:
        if self.deaf:
            return
        if isinstance(request, SnapshotWanted):
            answer(Snapshot(snapshot=EMPTY))
        else:
            self.requests.append(request)
            answer(reply_to(request))

    def go_deaf(self) -> None:
        self.deaf = True


def reply_to(request: Request) -> Done | Refused:
    if isinstance(request, SignOn):
        return Done()
    return Refused(code="not_now", message="not now")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A client, and what its CTI server saw and can do."""

    client: CtiClient
    publish: Callable[[Report], None]
    requests: list[Request]
    shown: list[str]
    go_deaf: Callable[[], None]

    def reports(self) -> AsyncGenerator[ReportEnvelope | None]:
        return cast(AsyncGenerator[ReportEnvelope | None], self.client.reports())


@pytest.fixture(params=["fake", pytest.param("redis", marks=pytest.mark.integration)])
async def line(request: pytest.FixtureRequest) -> AsyncIterator[Line]:
    if request.param == "fake":
        fake = FakeCtiClient()
        fake.reply = reply_to
        yield Line(
            client=fake,
            publish=fake.report,
            requests=fake.requests,
            shown=fake.offers_shown,
            go_deaf=lambda: setattr(fake, "up", False),
        )
        return
    url, clock, server, shown = request.getfixturevalue("redis_url"), SystemClock(), Server(), list[str]()
    client = RedisCtiClient(url, prefix="cc", clock=clock)
    bus = RedisEventBus(url, prefix="cc", epoch=1, clock=clock)
    intake = RequestIntake(url, prefix="cc", clock=clock, sink=server, shown=shown.append)
    async with running(client.run(), bus.run(), intake.run()):
        await intake.ready.wait()
        yield Line(client=client, publish=bus.publish, requests=server.requests, shown=shown, go_deaf=server.go_deaf)


async def test_reports_begin_with_the_wish_for_a_snapshot(line: Line) -> None:
    async with aclosing(line.reports()) as reports:
        assert await anext(reports) is None


async def test_reports_come_in_order_with_growing_numbers(line: Line) -> None:
    async with aclosing(line.reports()) as reports:
        assert await anext(reports) is None
        for number in range(50):
            line.publish(report(number))
        found = [await anext(reports) for _ in range(50)]
    envelopes = [envelope for envelope in found if envelope is not None]
    assert [number_of(envelope.report) for envelope in envelopes] == list(range(50))
    first = envelopes[0].seq
    assert [envelope.seq for envelope in envelopes] == list(range(first, first + 50))


async def test_two_readers_both_get_every_report(line: Line) -> None:
    async with aclosing(line.reports()) as one, aclosing(line.reports()) as other:
        assert [await anext(one), await anext(other)] == [None, None]
        line.publish(report(7))
        for reports in (one, other):
            envelope = await anext(reports)
            assert envelope is not None
            assert number_of(envelope.report) == 7


async def test_a_snapshot_tells_everything(line: Line) -> None:
    snapshot = await line.client.snapshot()
    assert snapshot.link == EMPTY.link


async def test_requests_arrive_and_are_answered(line: Line) -> None:
    request = SignOn(agent="ana", desktop="d1")
    assert await line.client.request(request) == Done()
    assert line.requests == [request]


async def test_a_refusal_is_an_answer(line: Line) -> None:
    refused = await line.client.request(SetState(agent="ana", state=AgentStateName.READY))
    assert refused == Refused(code="not_now", message="not now")


async def test_many_requests_at_once_get_their_own_answers(line: Line) -> None:
    answers = await asyncio.gather(
        *(
            line.client.request(
                SignOn(agent="ana", desktop=str(n)) if n % 2 else SetState(agent="bo", state=AgentStateName.READY)
            )
            for n in range(40)
        )
    )
    assert [isinstance(answer, Done) for answer in answers] == [n % 2 == 1 for n in range(40)]


async def test_a_pop_that_was_shown_is_told(line: Line) -> None:
    line.client.offer_shown("o1")
    async with asyncio.timeout(5):
        while line.shown != ["o1"]:
            await asyncio.sleep(0.005)


async def test_a_server_that_does_not_answer_is_unavailable(line: Line) -> None:
    line.go_deaf()
    with pytest.raises(CtiUnavailable):
        await line.client.request(SignOn(agent="ana", desktop="d1"))
    with pytest.raises(CtiUnavailable):
        await line.client.snapshot()
