"""The bank's books: money is moved, never made, and once."""

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest

from callcenter.demo.bank.ledger import KeyMisusedError, Ledger
from callcenter.demo.bank.seed import demo_pin, plant_bank
from callcenter.storage.demo import demo_customers
from tests.support.bank import ACCOUNT, CHINESE, PIN, sample_bank


async def wealth(ledger: Ledger, account: str = ACCOUNT) -> Decimal:
    found = await ledger.balance(account)
    assert found is not None
    return Decimal(str(found["checking"])) + Decimal(str(found["savings"]))


async def test_every_customer_of_the_demonstration_has_accounts_bills_and_a_pin(tmp_path: Path) -> None:
    async with sample_bank(tmp_path) as bank:
        for one in demo_customers():
            found = await bank.ledger.balance(one.account)
            assert found is not None
            assert found["currency"] == ("CNY" if one.language == "zh" else "USD")
            assert await bank.ledger.bill(one.account, "water")
        assert await bank.ledger.balance("1") is None
        assert not await plant_bank(bank.database, key="key", today=bank.clock.utc().date())
    assert demo_pin(ACCOUNT) == PIN


async def test_a_transfer_moves_money_between_a_customers_own_accounts(tmp_path: Path) -> None:
    async with sample_bank(tmp_path) as bank:
        before, total = await bank.ledger.balance(ACCOUNT), await wealth(bank.ledger)
        done = await bank.ledger.transfer("k", ACCOUNT, "checking", 1_250)
        after = await bank.ledger.balance(ACCOUNT)
        assert await wealth(bank.ledger) == total
    assert before
    assert after
    assert Decimal(str(before["checking"])) - Decimal(str(after["checking"])) == Decimal("12.50")
    assert done.answer == {"receipt": "00000001", **after}


async def test_nobody_can_have_less_than_nothing(tmp_path: Path) -> None:
    async with sample_bank(tmp_path) as bank:
        total = await wealth(bank.ledger)
        refused = await bank.ledger.transfer("k", ACCOUNT, "savings", 10**8)
        assert (refused.refused, refused.answer) == (True, {"reason": "insufficient_funds"})
        assert await wealth(bank.ledger) == total
        assert (await bank.ledger.transfer("l", "1", "savings", 1)).answer["reason"] == "unknown_account"


async def test_an_act_that_comes_again_with_its_key_is_done_once_and_answered_as_before(tmp_path: Path) -> None:
    async with sample_bank(tmp_path) as bank:
        answers = await asyncio.gather(*(bank.ledger.transfer("k", ACCOUNT, "checking", 100) for _ in range(20)))
        assert all(one == answers[0] for one in answers)
        after = await bank.ledger.balance(ACCOUNT)
        bank.clock.advance(3_600)
        assert await bank.ledger.transfer("k", ACCOUNT, "checking", 100) == answers[0]
        assert await bank.ledger.balance(ACCOUNT) == after
        with pytest.raises(KeyMisusedError):
            await bank.ledger.transfer("k", ACCOUNT, "checking", 200)


async def test_a_refusal_is_remembered_too(tmp_path: Path) -> None:
    async with sample_bank(tmp_path) as bank:
        first = await bank.ledger.transfer("k", ACCOUNT, "checking", 10**8)
        assert await bank.ledger.transfer("k", ACCOUNT, "checking", 10**8) == first
        assert first.refused


async def test_a_bill_is_paid_once_and_the_next_comes_in_a_month(tmp_path: Path) -> None:
    async with sample_bank(tmp_path) as bank:
        bill = await bank.ledger.bill(ACCOUNT, "water")
        assert bill
        before = await wealth(bank.ledger)
        paid = await bank.ledger.pay("k", ACCOUNT, int(bill["bill"]))
        assert before - await wealth(bank.ledger) == Decimal(str(bill["amount"]))
        assert paid.answer["receipt"] == "00000001"
        assert (await bank.ledger.pay("l", ACCOUNT, int(bill["bill"]))).answer == {"reason": "paid_already"}
        following = await bank.ledger.bill(ACCOUNT, "water")
        assert following
        assert following["bill"] != bill["bill"]
        assert str(following["due"]) > str(bill["due"])


async def test_nobody_pays_somebody_elses_bill(tmp_path: Path) -> None:
    async with sample_bank(tmp_path) as bank:
        bill = await bank.ledger.bill(CHINESE, "gas")
        assert bill
        assert (await bank.ledger.pay("k", ACCOUNT, int(bill["bill"]))).answer == {"reason": "unknown_bill"}


async def test_a_card_is_blocked_and_stays_so(tmp_path: Path) -> None:
    async with sample_bank(tmp_path) as bank:
        receipts = {str((await bank.ledger.block_card(key, ACCOUNT)).answer["receipt"]) for key in ("k", "k", "l")}
        assert len(receipts) == 2
        assert (await bank.ledger.block_card("m", "1")).refused


async def test_keys_are_forgotten_after_a_week(tmp_path: Path) -> None:
    async with sample_bank(tmp_path) as bank:
        first = await bank.ledger.block_card("k", ACCOUNT)
        bank.clock.advance(8 * 86_400)
        assert await bank.ledger.block_card("k", ACCOUNT) != first
