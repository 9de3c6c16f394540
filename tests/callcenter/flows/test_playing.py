"""A flow played at a terminal: what is typed, what is shown."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from callcenter.flows.playing import parse_fields, play
from ivr.fields import FieldValue
from tests.ivr.flows import TREATMENT_HEAD, shipped_flow, small_flow
from tests.ivr.simulation.test_script import BANK


class Terminal:
    """Types the lines given, and keeps what was shown."""

    def __init__(self, *lines: str) -> None:
        self._lines: Iterator[str] = iter(lines)
        self.shown = ""

    def ask(self, question: str) -> str:
        self.shown += question
        try:
            return next(self._lines)
        except StopIteration:
            raise EOFError from None

    def write(self, text: str) -> None:
        self.shown += text


def test_a_call_through_the_support_line() -> None:
    terminal = Terminal("?", "", "", "found account=123456 tier=vip", "", "#", "dance", "1", "")
    line = play(
        shipped_flow("support"), fields={"caller_number": "+49"}, listens=False, ask=terminal.ask, write=terminal.write
    )
    assert line.ended()
    assert "lookup customer_by_number(number='+49'): found|not_found|failed|late" in terminal.shown
    assert "hands the caller over to queue billing" in terminal.shown
    assert "not understood: 'dance'" in terminal.shown
    assert "hang up" in terminal.shown  # the help


def test_hosts_pins_speech_and_transfers_are_asked_for() -> None:
    terminal = Terminal("open", "", "4711", "accepted", "", "say pay", "250#", "done receipt=R1", "", "")
    line = play(BANK, fields={}, listens=True, ask=terminal.ask, write=terminal.write)
    assert line.ended()
    assert "R 1" in line.said[-1] or "R" in line.said[-1]
    terminal = Terminal("open", "", "4711", "a", "", "2", "busy", "")
    line = play(BANK, fields={}, listens=False, ask=terminal.ask, write=terminal.write)
    assert "hands the caller over to queue general" in terminal.shown


def test_waiting_a_place_and_a_callback() -> None:
    flow = small_flow(
        """
        begin: { type: wait, seconds: 20, keys: { "1": back }, next: tell }
        tell: { type: play, prompt: { en: "Number {position}." }, next: begin }
        back: { type: callback, number: { expression: caller_number }, taken: bye, refused: begin }
        bye: { type: hang_up }
        """,
        head=TREATMENT_HEAD,
    )
    terminal = Terminal("place 2 30", "wait 25", "1", "taken", "")
    line = play(flow, fields={"caller_number": "5"}, listens=False, ask=terminal.ask, write=terminal.write)
    assert line.said == ["Number 2."]
    assert line.ended()


@pytest.mark.parametrize("typed", ["bye", "quit"])
def test_leaving(typed: str) -> None:
    terminal = Terminal(typed)
    line = play(shipped_flow("support"), fields={}, listens=False, ask=terminal.ask, write=terminal.write)
    assert line.ended() is (typed == "bye")


@pytest.mark.parametrize(
    ("word", "value"),
    [("a=1", 1), ("a=-2.5", -2.5), ("a=007", "007"), ("a=+49", "+49"), ("a=true", True), ("a=null", None), ("a=", ""),
     ("a='5'", "5"), ("a=b=c", "b=c")],
)  # fmt: skip
def test_values(word: str, value: FieldValue) -> None:
    assert parse_fields([word]) == {"a": value}
    assert type(parse_fields([word])["a"]) is type(value)


def test_what_is_no_value() -> None:
    with pytest.raises(ValueError, match="NAME=VALUE"):
        parse_fields(["a"])
