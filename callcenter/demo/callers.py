"""Rings in now and then: simulated callers, each a SIPp process of its own, speaking and keying."""

from __future__ import annotations

import asyncio
import random  # noqa: TID251 -- who calls when is drawn by chance; the generator is handed in
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path

import structlog

from callcenter.demo.bank.seed import demo_pin
from callcenter.demo.sipp import run_sipp
from callcenter.demo.sound import Keys, Pause, Speech, sound
from callcenter.demo.voices import spoken

_log = structlog.get_logger(__name__)
SENTENCES = {
    "en": "Hello, thank you for taking my call. I have a question about my last invoice, could you have a look at it?",
    "zh": "你好，我想咨询一下我的账单，上个月的费用好像不太对，请帮我查一下。",
}
"""What callers say, again and again, by language."""

_OFFERS_CALLBACKS = "2"  # technical help: its queue has the treatment that offers them
_BANK_SHARE = 0.4  # of the callers who have an account there


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedCaller:
    """Somebody who may ring in."""

    number: str  # E.164
    name: str  # ASCII: what the network would deliver
    account: str = ""  # his account at the sample bank; empty: he has none
    language: str = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trunk:
    """Where the callers' side of the trunk is."""

    host: str
    sip_port: int  # Asterisk's
    local_port: int  # ours: the one Asterisk knows the trunk by; 0 for any
    dialled: str
    bank: str | None = None  # the sample bank's number


async def ring_in(
    callers: Sequence[SimulatedCaller], *, trunk: Trunk, at_once: int, chance: random.Random, pause: float = 8.0
) -> None:
    """Keep up to `at_once` callers on the line, a new one every `pause` seconds or so, until cancelled."""
    with tempfile.TemporaryDirectory(prefix="callers-") as temporary:
        directory = Path(temporary)
        voices = {language: await spoken(text, language) for language, text in SENTENCES.items()}
        lines = asyncio.Semaphore(at_once)
        async with asyncio.TaskGroup() as tasks:
            while True:
                await lines.acquire()
                caller = chance.choice(callers)
                name = f"{chance.randrange(1 << 32):08x}"
                says, script = directory / f"{name}.ulaw", directory / f"{name}.xml"
                to_bank = trunk.bank is not None and bool(caller.account) and chance.random() < _BANK_SHARE
                keyed = bank_errand(caller, chance) if to_bank else support_errand(caller, chance)
                talk = (part for _ in range(40) for part in (Speech(samples=voices[caller.language]), Pause(seconds=3)))
                says.write_bytes(sound((*keyed, *talk)))
                patience = chance.randrange(20_000, 60_000) + 1_000 * round(sum(_seconds(part) for part in keyed))
                script.write_text(caller_script(says=says, patience=patience), "utf-8")
                line = replace(trunk, dialled=trunk.bank) if to_bank and trunk.bank else trunk
                tasks.create_task(_call(caller, line, script, says, lines))
                await asyncio.sleep(chance.uniform(0.3, 1.7) * pause)


def caller_script(*, says: Path, patience: int) -> str:
    """Return SIPp's scenario of one caller, who hangs up by himself after `patience` milliseconds."""
    # SIPp takes no variable as a time-out, nor in the name of a file to stream: every caller gets a script of his own.
    text = resources.files("callcenter.demo").joinpath("caller.xml").read_text("utf-8")
    return text.replace("[sound]", str(says)).replace("[patience]", str(patience))


def support_errand(caller: SimulatedCaller, chance: random.Random) -> tuple[Keys | Pause, ...]:
    """Return what a caller of the support line keys: a wish; and, where that is offered, to be called back."""
    wish = chance.choice("1230")
    keyed: tuple[Keys | Pause, ...] = (
        Pause(seconds=chance.uniform(2, 5)),
        Keys(keys="#"),
        Pause(seconds=chance.uniform(2, 4)),
        Keys(keys=wish),
    )
    if wish == _OFFERS_CALLBACKS and caller.account:
        # Whoever is still waiting after the music, the place in the queue, and the offer.
        keyed += (Pause(seconds=chance.uniform(42, 50)), Keys(keys="1"), Pause(seconds=chance.uniform(8, 12)))
        keyed += (Keys(keys="1"),)
    return (*keyed, Pause(seconds=2))


def bank_errand(caller: SimulatedCaller, chance: random.Random) -> tuple[Keys | Pause, ...]:
    """Return what a customer of the sample bank keys: language, a wish, account and PIN where it needs them."""
    wish = chance.choice("1134490")
    keyed = ["2" if caller.language == "zh" else "1", wish]
    if wish in "13":
        keyed += [f"{caller.account}#", f"{demo_pin(caller.account)}#"]
    keyed += {"1": ["", "0"], "3": [chance.choice("123"), "1", "2", "0"], "4": [chance.choice("1234"), "0"]}.get(
        wish, []
    )
    pauses = (Pause(seconds=chance.uniform(5, 8)) for _ in keyed)
    return tuple(part for pause, keys in zip(pauses, keyed, strict=True) for part in (pause, Keys(keys=keys)))


def _seconds(part: Keys | Pause) -> float:
    return part.seconds if isinstance(part, Pause) else 0.2 * len(part.keys)


async def _call(caller: SimulatedCaller, trunk: Trunk, script: Path, says: Path, lines: asyncio.Semaphore) -> None:
    try:
        status = await run_sipp(
            *("-sf", str(script), "-m", "1", "-s", trunk.dialled),
            *("-key", "number", caller.number, "-key", "name", caller.name),
            f"{trunk.host}:{trunk.sip_port}",
            port=trunk.local_port,
        )
        _log.info("simulated_call_ended", status=status)
    finally:
        for file in (says, script):
            await asyncio.to_thread(file.unlink, missing_ok=True)
        lines.release()
