"""All hosts behind the IVR's port: what is retried and what never, when a host is left alone, what is logged."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import structlog

from callcenter.domain.errors import ConfigError
from callcenter.hosts.breaker import BreakerState
from callcenter.hosts.model import BreakerPlan, HostFailed, HttpOperation, SecretSource, SqlHost
from callcenter.hosts.systems import ConfiguredHosts, open_hosts
from ivr.errors import ActFailed, LookupUnavailable
from ivr.events import Verdict
from ivr.ports import HostSystems
from tests.support.hosts import act, check, question, service, sqlite_at_rest
from tests.support.misbehaving_host import answer, misbehaving_host
from tests.support.servers import free_port

BALANCE = {"balance": "12.50"}
ACCOUNT = {"account": "4711"}
GOOD = answer(200, BALANCE)
PAID = answer(200, {"receipt": "R17"})


@asynccontextmanager
async def bank(url: str, tmp_path: Path, *operations: HttpOperation, **changes: Any) -> AsyncIterator[ConfiguredHosts]:
    (tmp_path / "token").write_text("the-token\n")
    async with open_hosts(
        {"bank": service(url, *operations, **changes)}, secrets=tmp_path, environment={"TOKEN": "from outside"}
    ) as hosts:
        yield hosts


async def test_it_stands_behind_the_port_of_the_ivr(tmp_path: Path) -> None:
    script = (GOOD, answer(404, {}), PAID, answer(409, {"reason": "no_money"}))
    async with misbehaving_host(*script) as host, bank(host.url, tmp_path) as hosts:
        port: HostSystems = hosts
        assert await port.look_up("bank", "balance", ACCOUNT) == BALANCE
        assert await port.look_up("bank", "balance", ACCOUNT) == {}
        done = await port.act("bank", "pay", ACCOUNT, key="k")
        refused = await port.act("bank", "pay", ACCOUNT, key="l")
    assert (done.done, done.fields) == (True, {"receipt": "R17"})
    assert (refused.done, refused.fields) == (False, {"reason": "no_money"})
    assert host.requests[0].headers["authorization"] == "Bearer the-token"


@pytest.mark.parametrize(
    ("status", "verdict"),
    [(200, Verdict.ACCEPTED), (401, Verdict.REFUSED), (423, Verdict.LOCKED), (404, Verdict.REFUSED)],
)
async def test_a_pin_is_right_wrong_or_locked(tmp_path: Path, status: int, verdict: Verdict) -> None:
    pin = check(not_found=frozenset({404}))
    async with misbehaving_host(answer(status, {})) as host, bank(host.url, tmp_path, pin) as hosts:
        assert (await hosts.check_identity("bank", "pin", ACCOUNT, secret="1234")).verdict is verdict


@pytest.mark.parametrize(("host", "name"), [("bank", "nothing"), ("bank", "pay"), ("nobody", "balance"), (None, "x")])
async def test_what_nobody_has_configured_is_not_asked(tmp_path: Path, host: str | None, name: str) -> None:
    async with misbehaving_host(GOOD) as server, bank(server.url, tmp_path) as hosts:
        with pytest.raises(LookupUnavailable, match="unknown_operation"):
            await hosts.look_up(host, name, ACCOUNT)
    assert server.requests == []


@pytest.mark.parametrize("trouble", [b"", answer(500, {}), answer(503, {})])
async def test_a_question_is_asked_again_after_a_failure_that_came_early(tmp_path: Path, trouble: bytes) -> None:
    async with misbehaving_host(trouble, GOOD) as host, bank(host.url, tmp_path) as hosts:
        assert await hosts.look_up("bank", "balance", ACCOUNT) == BALANCE
    assert len(host.requests) == 2


@pytest.mark.parametrize("trouble", [answer(200, b"<html>"), answer(400, {}), answer(302, {}), None])
async def test_and_not_after_one_that_would_come_again(tmp_path: Path, trouble: bytes | None) -> None:
    async with misbehaving_host(trouble, GOOD) as host, bank(host.url, tmp_path) as hosts:
        with pytest.raises(TimeoutError if trouble is None else LookupUnavailable):
            await hosts.look_up("bank", "balance", ACCOUNT)
    assert len(host.requests) == 1


async def test_retries_do_not_take_longer_than_the_operation_may(tmp_path: Path) -> None:
    slow = question(timeout=0.3, retries=3)
    async with misbehaving_host(answer(500, {}), seconds=0.1) as host, bank(host.url, tmp_path, slow) as hosts:
        began = asyncio.get_running_loop().time()
        with pytest.raises(TimeoutError):
            await hosts.look_up("bank", "balance", ACCOUNT)
    assert asyncio.get_running_loop().time() - began < 0.6


@pytest.mark.parametrize("trouble", [b"", answer(500, {}), answer(200, b"<html>"), None])
async def test_an_act_that_may_have_arrived_is_not_sent_again_and_nobody_knows(
    tmp_path: Path, trouble: bytes | None
) -> None:
    async with misbehaving_host(trouble, PAID) as host, bank(host.url, tmp_path) as hosts:
        with pytest.raises(ActFailed) as failed:
            await hosts.act("bank", "pay", ACCOUNT, key="k")
    assert failed.value.unknown
    assert len(host.requests) == 1


async def test_an_act_whose_host_knows_its_key_is_sent_again_with_the_same(tmp_path: Path) -> None:
    pay = act(repeatable=True)
    async with misbehaving_host(b"", PAID) as host, bank(host.url, tmp_path, pay) as hosts:
        assert (await hosts.act("bank", "pay", ACCOUNT, key="k")).done
    first, second = (request.headers["idempotency-key"] for request in host.requests)
    assert first == second


async def test_an_act_that_was_never_sent_is_not_done_for_certain(tmp_path: Path) -> None:
    async with bank(f"http://127.0.0.1:{free_port()}", tmp_path) as hosts:
        with pytest.raises(ActFailed) as failed:
            await hosts.act("bank", "pay", ACCOUNT, key="k")
    assert not failed.value.unknown
    async with misbehaving_host(answer(400, {})) as host, bank(host.url, tmp_path) as hosts:
        for arguments in (ACCOUNT, {"account": "DROP TABLE"}):
            with pytest.raises(ActFailed) as failed:
                await hosts.act("bank", "pay", arguments, key="k")
            assert not failed.value.unknown


@pytest.mark.parametrize("trouble", [b"", answer(500, {}), None])
async def test_a_pin_is_never_sent_twice(tmp_path: Path, trouble: bytes | None) -> None:
    async with misbehaving_host(trouble) as host, bank(host.url, tmp_path) as hosts:
        with pytest.raises(LookupUnavailable):
            await hosts.check_identity("bank", "pin", ACCOUNT, secret="1234")
    assert len(host.requests) == 1


async def test_a_host_that_keeps_failing_is_left_alone_and_asked_again_later(tmp_path: Path) -> None:
    plan = BreakerPlan(failures=3, seconds=0.2)
    once = question(retries=0)
    async with (
        misbehaving_host(answer(500, {}), answer(500, {}), answer(500, {}), GOOD) as host,
        bank(host.url, tmp_path, once, breaker=plan) as hosts,
    ):
        for _ in range(10):
            with pytest.raises(LookupUnavailable):
                await hosts.look_up("bank", "balance", ACCOUNT)
        assert len(host.requests) == 3
        assert hosts.state("bank") is BreakerState.OPEN
        await asyncio.sleep(0.25)
        assert await hosts.look_up("bank", "balance", ACCOUNT) == BALANCE
        assert hosts.state("bank") is BreakerState.CLOSED


async def test_wrong_arguments_and_hang_ups_say_nothing_about_the_host(tmp_path: Path) -> None:
    plan = BreakerPlan(failures=1, seconds=60)
    async with misbehaving_host(None) as host, bank(host.url, tmp_path, breaker=plan) as hosts:
        with pytest.raises(LookupUnavailable, match="bad_argument"):
            await hosts.look_up("bank", "balance", {"account": "x"})
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await hosts.look_up("bank", "balance", ACCOUNT)
        assert hosts.state("bank") is BreakerState.CLOSED


async def test_a_slow_host_has_only_so_many_requests_at_once(tmp_path: Path) -> None:
    patient = question(timeout=5)
    async with (
        misbehaving_host(GOOD, seconds=0.1) as host,
        bank(host.url, tmp_path, patient, at_once=2) as hosts,
        asyncio.TaskGroup() as callers,
    ):
        for _ in range(6):
            callers.create_task(hosts.look_up("bank", "balance", ACCOUNT))
        await asyncio.sleep(0.05)
        assert len(host.requests) == 2


async def test_nothing_private_is_logged_or_told(tmp_path: Path) -> None:
    private = ("86420", "4711471", "Mr. Private", "the-token", "/v1/")
    rude = answer(200, {"name": "Mr. Private", "pin": "86420"})
    said: list[str] = []
    with structlog.testing.capture_logs() as logs:
        for reply in (rude, answer(500, b"Mr. Private"), answer(409, b"Mr. Private"), answer(418, {}), b"", None):
            async with misbehaving_host(reply) as host, bank(host.url, tmp_path) as hosts:
                for ask in (
                    hosts.look_up("bank", "balance", {"account": "4711471"}),
                    hosts.act("bank", "pay", {"account": "4711471"}, key="4711471"),
                    hosts.check_identity("bank", "pin", {"account": "4711471"}, secret="86420"),
                    hosts.look_up("bank", "balance", {"account": "Mr. Private"}),
                ):
                    try:
                        said.append(repr(await ask))
                    except (LookupUnavailable, ActFailed, TimeoutError) as failure:
                        said += [repr(failure), repr(failure.__cause__)]
    assert len(logs) > 15
    assert not [word for word in private for line in [*map(str, logs), *said] if word in line]
    assert {"host", "operation", "trouble", "seconds"} <= logs[0].keys()


async def test_a_secret_that_is_missing_is_told_before_anything_starts(tmp_path: Path) -> None:
    for source in (SecretSource(file="none"), SecretSource(environment="NONE")):
        plan = service("http://127.0.0.1:1", secret_headers={"X-Key": ("", source)})
        with pytest.raises(ConfigError, match=r"(?i)none.*secret"):
            async with open_hosts({"bank": plan}, secrets=tmp_path, environment={}):
                pass
    (tmp_path / "odd").write_text("two\nlines")
    plan = service("http://127.0.0.1:1", secret_headers={"X-Key": ("", SecretSource(file="odd"))})
    with pytest.raises(ConfigError, match="one line"):
        async with open_hosts({"bank": plan}, secrets=tmp_path, environment={}):
            pass


async def test_a_certificate_file_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("t")
    for ca_file in (tmp_path / "none.pem", tmp_path / "token"):
        with pytest.raises(ConfigError, match="ca_file"):
            async with bank("https://127.0.0.1:1", tmp_path, ca_file=str(ca_file)):
                pass


async def test_a_database_is_a_host_too(tmp_path: Path) -> None:
    plan = SqlHost(name="orders", url=SecretSource(environment="URL"), at_once=1, breaker=BreakerPlan(), operations={})
    url = f"sqlite:///{tmp_path / 'orders.sqlite'}"
    async with open_hosts({"orders": plan}, secrets=tmp_path, environment={"URL": url}) as hosts:
        with pytest.raises(HostFailed):
            await hosts.probe("orders")
        with pytest.raises(ActFailed) as failed:
            await hosts.act("orders", "pay", {}, key="k")
    assert not failed.value.unknown
    await sqlite_at_rest()
