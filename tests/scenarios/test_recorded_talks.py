"""Recorded traffic of a real Asterisk, taken by the whole director: every stretch of every interaction adds up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, get_args

import pytest

from callcenter.api.calls import AgentTarget, ConsultationCall, MakeCall, NumberTarget, TransferCall
from callcenter.asterisk.messages import AmiEvent, DeviceState
from callcenter.asterisk.reader import MessageReader
from callcenter.asterisk.translator import Translator
from callcenter.domain import events
from callcenter.domain.events import CallEvent
from callcenter.domain.ids import InteractionId, is_own_call, own_call
from callcenter.domain.interaction import EventKind
from callcenter.domain.segments import SegmentKind
from callcenter.domain.story import tell
from tests.support.floor import Floor
from tests.support.segments import check_segments

RECORDINGS = sorted((Path(__file__).parents[1] / "recordings").glob("*.ami"))
NAMES = {"agent-ana": "agent-ana", "agent-bob": "agent-bo", "agent-cem": "agent-cy"}  # there, and on this floor
STEP = 0.7  # seconds between two facts; a recording has no times


SHOWS = {
    "hold": SegmentKind.HOLD,
    "consult": SegmentKind.CONSULT,
    "conference": SegmentKind.CONFERENCE,
    "talk": SegmentKind.TALK,
}
"""What must be among the stretches of a recording whose name says so."""


def told(recording: Path) -> list[CallEvent]:
    """Return what the recorded traffic says of calls."""
    reader, translator = MessageReader(), Translator()
    found: list[CallEvent] = []
    for message in reader.feed(recording.read_bytes()):
        if isinstance(message, get_args(AmiEvent)) and not (isinstance(message, DeviceState) and message.action_id):
            found += [one for one in translator.handle(message, 0.0) if isinstance(one, get_args(CallEvent))]
    return [renamed(one, NAMES) for one in found]


def renamed(fact: CallEvent, names: Mapping[str, str]) -> CallEvent:
    there = {one.name: getattr(fact, one.name) for one in fields(fact)}
    changes: dict[str, Any] = {name: names[str(value)] for name, value in there.items() if str(value) in names}
    return replace(fact, **changes)


def ask(floor: Floor, facts: list[CallEvent], place: int) -> None:
    """Ask for what the agent in the recording had asked for, just before it shows."""
    page, fact = floor.page("ana"), facts[place]
    if page is None:
        return
    near, interaction = facts[place : place + 4], page.interaction
    calls_somebody = any(isinstance(one, events.Originated) for one in near[:2])
    whom = next((one.device for one in near if isinstance(one, events.Delivered | events.Failed)), None)
    asks = isinstance(fact, events.Held | events.Originated) and calls_somebody and not page_has_party(floor)
    if asks and whom is not None:
        target = AgentTarget(agent=whom.removeprefix("agent-"))
        floor.send(ConsultationCall(agent="ana", interaction=interaction, target=target))
    elif isinstance(fact, events.ConnectionCleared) and any(isinstance(one, events.Transferred) for one in near[:2]):
        floor.send(TransferCall(agent="ana", interaction=interaction))


def page_has_party(floor: Floor) -> bool:
    return any(contact.beside is not None for contact in floor.director.floor.contacts.values())


def make_own_call(floor: Floor, facts: list[CallEvent]) -> list[CallEvent]:
    """Let Ana make the call that the recording begins with; return the facts with the id that we gave it."""
    own, called = facts[0].call, facts[2]
    assert isinstance(called, events.Delivered)
    number = NumberTarget(number="202 555 0123")
    target = AgentTarget(agent=called.device.removeprefix("agent-")) if called.device is not None else number
    floor.send(MakeCall(agent="ana", target=target))
    page = floor.page("ana")
    assert page is not None
    return [renamed(one, {own: own_call(InteractionId(page.interaction))}) for one in facts]


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda path: path.stem)
def test_every_stretch_of_recorded_traffic_adds_up(recording: Path) -> None:
    floor, facts = Floor(), told(recording)
    for agent in ("ana", "bo", "cy"):
        floor.agent_signs_on(agent, ready=False)
    if is_own_call(facts[0].call):
        facts = make_own_call(floor, facts)
    for place, fact in enumerate(facts):
        ask(floor, facts, place)
        floor.to_switch.clear()  # what is ordered was done, and is told
        floor.clock.advance(STEP)
        floor.tell(fact)
    floor.to_switch.clear()
    floor.pass_time(90.0)
    assert floor.events
    for interaction in {event.interaction for event in floor.events}:
        its = [event for event in floor.events if event.interaction == interaction]
        assert its[-1].kind is EventKind.CLOSED
        check_segments(its)
    kinds = {one.kind for one in tell(floor.events).segments}
    for word, kind in SHOWS.items():
        assert word not in recording.stem or kind in kinds, kinds
