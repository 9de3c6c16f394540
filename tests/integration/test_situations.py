"""What happens to calls, acted out with real telephones on a real Asterisk.

The same stories are told again from recordings, without any Asterisk, in tests/callcenter/asterisk/test_recordings.py.
To make the recordings anew: ``RECORD_AMI=yes pytest tests/integration/test_situations.py``.
"""

from __future__ import annotations

import io
import os
import re
from pathlib import Path

import pytest

from tests.support.control_situations import CONTROL_SITUATIONS, control_stage
from tests.support.facts import story
from tests.support.situations import SITUATIONS, stage
from tests.support.switchboard import Switchboard

RECORDINGS = Path(__file__).parents[1] / "recordings"


@pytest.mark.parametrize("name", SITUATIONS)
async def test_facts_told_are_those_that_happened(name: str, switchboard: Switchboard) -> None:
    recording = io.BytesIO()
    async with switchboard.steered(record=recording) as hands:
        async with stage(switchboard, hands) as on:
            await SITUATIONS[name](on)
        told = "".join(f"{line}\n" for line in story(hands.facts.all))
    expected = RECORDINGS / f"{name}.facts"
    if os.environ.get("RECORD_AMI"):
        expected.write_text(told, encoding="utf-8")
        expected.with_suffix(".ami").write_bytes(recording.getvalue())
    assert comparable(name, told) == comparable(name, expected.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", CONTROL_SITUATIONS)
async def test_facts_told_of_what_agents_do_are_those_that_happened(name: str, switchboard: Switchboard) -> None:
    """Where one order moves two people, either may arrive first."""
    recording = io.BytesIO()
    async with switchboard.steered(record=recording) as hands:
        async with control_stage(switchboard, hands) as on:
            await CONTROL_SITUATIONS[name](on)
        told = "".join(f"{line}\n" for line in story(hands.facts.all))
    expected = RECORDINGS / f"{name}.facts"
    if os.environ.get("RECORD_AMI"):
        expected.write_text(told, encoding="utf-8")
        expected.with_suffix(".ami").write_bytes(recording.getvalue())
    assert sorted(comparable(name, told)) == sorted(comparable(name, expected.read_text(encoding="utf-8")))


# Two people act at once, or one is let go while another is moved: the switch says who was first, and may say either.
AT_ONCE = frozenset({"both_hang_up_at_once", "consult_and_transfer"})


# Whether the colleague was set aside in the moment before the agent's telephone was gone, or found alone after it, is
# as true either way; what follows is the same.
IN_PASSING = {"caller_hangs_up_in_consultation": "Held: call=leg 1, by_phone=False"}


def comparable(name: str, told: str) -> list[str]:
    """The facts, line by line."""
    lines = [line for line in told.splitlines() if line != IN_PASSING.get(name)]
    if name not in AT_ONCE:
        return lines
    return sorted(re.sub(r"by_agent=\w+", "by_agent=either", line) for line in lines)
