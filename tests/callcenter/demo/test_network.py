"""The simulated telephone network's scenario, as SIPp reads it."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

from callcenter.demo.network import scenario


def branches(number: str) -> str:
    """Return the first branch that an INVITE to this number takes; empty: none, so that it is refused."""
    root = ElementTree.fromstring(scenario(speech=Path("/speech"), ring=1.0, talk=2.0))  # noqa: S314 -- our own file
    patterns = {one.get("assign_to"): one.get("regexp", "") for one in root.iter("ereg")}
    for step in root.iter("nop"):
        if step.get("test") and re.search(patterns[step.get("test")], f"INVITE sip:{number}@127.0.0.1:5199 SIP/2.0"):
            return step.get("next", "")
    return ""


def test_the_number_decides() -> None:
    assert branches("+12025550142") == "ringing"
    assert branches("+12025550101") == "busy"
    assert branches("+12025550102") == "ringing"  # in vain: see the integration tests
    assert branches("+12025550103") == "unknown"


def test_what_has_no_plus_is_an_emergency_number_and_refused() -> None:
    for number in ("911", "112", "999", "110", "101"):
        assert branches(number) == ""


def test_times_are_milliseconds_and_nothing_is_left_to_fill_in() -> None:
    text = scenario(speech=Path("/somewhere/speech"), ring=0.5, talk=90)
    assert 'timeout="500" ontimeout="answer"' in text
    assert 'timeout="90000" ontimeout="leave"' in text
    assert 'rtp_stream="/somewhere/speech,' in text
    assert not re.search(r"\[(ring|talk|speech)\]", text)
