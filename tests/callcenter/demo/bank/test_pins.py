"""PINs: right, wrong, and no more than ten wrong ones a day."""

import asyncio
from pathlib import Path

from callcenter.demo.bank.pins import WRONG_A_DAY, Judgement, hash_pin
from tests.support.bank import ACCOUNT, CHINESE, CHINESE_PIN, PIN, sample_bank


async def test_a_right_pin_is_right_and_costs_nothing(tmp_path: Path) -> None:
    async with sample_bank(tmp_path) as bank:
        for _ in range(WRONG_A_DAY + 5):
            assert await bank.pins.judge(ACCOUNT, PIN) is Judgement.RIGHT
        assert await bank.pins.judge(CHINESE, CHINESE_PIN) is Judgement.RIGHT
        assert await bank.pins.judge(ACCOUNT, CHINESE_PIN) is Judgement.WRONG


async def test_after_ten_wrong_ones_no_pin_is_accepted_until_tomorrow(tmp_path: Path) -> None:
    async with sample_bank(tmp_path) as bank:
        for _ in range(WRONG_A_DAY):
            assert await bank.pins.judge(ACCOUNT, "0000") is Judgement.WRONG
        for _ in range(3):
            assert await bank.pins.judge(ACCOUNT, "0000") is Judgement.LOCKED
            assert await bank.pins.judge(ACCOUNT, PIN) is Judgement.LOCKED
        assert await bank.pins.judge(CHINESE, CHINESE_PIN) is Judgement.RIGHT
        bank.clock.advance(86_400)
        assert await bank.pins.judge(ACCOUNT, PIN) is Judgement.RIGHT


async def test_an_account_that_does_not_exist_is_judged_and_locked_like_any_other(tmp_path: Path) -> None:
    async with sample_bank(tmp_path) as bank:
        verdicts = [await bank.pins.judge("99999", f"{pin:04}") for pin in range(WRONG_A_DAY + 1)]
    assert verdicts == [Judgement.WRONG] * WRONG_A_DAY + [Judgement.LOCKED]


async def test_a_hundred_trials_at_once_are_counted_too(tmp_path: Path) -> None:
    async with sample_bank(tmp_path) as bank:
        verdicts = await asyncio.gather(*(bank.pins.judge(ACCOUNT, f"{pin:04}") for pin in range(100)))
    assert verdicts.count(Judgement.WRONG) == WRONG_A_DAY
    assert verdicts.count(Judgement.LOCKED) == 90


def test_a_stored_pin_is_bound_to_its_account_and_key() -> None:
    stored = {hash_pin(account, "1234", key) for account in ("1", "2") for key in ("a", "b") for _ in range(2)}
    assert len(stored) == 8
    assert not any("1234" in one for one in stored)
