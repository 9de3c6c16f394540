"""A flow played at a terminal, in virtual time: the person there is the caller, and whoever the flow asks."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from ivr.events import Opening
from ivr.fields import Fields, FieldValue
from ivr.flow.flow import Flow
from ivr.simulation.caller import begin
from ivr.simulation.line import Line, Moment
from ivr.simulation.world import (
    ACT_OUTCOMES,
    CALLBACK_OUTCOMES,
    CHECK_OUTCOMES,
    LOOKUP_OUTCOMES,
    TRANSFER_OUTCOMES,
    Reply,
    World,
)

HELP = """\
  keys        press them: 1, 4711#, *
  (nothing)   listen on: until something is said, asked or decided
  wait N      do nothing for N seconds
  say WORDS   answer by voice
  speak N     speak for N seconds, after the tone
  place N S   stand at place N of the queue, with S seconds expected
  bye         hang up
  quit        leave the simulation
"""

_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,17}")
_FRACTION = re.compile(r"-?[0-9]{1,18}\.[0-9]{1,18}")

_WHO = {"flow": "flow    ", "caller": "caller  ", "outside": "outside ", "trouble": "trouble "}

Ask = Callable[[str], str]
Write = Callable[[str], None]


def told(moment: Moment) -> str:
    """Return a line of a transcript."""
    return f"{moment.at:7.1f} s  {_WHO[moment.who]}  {moment.what}\n"


def play(flow: Flow, *, fields: Mapping[str, FieldValue], listens: bool, ask: Ask, write: Write) -> Line:
    """Let the person at the terminal call; return what became of it.

    Args:
        flow: The flow.
        fields: What is known when the call begins.
        listens: Speech is recognised.
        ask: Shows a question and reads a line; raises `EOFError` at the end.
        write: Shows text.
    """
    write(f"{flow.kind} flow {flow.name}. Type ? for help.\n")
    line = Line(flow, AskingWorld(ask))
    begin(line, fields=fields, listens=listens)
    shown = _show(line, 0, write)
    while not line.ended():
        try:
            typed = ask(f"[{line.node}] > ").strip()
        except EOFError:
            break
        if typed == "quit":
            break
        if typed == "?":
            write(HELP)
            continue
        try:
            _act(line, typed)
        except ValueError:
            write(f"not understood: {typed!r}; type ? for help\n")
        shown = _show(line, shown, write)
    return line


def parse_fields(words: Sequence[str]) -> dict[str, FieldValue]:
    """Read ``name=value`` words. Values are numbers, true, false, null, or texts. Raises `ValueError`."""
    fields: dict[str, FieldValue] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise ValueError(f"{word!r} is not NAME=VALUE")
        fields[name] = parse_value(value)
    return fields


def parse_value(text: str) -> FieldValue:
    """Read a value as people mean it: 007 and +49 are texts; in quotes everything is."""
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1]
    known: dict[str, FieldValue] = {"null": None, "true": True, "false": False}
    if text in known:
        return known[text]
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _FRACTION.fullmatch(text) else text


class AskingWorld(World):
    """Asks the person at the terminal for everything that others would answer."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def look_up(self, name: str, arguments: Fields) -> Reply:
        """Ask how a question is answered."""
        return self._reply(f"lookup {name}({_given(arguments)})", LOOKUP_OUTCOMES)

    def act(self, name: str, arguments: Fields, key: str) -> Reply:  # noqa: ARG002 (nobody keeps count here)
        """Ask how an act ends."""
        return self._reply(f"act {name}({_given(arguments)})", ACT_OUTCOMES)

    def check(self, name: str, arguments: Fields, secret: str) -> Reply:  # noqa: ARG002 (is not shown)
        """Ask how a PIN is judged."""
        return self._reply(f"check {name}({_given(arguments)})", CHECK_OUTCOMES)

    def opening(self, calendar: str) -> Opening | None:
        """Ask how a calendar is."""
        outcome = self._reply(f"calendar {calendar}", (*Opening, "failed")).outcome
        return None if outcome == "failed" else Opening(outcome)

    def callback(self, number: str) -> str:
        """Ask how a callback ends."""
        return self._reply(f"callback to {number}", CALLBACK_OUTCOMES).outcome

    def transfer(self, to: str, name: str) -> str:
        """Ask how a transfer ends."""
        return self._reply(f"transfer to {to} {name}", TRANSFER_OUTCOMES).outcome

    def _reply(self, what: str, outcomes: Sequence[str]) -> Reply:
        while True:
            words = self._ask(f"          {what}: {'|'.join(outcomes)} [NAME=VALUE …] ? ").split()
            named, values = (words[0], words[1:]) if words and "=" not in words[0] else (outcomes[0], words)
            found = [outcome for outcome in outcomes if outcome.startswith(named)]
            try:
                fields = parse_fields(values)
            except ValueError:
                continue
            if found:
                return Reply(outcome=str(found[0]), fields=fields)


def _act(line: Line, typed: str) -> None:
    match typed.split():
        case []:
            said, moments = len(line.said), len(line.moments)
            while not line.ended() and len(line.said) == said and len(line.moments) == moments:
                if not line.advance(float("inf")):
                    return
        case ["bye"]:
            line.hang_up()
        case ["wait", seconds]:
            line.run_for(float(seconds))
        case ["speak", seconds]:
            line.speak(float(seconds))
        case ["say", *words]:
            line.say(" ".join(words))
        case ["place", position, seconds]:
            line.place(int(position), float(seconds))
        case [keys] if all(key in "0123456789*#ABCD" for key in keys):
            line.press(keys)
        case _:
            raise ValueError(typed)


def _show(line: Line, shown: int, write: Write) -> int:
    for moment in line.moments[shown:]:
        write(told(moment))
    return len(line.moments)


def _given(arguments: Fields) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in arguments.items())
