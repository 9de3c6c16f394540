"""The bank over HTTP, and as flows ask it through the shipped `hosts/bank.yaml`."""

import asyncio
from pathlib import Path

import aiohttp
import pytest
import structlog

from callcenter.demo.bank.service import listening
from callcenter.hosts.reading import load_hosts
from callcenter.hosts.sample import bank_address
from ivr.errors import ActFailed, LookupUnavailable
from ivr.events import Verdict
from tests.support.bank import ACCOUNT, CHINESE, PIN, TOKEN, connected_bank, sample_bank
from tests.support.servers import TREE

MINE = {"account": ACCOUNT}


async def test_every_operation_of_the_shipped_file_works(tmp_path: Path) -> None:
    async with connected_bank(tmp_path) as (_, hosts):
        right = await hosts.check_identity("bank", "pin", MINE, secret=PIN)
        assert (right.verdict, right.fields) == (Verdict.ACCEPTED, {"name": "Alice Adams", "currency": "USD"})
        wrong = await hosts.check_identity("bank", "pin", MINE, secret="0000")
        assert (wrong.verdict, wrong.fields) == (Verdict.REFUSED, {})
        balance = await hosts.look_up("bank", "balance", MINE)
        assert balance.keys() == {"checking", "savings", "currency"}
        assert await hosts.look_up("bank", "balance", {"account": "99999"}) == {}
        assert 1 < float(str((await hosts.look_up("bank", "rate", {"of": "EUR", "into": "USD"}))["rate"])) < 1.2
        bill = await hosts.look_up("bank", "bill", {**MINE, "kind": "gas"})
        paid = await hosts.act("bank", "pay_bill", {**MINE, "bill": bill["bill"]}, key="1")
        assert (paid.done, str(paid.fields["receipt"]).isdecimal()) == (True, True)
        moved = await hosts.act("bank", "transfer", {**MINE, "from": "savings", "amount": 5}, key="2")
        assert moved.fields["receipt"] != paid.fields["receipt"]
        again = await hosts.act("bank", "transfer", {**MINE, "from": "savings", "amount": 5.0}, key="2")
        assert again == moved
        refused = await hosts.act("bank", "transfer", {**MINE, "from": "savings", "amount": 1_000_000}, key="3")
        assert (refused.done, refused.fields) == (False, {"reason": "insufficient_funds"})
        assert (await hosts.act("bank", "block_card", MINE, key="4")).done


async def test_the_lock_holds_through_the_adapter(tmp_path: Path) -> None:
    async with connected_bank(tmp_path) as (_, hosts):
        verdicts = [(await hosts.check_identity("bank", "pin", MINE, secret=f"{pin:04}")).verdict for pin in range(12)]
        assert verdicts == [Verdict.REFUSED] * 10 + [Verdict.LOCKED] * 2
        assert (await hosts.check_identity("bank", "pin", MINE, secret=PIN)).verdict is Verdict.LOCKED


async def test_a_wrong_token_is_nobodys_wrong_pin(tmp_path: Path) -> None:
    async with connected_bank(tmp_path, token="another") as (_, hosts):
        with pytest.raises(LookupUnavailable, match=r"unexpected \(401\)"):
            await hosts.check_identity("bank", "pin", MINE, secret=PIN)
        with pytest.raises(ActFailed) as failed:
            await hosts.act("bank", "block_card", MINE, key="1")
        assert not failed.value.unknown


@pytest.mark.parametrize(
    ("asked", "json", "key", "status"),
    [
        ("GET /v1/balance", None, "", 400),
        ("GET /v1/balance?account=1'%20OR%201=1", None, "", 400),
        ("GET /v1/balance?account=99999", None, "", 404),
        ("GET /v1/rate?of=XAU&into=USD", None, "", 400),
        ("GET /v1/bill?account=40001&kind=rent", None, "", 400),
        ("POST /v1/pin", {"account": ACCOUNT, "pin": "12'4"}, "", 400),
        ("POST /v1/pin", {"account": ACCOUNT, "pin": 1000}, "", 400),
        ("POST /v1/pin", [1], "", 400),
        ("POST /v1/transfers", {"account": ACCOUNT, "from": "checking", "amount": "1.00"}, "", 400),
        ("POST /v1/transfers", {"account": ACCOUNT, "from": "mattress", "amount": "1.00"}, "k", 400),
        ("POST /v1/transfers", {"account": ACCOUNT, "from": "checking", "amount": "-1.00"}, "k", 400),
        ("POST /v1/transfers", {"account": ACCOUNT, "from": "checking", "amount": "0.001"}, "k", 400),
        ("POST /v1/transfers", {"account": ACCOUNT, "from": "checking", "amount": "NaN"}, "k", 400),
        ("POST /v1/transfers", {"account": ACCOUNT, "from": "checking", "amount": "1e9"}, "k", 400),
        ("POST /v1/payments", {"account": ACCOUNT, "bill": True}, "k", 400),
        ("POST /v1/payments", {"account": ACCOUNT, "bill": 10**12}, "k", 400),
        ("POST /v1/card-blocks", {"account": "x" * 10_000}, "k", 413),
        ("GET /v1/nothing", None, "", 404),
        ("DELETE /v1/balance", None, "", 405),
    ],
)
async def test_what_nobody_can_read_is_refused_and_changes_nothing(
    tmp_path: Path, asked: str, json: object, key: str, status: int
) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}", **({"Idempotency-Key": key} if key else {})}
    async with (
        sample_bank(tmp_path) as bank,
        listening(bank.application, "127.0.0.1", 0) as port,
        aiohttp.ClientSession() as session,
    ):
        method, path = asked.split(" ")
        before = await bank.ledger.balance(ACCOUNT)
        async with session.request(method, f"http://127.0.0.1:{port}{path}", json=json, headers=headers) as response:
            assert response.status == status
            assert "error" in await response.json()
        assert await bank.ledger.balance(ACCOUNT) == before


@pytest.mark.parametrize("shown", ["", "Bearer ", "Bearer x", TOKEN, f"bearer {TOKEN}", f"Bearer {TOKEN}x", "Bearer é"])
async def test_without_the_token_nothing_is_said(tmp_path: Path, shown: str) -> None:
    async with (
        sample_bank(tmp_path) as bank,
        listening(bank.application, "127.0.0.1", 0) as port,
        aiohttp.ClientSession(headers={"Authorization": shown} if shown else {}) as session,
    ):
        for path in ("balance?account=40001", "nothing"):
            async with session.get(f"http://127.0.0.1:{port}/v1/{path}") as response:
                assert (response.status, await response.json()) == (401, {"error": "unauthorized"})


async def test_neither_pins_nor_numbers_nor_names_are_logged(tmp_path: Path) -> None:
    with structlog.testing.capture_logs() as logs:
        async with connected_bank(tmp_path) as (_, hosts):
            await hosts.check_identity("bank", "pin", {"account": CHINESE}, secret="86421")
            await hosts.check_identity("bank", "pin", MINE, secret=PIN)
            await hosts.act("bank", "block_card", MINE, key="the-key")
    assert {line["event"] for line in logs} == {"bank_pin", "bank_act"}
    assert not [word for word in ("86421", PIN, ACCOUNT, CHINESE, "Alice", "the-key") if word in str(logs)]


async def test_the_bank_is_quick_enough_for_a_call(tmp_path: Path) -> None:
    async with connected_bank(tmp_path) as (_, hosts), asyncio.timeout(3):
        await asyncio.gather(*(hosts.check_identity("bank", "pin", MINE, secret=PIN) for _ in range(10)))


def test_the_bank_is_where_the_shipped_file_says() -> None:
    assert bank_address(load_hosts(TREE / "config")) == ("127.0.0.1", 8190)
    assert bank_address({}) is None
