"""The HTTP adapter against a server that misbehaves, over a real socket."""

import asyncio
import gzip
import zlib
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callcenter.hosts.http import open_http
from callcenter.hosts.model import AnswerField, HostAnswer, HostFailed, HttpOperation, Outcome, Trouble
from ivr.fields import FieldValue
from tests.support.hosts import ANYTHING, act, check, question, service
from tests.support.misbehaving_host import MisbehavingHost, answer, misbehaving_host
from tests.support.servers import free_port

BALANCE = {"balance": "12.50"}
TWICE = answer(200, BALANCE) + answer(200, {"balance": "99999999.00"})


async def ask(
    host: MisbehavingHost,
    operation: HttpOperation | None = None,
    arguments: dict[str, FieldValue] | None = None,
    *,
    path: str = "",
    **more: str,
) -> HostAnswer:
    async with (
        open_http(service(host.url + path), {"Authorization": "Bearer t"}) as adapter,
        asyncio.timeout(1.0),
    ):
        return await adapter.ask(operation or question(), arguments or {"account": "4711"}, **more)


async def test_a_question_is_one_request_as_it_is_configured() -> None:
    async with misbehaving_host(answer(200, BALANCE)) as host:
        said = await ask(host, question(fixed={"channel": "ivr"}), path="/api/")
    assert said == HostAnswer(outcome=Outcome.DONE, fields={"balance": "12.50"})
    (request,) = host.requests
    assert (request.method, request.target) == ("GET", "/api/v1/balance?channel=ivr&account=4711")
    assert request.headers["authorization"] == "Bearer t"
    assert "idempotency-key" not in request.headers


async def test_an_act_carries_its_key_and_arguments_in_the_body() -> None:
    operation = act(body={"from.account": "account"}, fixed={"from.bank": 7, "urgent": True})
    async with misbehaving_host(answer(201, {"receipt": 17})) as host:
        said = await ask(host, operation, key="interaction:pay:1")
        await ask(host, operation, key="interaction:pay:1")
        await ask(host, operation, key="interaction:pay:2\r\nX-Admin: yes")
    assert said.fields == {"receipt": 17}
    assert host.requests[0].json == {"from": {"account": "4711", "bank": 7}, "urgent": True}
    keys = [request.headers["idempotency-key"] for request in host.requests]
    assert keys[0] == keys[1] != keys[2]
    assert "x-admin" not in host.requests[2].headers


async def test_a_pin_is_in_the_body_and_nowhere_else() -> None:
    async with misbehaving_host(answer(200, {})) as host:
        said = await ask(host, check(), secret="8642")
    assert said.outcome is Outcome.DONE
    (request,) = host.requests
    assert request.json == {"account": "4711", "pin": "8642"}
    assert "8642" not in request.target + str(request.headers)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
def test_whatever_an_argument_holds_it_is_only_ever_an_argument(value: str) -> None:
    async def scenario() -> MisbehavingHost:
        async with misbehaving_host(answer(200, BALANCE)) as host:
            await ask(host, question(arguments={"account": ANYTHING}), {"account": value})
        return host

    (request,) = asyncio.run(scenario()).requests
    assert request.path == "/v1/balance"
    assert request.query == {"account": [value]}


@pytest.mark.parametrize(
    ("operation", "reply", "outcome"),
    [
        (question(), answer(404, {}), Outcome.NOT_FOUND),
        (question(root=("accounts", 0)), answer(200, {"accounts": []}), Outcome.NOT_FOUND),
        (question(root=("accounts", 0)), answer(200, {"accounts": [BALANCE]}), Outcome.DONE),
        (question(answer={}), answer(204, b""), Outcome.DONE),
        (act(), answer(409, {"reason": "no_money"}), Outcome.REFUSED),
        (act(), answer(409, b"<html>"), Outcome.REFUSED),
        (check(), answer(200, {}), Outcome.DONE),
        (check(), answer(401, {}), Outcome.REFUSED),
        (check(), answer(423, {}), Outcome.LOCKED),
        (check(verdict=("ok",)), answer(200, {"ok": True}), Outcome.DONE),
        (check(verdict=("ok",)), answer(200, {"ok": False}), Outcome.REFUSED),
        (check(verdict=("ok",)), answer(200, {"ok": "locked"}), Outcome.LOCKED),
    ],
)
async def test_what_a_status_means(operation: HttpOperation, reply: bytes, outcome: Outcome) -> None:
    async with misbehaving_host(reply) as host:
        assert (await ask(host, operation)).outcome is outcome


@pytest.mark.parametrize(
    ("reply", "trouble"),
    [
        (answer(500, BALANCE), Trouble.ERROR),
        (answer(503, b""), Trouble.ERROR),
        (answer(429, b""), Trouble.ERROR),
        (answer(400, BALANCE), Trouble.UNEXPECTED),
        (answer(302, b"", headers="Location: http://127.0.0.1:1/\r\n"), Trouble.UNEXPECTED),
        (answer(200, b"<html>Welcome to nginx</html>"), Trouble.GARBAGE),
        (answer(200, b""), Trouble.GARBAGE),
        (answer(200, b"[" * 5_000), Trouble.GARBAGE),
        (answer(200, b'{"balance": NaN}'), Trouble.GARBAGE),
        (answer(200, b'{"balance": 1e999999999}'), Trouble.GARBAGE),
        (answer(200, b'{"balance": "\xff\xfe"}'), Trouble.GARBAGE),
        (answer(200, {"error": "no"}), Trouble.GARBAGE),
        (answer(200, {"balance": {"x": 1}}), Trouble.GARBAGE),
        (answer(200, [1, 2]), Trouble.GARBAGE),
        (answer(200, {"balance": "1", "x": "y" * 20_000}), Trouble.GARBAGE),
        (answer(200, gzip.compress(b'{"balance": "1"}'), headers="Content-Encoding: gzip\r\n"), Trouble.GARBAGE),
        (answer(200, zlib.compress(b" " * 10**7), headers="Content-Encoding: deflate\r\n"), Trouble.GARBAGE),
        (b"SSH-2.0-OpenSSH_9.2\r\n", Trouble.GARBAGE),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n", Trouble.GARBAGE),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", Trouble.GARBAGE),
        (b"HTTP/1.1 999999 OK\r\n\r\n", Trouble.GARBAGE),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\nConnection: close\r\n\r\n{\"bal", Trouble.BROKEN_OFF),
        (b"", Trouble.BROKEN_OFF),
    ],
)  # fmt: skip
async def test_what_can_go_wrong(reply: bytes, trouble: Trouble) -> None:
    async with misbehaving_host(reply) as host:
        with pytest.raises(HostFailed) as failed:
            await ask(host)
    assert failed.value.trouble is trouble
    assert failed.value.__cause__ is None


async def test_a_redirection_is_not_followed() -> None:
    async with misbehaving_host(answer(200, BALANCE)) as inside:
        location = f"Location: {inside.url}/v1/balance?account=4711\r\n"
        for status in (301, 302, 303, 307, 308):
            async with misbehaving_host(answer(status, b"", headers=location)) as host:
                with pytest.raises(HostFailed):
                    await ask(host)
    assert inside.requests == []


async def test_an_answer_that_comes_twice_is_not_taken_for_the_next() -> None:
    async with (
        misbehaving_host(TWICE, answer(200, {"balance": "1.00"})) as host,
        open_http(service(host.url), {}) as adapter,
    ):
        first = await adapter.ask(question(), {"account": "4711"})
        await asyncio.sleep(0.05)
        second = await adapter.ask(question(), {"account": "4712"})
    assert (first.fields["balance"], second.fields["balance"]) == ("12.50", "1.00")


async def test_a_cookie_is_not_kept() -> None:
    async with (
        misbehaving_host(answer(200, BALANCE, headers="Set-Cookie: who=4711\r\n")) as host,
        open_http(service(host.url), {}) as adapter,
    ):
        for _ in range(2):
            await adapter.ask(question(), {"account": "4711"})
    assert all("cookie" not in request.headers for request in host.requests)


async def test_nobody_there_means_that_nothing_was_sent() -> None:
    with pytest.raises(HostFailed) as failed:
        await ask(MisbehavingHost(script=[], port=free_port()))
    assert failed.value.trouble is Trouble.UNREACHABLE
    assert failed.value.nothing_happened


async def test_a_host_that_is_no_https_server_is_not_spoken_to_in_clear_text() -> None:
    async with misbehaving_host(answer(200, BALANCE)) as host:
        plan = service(host.url.replace("http://", "https://"))
        async with open_http(plan, {}) as adapter:
            with pytest.raises(HostFailed) as failed:
                await adapter.ask(question(), {"account": "4711"})
    assert failed.value.trouble is Trouble.UNREACHABLE
    assert host.requests == []


async def test_a_number_keeps_the_decimals_it_was_written_with() -> None:
    async with misbehaving_host(answer(200, b'{"rate": 7.1350}')) as host:
        said = await ask(host, question(answer={"rate": AnswerField(path=("rate",), type="decimal")}))
    assert said.fields["rate"] == "7.1350"
    assert Decimal(str(said.fields["rate"])) == Decimal("7.135")


async def test_a_probe_tells_whether_somebody_is_there() -> None:
    async with misbehaving_host(answer(404, b"")) as host, open_http(service(host.url), {}) as adapter:
        await adapter.probe()
    async with open_http(service(f"http://127.0.0.1:{free_port()}"), {}) as adapter:
        with pytest.raises(HostFailed):
            await adapter.probe()
