"""The telephone bank on a whole platform, with a real Asterisk; and what of a PIN is left anywhere afterwards."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
import redis.asyncio

from callcenter.demo.bank.pins import hash_pin
from tests.support.bank import ACCOUNT
from tests.support.phone import Phone, PhoneCall
from tests.support.platform import SUPERVISOR, Employee, Platform, laid_out, one_queue
from tests.support.servers import TREE, free_port

pytestmark = pytest.mark.integration

BANK = "5550150"
PIN, WRONG = "86427531", "97531864"
ANA = Employee(person="ana", skills={"cards": 9})


def house() -> dict[str, str]:
    text = one_queue()
    files = ("flows/bank.yaml", "hosts/bank.yaml", "queues/cards.yaml", "routing.yaml")
    text |= {name: (TREE / "config" / name).read_text("utf-8") for name in files}
    text["hosts/bank.yaml"] = text["hosts/bank.yaml"].replace(":8190", f":{free_port()}")
    text["callcenter.yaml"] += f"  - {{ number: '{BANK}', flow: bank }}\n"
    return text


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform with the bank, one of whose customers has a PIN that nothing else is likely to hold."""
    home: Path = tmp_path_factory.mktemp("bank")
    with laid_out(home, employees=[ANA, SUPERVISOR], catalogue=house()) as platform:
        platform.asterisk.start()
        platform.start()
        try:
            asyncio.run(until(lambda: bool(asked(platform, "SELECT count(*) FROM customers")), 30))
            key = platform.settings.secret("bank-pin-key")
            with closing(sqlite3.connect(home / "demo-bank.sqlite")) as bank, bank:
                bank.execute(
                    "UPDATE customers SET pin_hash = ? WHERE account = ?", (hash_pin(ACCOUNT, PIN, key), ACCOUNT)
                )
            yield platform
        finally:
            platform.stop()


def asked(platform: Platform, question: str) -> int:
    """Return one number out of the bank's database; nought while there is none."""
    try:
        with closing(sqlite3.connect(platform.home / "demo-bank.sqlite")) as bank:
            found = bank.execute(question).fetchone()
            return int(found[0]) if found else 0
    except sqlite3.OperationalError:
        return 0


async def until(true: Callable[[], bool], within: float) -> None:
    async with asyncio.timeout(within):
        while not true():
            await asyncio.sleep(0.05)


@asynccontextmanager
async def customer(platform: Platform) -> AsyncIterator[PhoneCall]:
    """Somebody at his telephone, who has dialled the bank and hears it."""
    async with Phone.open(server=platform.sip, user="+12025550100", password="") as phone:
        call = await phone.dial(BANK, name="Alice Adams")
        await call.answered(within=10)
        await call.audio.hears(within=5)
        yield call
        call.bye()


async def keyed(call: PhoneCall, *steps: str, pause: float = 2.5) -> None:
    for keys in steps:
        call.audio.press(keys)
        await asyncio.sleep(pause + 0.2 * len(keys))


async def proven(platform: Platform, call: PhoneCall, wish: str) -> None:
    """Choose English and the wish, give the account, a wrong PIN and the right one."""
    before = asked(platform, "SELECT coalesce(sum(wrong), 0) FROM pin_trials")
    await keyed(call, "1", wish, f"{ACCOUNT}#")
    await keyed(call, WRONG, pause=7)
    assert asked(platform, "SELECT coalesce(sum(wrong), 0) FROM pin_trials") == before + 1
    await keyed(call, PIN, pause=5)
    assert asked(platform, "SELECT coalesce(sum(wrong), 0) FROM pin_trials") == before + 1


async def test_a_bill_is_paid_once_though_the_server_is_killed_while_it_is_paid(platform: Platform) -> None:
    """The call is taken up at the payment, with the same key; the caller is asked nothing again."""
    async with customer(platform) as call:
        await proven(platform, call, "3")
        await keyed(call, "2", pause=3)
        call.audio.press("1")
        await asyncio.sleep(0.25)
        platform.kill_cti()
        await until(lambda: asked(platform, "SELECT count(*) FROM bookings") == 1, 20)
        await asyncio.sleep(6)
        await call.audio.hears(within=5)
        assert asked(platform, "SELECT count(*) FROM bookings") == 1
        assert asked(platform, "SELECT count(*) FROM bills WHERE paid_at IS NOT NULL") == 1


async def test_a_lost_card_is_blocked_and_an_expert_has_the_call(platform: Platform) -> None:
    async with platform.phone(ANA) as phone, platform.page(ANA) as page, customer(platform) as call:
        await page.get_ready()
        await proven(platform, call, "1")
        await keyed(call, "9", pause=0)
        await page.until(lambda view: bool(view.get("contact")) and view["contact"]["phase"] == "offered", within=20)
        contact = page.view["contact"]
        assert isinstance(contact, dict)
        assert contact["queue"] == "cards"
        ringing = await phone.incoming(within=10)
        ringing.answer()
        await asyncio.sleep(1)
        assert asked(platform, "SELECT count(*) FROM customers WHERE card_blocked_at IS NOT NULL") == 1
        ringing.bye()
        await asyncio.sleep(1)


async def test_nothing_that_was_written_holds_a_pin(platform: Platform) -> None:
    """All files of the home (logs, journal, records, the bank's, Asterisk's), and all that Redis keeps."""
    told = 0
    for path in platform.home.rglob("*"):
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            told += ACCOUNT.encode() in content
            for pin in (PIN, WRONG):
                assert pin.encode() not in content, path
    assert told, "not even the account is anywhere: nothing was looked at"
    async with redis.asyncio.Redis.from_url(platform.settings.redis_url) as bus:
        kept = [str(await bus.xrange(key)) async for key in bus.scan_iter(_type="stream")]
    assert kept
    assert not [pin for pin in (PIN, WRONG) if pin in str(kept)]


@pytest.mark.parametrize("part", ["speech-1", "speech-2", "bank"])
async def test_callers_go_on_when_a_part_dies(platform: Platform, part: str) -> None:
    """A rate is told, and the balance after it, while parts are killed."""
    async with customer(platform) as call:
        await keyed(call, "1", "4")
        victim = platform.pid(part)
        assert victim is not None
        os.kill(victim, signal.SIGKILL)
        await keyed(call, "1")
        await call.audio.hears(within=5)
        assert call.state.value == "up"
        await until(lambda: platform.pid(part) not in {None, victim}, 20)
