"""Whom an agent wants to call: found, reachable, free and allowed; or why not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import acd.model
from callcenter.api.calls import AgentTarget, CallRefusal, NumberTarget, QueueTarget, Target
from callcenter.domain.commands import Destination
from callcenter.domain.dial_plan import Dialable, DialRefusal
from callcenter.domain.ids import AgentId, QueueName
from callcenter.server.floor import Desk, Floor

ROLE = "agent"  # whose rules of the dial plan hold for what agents call


@dataclass(frozen=True, slots=True, kw_only=True)
class Callee:
    """A colleague at his desk, or a number that may be dialled."""

    desk: Desk | None = None
    number: str | None = None
    caller_id: str = ""

    @property
    def name(self) -> str:
        """What stands in the records."""
        return self.desk.record.agent if self.desk is not None else self.number or ""

    @property
    def kind(self) -> Literal["agent", "number"]:
        """Which of the two."""
        return "agent" if self.desk is not None else "number"

    @property
    def destination(self) -> Destination:
        """What the switch is told."""
        if self.desk is not None:
            return Destination(device=self.desk.record.device)
        return Destination(number=self.number, caller_id=self.caller_id)


class Callees:
    """Targets → callees. A queue stands for the one of its agents who has been ready longest."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    def find(self, target: Target, by: AgentId) -> Callee | CallRefusal:
        """Say who is to be called for `target`, or why nobody is."""
        match target:
            case AgentTarget():
                return self._agent(AgentId(target.agent), by)
            case QueueTarget():
                return self._of_queue(QueueName(target.queue), by)
            case NumberTarget():
                return self.number(target.number)

    def number(self, text: str) -> Callee | CallRefusal:
        """Let the dial plan decide about a number as somebody wrote it."""
        plan = self._floor.catalogue.dialling.plan
        match plan.check(text, ROLE):
            case Dialable(number=number):
                return Callee(number=number, caller_id=plan.caller_id)
            case DialRefusal() as refusal:
                return CallRefusal(refusal.value)

    def _agent(self, agent: AgentId, by: AgentId) -> Callee | CallRefusal:
        if agent == by:
            return CallRefusal.TARGET_SELF
        desk = self._floor.desks.get(agent)
        if desk is None:
            return CallRefusal.TARGET_UNKNOWN
        if desk.state is None or desk.record.device not in self._floor.in_service:
            return CallRefusal.TARGET_AWAY
        return Callee(desk=desk) if is_free(desk) else CallRefusal.TARGET_BUSY

    def _of_queue(self, queue: QueueName, by: AgentId) -> Callee | CallRefusal:
        if not self._floor.catalogue.takes(queue):
            return CallRefusal.TARGET_UNKNOWN
        ready = [
            (desk.state.since, agent)
            for agent, desk in self._floor.desks.items()
            if desk.state is not None
            and desk.state.state is acd.model.AgentState.READY
            and queue in desk.queues
            and agent != by
            and is_free(desk)
        ]
        return Callee(desk=self._floor.desks[min(ready)[1]]) if ready else CallRefusal.TARGET_BUSY


def is_free(desk: Desk) -> bool:
    """Tell whether somebody who is signed on has nothing to do with any call or wrap-up."""
    return desk.state is not None and not desk.state.interactions and desk.contact is None
