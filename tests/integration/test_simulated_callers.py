"""Simulated callers on a real Asterisk with a real SIPp, as an ordinary user has them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from callcenter.demo.callers import SENTENCES, caller_script
from callcenter.demo.sipp import sipp_command
from callcenter.demo.sound import Keys, Pause, Speech, sound
from callcenter.demo.voices import spoken
from callcenter.domain.events import CallCleared, DigitPressed, Offered
from tests.support.servers import end, spawn
from tests.support.switchboard import NUMBER, Switchboard

KEYS = "#2410*0#123456789"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that ordinary users may read, which pytest's is not when we are root."""
    with tempfile.TemporaryDirectory(prefix="simulated-callers-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


async def test_every_key_arrives_and_speech_is_taken_for_none(switchboard: Switchboard, folder: Path) -> None:
    speech = [Speech(samples=await spoken(text, language)) for language, text in SENTENCES.items()]
    says, script = folder / "says.ulaw", folder / "caller.xml"
    says.write_bytes(sound((Pause(seconds=1), Keys(keys=KEYS), Pause(seconds=0.5), *speech, Pause(seconds=5))))
    patience = round(len(says.read_bytes()) / 8) - 4_000  # milliseconds: all of it but the silence at the end
    script.write_text(caller_script(says=says, patience=patience), encoding="utf-8")
    command = sipp_command(
        *("-sf", str(script), "-m", "1", "-s", NUMBER, "-key", "number", "+12025550105", "-key", "name", "Felix"),
        f"{switchboard.sip[0]}:{switchboard.sip[1]}",
    )
    async with switchboard.steered() as hands:
        process = spawn([*command], folder / "sipp.log", user="nobody" if os.geteuid() == 0 else None)
        try:
            await hands.facts.next(Offered)
            await hands.facts.next(CallCleared, within=60)
            assert process.wait(10) == 0
        finally:
            end(process)
    assert "".join(fact.digit for fact in hands.facts.all if isinstance(fact, DigitPressed)) == KEYS
