"""Random sequences of what two agents and a caller may do, on the model switch in virtual time."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from callcenter.api import calls, messages
from callcenter.api.calls import Operation
from callcenter.api.messages import AgentStateName
from callcenter.domain.agent_time import agent_stretches
from callcenter.domain.ids import CallId
from callcenter.domain.interaction import EventKind, InteractionEvent
from callcenter.domain.story import tell
from tests.support.floor import PEOPLE, Floor, device

AGENTS = ("ana", "bo")
STEPS = (8, 30)  # of one sequence
REQUESTS: dict[Operation, type[calls.AboutCall]] = {
    Operation.REJECT: calls.RejectCall,
    Operation.HOLD: calls.HoldCall,
    Operation.RETRIEVE: calls.RetrieveCall,
    Operation.CONSULT: calls.ConsultationCall,
    Operation.ALTERNATE: calls.AlternateCall,
    Operation.RECONNECT: calls.ReconnectCall,
    Operation.TRANSFER: calls.TransferCall,
    Operation.CONFERENCE: calls.ConferenceCall,
    Operation.TRANSFER_TO: calls.SingleStepTransferCall,
    Operation.CLEAR: calls.ClearConnection,
    Operation.DIGITS: calls.GenerateDigits,
}


@dataclass(slots=True)
class Outcome:
    """What came of some sequences."""

    sequences: int = 0
    operations: int = 0  # granted
    refused: int = 0
    stuck: list[str] = field(default_factory=list)  # what was, and in which sequence
    repairs: int = 0
    interactions: int = 0
    off: list[float] = field(default_factory=list)  # seconds, by interaction: its stretches less its time
    agents_off: list[float] = field(default_factory=list)  # by agent and sequence: his states less his time signed on


def added_up(events: list[InteractionEvent]) -> float:
    """Return by how many seconds the stretches of an interaction's way miss its time."""
    in_order = sorted(events, key=lambda event: event.seq)
    lasted = (max(event.at for event in in_order) - in_order[0].at).total_seconds()
    return abs(lasted - sum(one.seconds for one in tell(in_order).segments if not one.beside))


def target(chance: random.Random, agent: str) -> dict[str, Any]:
    """Whom an agent may call: the other one, a queue, a number."""
    other = next(one for one in AGENTS if one != agent)
    found: list[dict[str, Any]] = [
        {"kind": "agent", "agent": other},
        {"kind": "queue", "queue": "technical"},
        {"kind": "number", "number": "202 555 0123"},
    ]
    return chance.choice(found[:1] * 3 + found[1:])


class Sequence:
    """One sequence on a floor of its own."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._name = f"sequence {seed}"
        self._floor = Floor()
        self._call: CallId | None = None

    def run(self, outcome: Outcome) -> None:
        """Do it all, and look what is left."""
        floor, chance = self._floor, self._chance
        began = floor.now.utc
        for agent in AGENTS:
            floor.agent_signs_on(agent, ready=chance.random() < 0.8)
        steps: list[Callable[[Outcome], None]] = []
        for step, often in ((self._operation, 12), (self._answers, 4), (self._number, 2)):
            steps += [step] * often
        steps += [self._rejects, self._caller, self._caller, self._hangs_up, self._state, self._waits]
        for _ in range(chance.randint(*STEPS)):
            if all(floor.page(agent) is None for agent in AGENTS):
                self._begin(outcome)
            chance.choice(steps)(outcome)
            floor.pass_time(chance.choice((0.0, 0.05, 0.3, 2.0, 11.0)))
        self._all_go_home()
        self._look(outcome)
        signed_on = (floor.now.utc - began).total_seconds()
        for agent in AGENTS:
            floor.agent_takes_a_break(agent)
            assert floor.refusal(messages.SignOff(agent=agent)) is None
            states = sum(one.seconds for one in agent_stretches(floor.agent_events) if one.agent == agent)
            outcome.agents_off.append(abs(states - signed_on))
        outcome.sequences += 1

    # -- steps -------------------------------------------------------------------------------------------------------

    def _begin(self, outcome: Outcome) -> None:
        """Somebody calls, or is called, and is answered."""
        agent = self._chance.choice(AGENTS)
        if self._chance.random() < 0.2:
            called = {"agent": agent, "target": target(self._chance, agent)}
            refused = self._floor.refusal(calls.MakeCall.model_validate(called))
            outcome.operations += refused is None
            outcome.refused += refused is not None
            self._floor.pbx.answer(device(agent))
            self._floor.settle()
            self._floor.pbx.number_answers()
            self._floor.settle()
        elif self._call is None or self._call not in self._floor.pbx.lines:
            self._floor.refusal(messages.SetState(agent=agent, state=AgentStateName.READY))
            self._caller(outcome)
        for one in AGENTS:
            self._floor.pbx.answer(device(one))
            self._floor.settle()

    def _operation(self, outcome: Outcome) -> None:
        here = [one for one in AGENTS if self._floor.page(one) is not None]
        agent = self._chance.choice(here or AGENTS)
        page = self._floor.page(agent)
        if page is None:
            return
        possible = sorted(self._floor.may(agent)) if self._chance.random() < 0.9 else list(REQUESTS)
        wanted = [one for one in possible if one in REQUESTS]
        if not wanted:
            return
        operation = self._chance.choice(wanted)
        asked: dict[str, Any] = {"agent": agent, "interaction": page.interaction}
        if operation in (Operation.CONSULT, Operation.TRANSFER_TO):
            asked["target"] = target(self._chance, agent)
        if operation is Operation.DIGITS:
            asked["digits"] = "12#"
        refused = self._floor.refusal(REQUESTS[operation].model_validate(asked))
        outcome.operations += refused is None
        outcome.refused += refused is not None

    def _answers(self, _: Outcome) -> None:
        self._floor.pbx.answer(device(self._chance.choice(AGENTS)))
        self._floor.settle()

    def _rejects(self, _: Outcome) -> None:
        self._floor.pbx.reject(device(self._chance.choice(AGENTS)))
        self._floor.settle()

    def _number(self, _: Outcome) -> None:
        (self._floor.pbx.number_answers if self._chance.random() < 0.8 else self._floor.pbx.number_hangs_up)()
        self._floor.settle()

    def _caller(self, _: Outcome) -> None:
        """The caller calls; one who is there may have enough."""
        if self._call is None or self._call not in self._floor.pbx.lines:
            self._call = self._floor.caller_waits(self._chance.choice(("billing", "general")))
        elif self._chance.random() < 0.3:
            self._floor.pbx.hang_up(self._call)
            self._floor.settle()

    def _hangs_up(self, _: Outcome) -> None:
        self._floor.pbx.put_down(device(self._chance.choice(AGENTS)))
        self._floor.settle()

    def _state(self, _: Outcome) -> None:
        agent = self._chance.choice(AGENTS)
        ready = self._chance.random() < 0.7
        wanted = {"state": "ready"} if ready else {"state": "not_ready", "reason": "break"}
        self._floor.refusal(messages.SetState.model_validate({"agent": agent, **wanted}))

    def _waits(self, _: Outcome) -> None:
        self._floor.pass_time(self._chance.uniform(0.5, 40.0))

    # -- the end -----------------------------------------------------------------------------------------------------

    def _all_go_home(self) -> None:
        floor = self._floor
        for call in list(floor.pbx.lines):
            if call in floor.pbx.lines:
                floor.pbx.hang_up(call)
        floor.settle()
        for _ in range(2):  # whose customer has gone may talk on
            for person in PEOPLE:
                floor.pbx.put_down(person.device)
                floor.pbx.reject(person.device)
                floor.settle()
        floor.pass_time(120.0)
        for agent in AGENTS:
            while (page := floor.page(agent)) is not None:
                done = {"agent": agent, "interaction": page.interaction, "note": "", "disposition": "resolved"}
                if floor.refusal(messages.CompleteContact.model_validate(done)) is not None:
                    return

    def _look(self, outcome: Outcome) -> None:
        floor = self._floor
        known = floor.director.floor
        outcome.repairs += known.repairs_done
        left = [f"contact {one}" for one in known.contacts] + [f"call {one}" for one in known.by_call]
        left += [f"phone {one}" for one in (*floor.pbx.legs, *floor.pbx.alone, *floor.pbx.own_calls)]
        left += [f"{agent} {floor.state(agent)}" for agent in AGENTS if floor.state(agent) not in _FREE]
        outcome.stuck += [f"{self._name}: {one}" for one in left]
        for interaction in {event.interaction for event in floor.events}:
            events = [event for event in floor.events if event.interaction == interaction]
            if any(event.kind is EventKind.CLOSED for event in events):
                outcome.interactions += 1
                outcome.off.append(added_up(events))


_FREE = (AgentStateName.READY, AgentStateName.NOT_READY)


def run(count: int, seed: int) -> Outcome:
    """Run so many sequences."""
    outcome = Outcome()
    for number in range(count):
        Sequence(seed * 1_000_000 + number).run(outcome)
    return outcome
