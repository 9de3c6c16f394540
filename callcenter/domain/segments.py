"""How an interaction's time was spent: what the customer went through, and what others did meanwhile. Pure.

The *way* is the customer's: the menu, the queue, the talk, on hold, in a conference, and when he has gone the work
after it. At any time it is in one stretch, so its stretches add up to the interaction's time from its start to its
close; what is left out are the milliseconds between two. What others did *beside* it (a phone that rang, a colleague
who was asked, the work of an agent who has handed the customer on) overlaps with it. One agent's stretches, of both
kinds, add up to the time that he gave.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from callcenter.domain.interaction import EventKind, InteractionEvent


class SegmentKind(StrEnum):
    """A stretch of an interaction."""

    IVR = "ivr"
    QUEUE = "queue"
    CALLBACK = "callback"  # waited without a line to be called back
    ALERTING = "alerting"
    TALK = "talk"
    HOLD = "hold"
    CONSULT = "consult"  # the customer hears music, or has gone, while his agent calls or asks somebody
    CONFERENCE = "conference"
    ELSEWHERE = "elsewhere"  # with a number that he was sent to
    WRAP_UP = "wrap_up"
    BETWEEN = "between"  # on the way from one to the next, or nobody knows where


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One stretch. `after` is seconds since the interaction began; `ended` says how: answered, abandoned, caller, …

    `beside`: it went on beside the customer's way, and is not a part of the interaction's time of its own. `by`: the
    supervisor who ended it, and gave no time to it.
    """

    kind: SegmentKind
    after: float
    seconds: float
    queue: str | None = None
    agent: str | None = None
    ended: str = ""
    beside: bool = False
    by: str | None = None


NO_TIME = 0.1
"""Seconds between two stretches that are not worth one of their own: a switch needs some milliseconds for each step."""

_WITH_AGENT = (SegmentKind.TALK, SegmentKind.HOLD, SegmentKind.CONSULT, SegmentKind.CONFERENCE)
_NO_MENU = (SegmentKind.QUEUE, SegmentKind.CALLBACK, SegmentKind.ALERTING, *_WITH_AGENT)


class Segmenter:
    """Events, in their order → stretches that are over (`done`), and those that have begun."""

    def __init__(self, began: datetime) -> None:
        self.done: list[Segment] = []
        self._began = began
        self._now = 0.0
        self._way: Segment | None = None  # none: between two, since `_since`
        self._since = 0.0
        self._ended = False  # the customer has gone
        self._agent: str | None = None  # who talks to the customer, or did to the end
        self._party = False  # the agent has called somebody beside
        self._rings: dict[str | None, Segment] = {}  # beside: phones that ring for the customer
        self._asked: Segment | None = None  # beside: whom the agent has called
        self._works: dict[str | None, Segment] = {}  # beside: work after a talk, the latest last
        self._lost: str | None = None  # whose talk ended with his telephone, and nobody's goodbye

    def take(self, event: InteractionEvent) -> None:
        """Apply one event; a kind that begins and ends nothing changes nothing."""
        self._now = max(self._now, self.after(event.at))  # UTC may be set back in between
        found = self._waiting(event) or self._called_back(event) or self._handed_over(event) or self._at_agent(event)
        if not found:
            self._ending(event)

    def after(self, at: datetime) -> float:
        """Return how long after the beginning a time is, in seconds."""
        return max(0.0, round((at - self._began).total_seconds(), 3))

    # -- before and between talks ------------------------------------------------------------------------------------

    def _waiting(self, event: InteractionEvent) -> bool:
        agent = _text(event, "agent")
        match event.kind:
            case EventKind.NODE_ENTERED:
                if self._way is None or self._way.kind not in _NO_MENU:
                    self._go(SegmentKind.IVR, "")
            case EventKind.OVERFLOWED:
                self._go(SegmentKind.IVR, "overflowed")
            case EventKind.QUEUED:
                if self._lost is not None:  # he goes on without the agent who was lost, whom nothing keeps busy
                    self._works.pop(self._lost, None)
                    self._lost = None
                self._queue(_text(event, "queue"), "moved" if self._in(SegmentKind.QUEUE) else "queued")
            case EventKind.MOVED:
                self._queue(_text(event, "to"), "moved")
            case EventKind.FELL_BACK:
                if not self._in(SegmentKind.QUEUE):
                    self._queue(_text(event, "queue"), "queued")
            case EventKind.RANG:
                ring = Segment(kind=SegmentKind.ALERTING, after=self._now, seconds=0.0, agent=agent, beside=True)
                self._rings.setdefault(agent, ring)
            case EventKind.OFFER_ENDED:
                self._close(self._rings.pop(agent, None), _text(event, "outcome") or "")
            case EventKind.DIALLED:
                self._go(SegmentKind.ALERTING, "", agent=agent)
            case _:
                return False
        return True

    def _called_back(self, event: InteractionEvent) -> bool:
        queue = _text(event, "queue")
        match event.kind:
            case EventKind.CALLBACK_WAITS:
                self._ended = False
                self._go(SegmentKind.CALLBACK, "callback" if self._in(SegmentKind.QUEUE) else "queued", queue=queue)
            case EventKind.CALLBACK_REACHED:
                self._go(SegmentKind.QUEUE, "reached", queue=queue)
            case EventKind.CALLBACK_DROPPED:
                self._stop(_text(event, "why") or "", by=_text(event, "by"))
            case _:
                return False
        return True

    def _handed_over(self, event: InteractionEvent) -> bool:
        """His flow has somebody rung for him; whom nobody takes is in his flow again, or in the queue he was in."""
        match event.kind:
            case EventKind.TRANSFER_BEGUN:
                agent = _text(event, "to") if event.data.get("to_kind") == "agent" else None
                self._go(SegmentKind.ALERTING, "", agent=agent)
            case EventKind.TRANSFER_FAILED:
                queue = _text(event, "queue")
                self._go(
                    SegmentKind.IVR if queue is None else SegmentKind.QUEUE, _text(event, "why") or "", queue=queue
                )
            case _:
                return False
        return True

    def _queue(self, queue: str | None, how: str) -> None:
        if self._way is None or self._way.kind is not SegmentKind.QUEUE or self._way.queue != queue:
            self._go(SegmentKind.QUEUE, how, queue=queue)

    # -- at an agent -------------------------------------------------------------------------------------------------

    def _at_agent(self, event: InteractionEvent) -> bool:
        agent = _text(event, "agent")
        match event.kind:
            case EventKind.ANSWERED:
                for ring in self._rings.values():
                    self._close(ring, "answered" if ring.agent == agent else "")
                self._rings.clear()
                self._agent = agent
                self._go(SegmentKind.TALK, "answered", agent=agent)
            case EventKind.HELD:
                self._during_talk(SegmentKind.CONSULT if self._party else SegmentKind.HOLD, "held")
            case EventKind.RETRIEVED:
                self._during_talk(SegmentKind.TALK, "retrieved")
            case EventKind.CONSULTED:
                self._party = True
                self._ask(SegmentKind.ALERTING, _text(event, "to") if event.data.get("to_kind") == "agent" else None)
                if self._in(SegmentKind.HOLD):
                    self._during_talk(SegmentKind.CONSULT, "")
            case EventKind.CONSULT_ANSWERED:
                self._ask(SegmentKind.CONSULT, self._asked.agent if self._asked else None)
            case EventKind.CONFERENCED:
                self._ask(SegmentKind.CONFERENCE, self._asked.agent if self._asked else None)
                self._during_talk(SegmentKind.CONFERENCE, "joined")
            case EventKind.CONSULT_ENDED:
                self._party_over(_text(event, "outcome") or "")
            case EventKind.WENT_ELSEWHERE:
                self._go(SegmentKind.ELSEWHERE, "")
            case EventKind.TALK_ENDED:
                self._talk_over(agent, _text(event, "ended_by") or "")
            case _:
                return False
        return True

    def _during_talk(self, kind: SegmentKind, how: str) -> None:
        if self._way is not None and self._way.kind in _WITH_AGENT and self._way.kind is not kind and not self._ended:
            self._go(kind, how, agent=self._agent)

    def _ask(self, kind: SegmentKind, whom: str | None) -> None:
        """Whom the agent has called: rings, is asked, has joined."""
        self._close(self._asked, "answered" if kind is SegmentKind.CONSULT else "")
        self._asked = Segment(kind=kind, after=self._now, seconds=0.0, agent=whom, beside=True)

    def _party_over(self, how: str) -> None:
        self._party = False
        self._close(self._asked, how)
        self._asked = None
        if how == "transferred":  # the talk is over in the same moment
            return
        if self._in(SegmentKind.CONSULT):
            self._during_talk(SegmentKind.HOLD, how)
        elif self._in(SegmentKind.CONFERENCE):
            self._during_talk(SegmentKind.TALK, how)

    def _talk_over(self, agent: str | None, how: str) -> None:
        if self._way is not None and self._way.kind in (*_WITH_AGENT, SegmentKind.ELSEWHERE):
            self._stop(how)
        work = Segment(kind=SegmentKind.WRAP_UP, after=self._now, seconds=0.0, agent=agent, beside=True)
        self._lost = agent if how == "switch" else None
        if agent is not None:
            self._works.setdefault(agent, work)
        if self._ended:
            self._work_goes_on()

    # -- the end -----------------------------------------------------------------------------------------------------

    def _ending(self, event: InteractionEvent) -> None:
        match event.kind:
            case EventKind.ENDED:
                self._customer_gone(_text(event, "outcome") or "")
            case EventKind.WRAP_UP_COMPLETED:
                self._work_done(_text(event, "agent"))
            case EventKind.CLOSED:
                for agent in list(self._works):
                    self._work_done(agent)
                self._stop("")
                self._fill_gap()
            case _:
                pass

    def _customer_gone(self, outcome: str) -> None:
        talks_on = self._party and self._way is not None and self._way.kind in _WITH_AGENT
        for ring in self._rings.values():
            self._close(ring, outcome)
        self._rings.clear()
        self._stop(outcome)
        self._ended = True
        if talks_on:  # the agent and whom he has called
            self._go(SegmentKind.CONSULT, "", agent=self._agent)
        else:
            self._work_goes_on()

    def _work_goes_on(self) -> None:
        """The customer has gone: the way is the latest work after a talk, from the end of what was before."""
        if self._way is not None or not self._works:
            return
        _, work = self._works.popitem()
        before = round(self._since - work.after, 3)
        if before > 0:
            self.done.append(replace(work, seconds=before))
        elif before <= -NO_TIME:
            self.done.append(Segment(kind=SegmentKind.BETWEEN, after=self._since, seconds=-before))
        self._way = replace(work, after=max(self._since, work.after), beside=False)

    def _work_done(self, agent: str | None) -> None:
        if self._way is not None and self._way.kind is SegmentKind.WRAP_UP and self._way.agent == agent:
            self._stop("")
            if self._ended:
                self._work_goes_on()
        else:
            self._close(self._works.pop(agent, None), "")

    # -- stretches -----------------------------------------------------------------------------------------------------

    def _in(self, kind: SegmentKind) -> bool:
        return self._way is not None and self._way.kind is kind

    def _go(self, kind: SegmentKind, how: str, *, queue: str | None = None, agent: str | None = None) -> None:
        """The way goes on in another stretch."""
        if self._way is not None and (self._way.kind, self._way.queue, self._way.agent) == (kind, queue, agent):
            return
        self._stop(how)
        self._fill_gap()
        self._way = Segment(kind=kind, after=self._now, seconds=0.0, queue=queue, agent=agent)

    def _fill_gap(self) -> None:
        gap = round(self._now - self._since, 3)
        if self._way is None and gap >= NO_TIME:
            self.done.append(Segment(kind=SegmentKind.BETWEEN, after=self._since, seconds=gap))
            self._since = self._now

    def _stop(self, how: str, *, by: str | None = None) -> None:
        if self._way is None:
            return
        self._close(replace(self._way, by=by), how)
        self._way, self._since = None, self._now

    def _close(self, segment: Segment | None, how: str) -> None:
        if segment is None:
            return
        seconds = round(self._now - segment.after, 3)
        if seconds > 0 or segment.kind is not SegmentKind.WRAP_UP:
            self.done.append(replace(segment, seconds=seconds, ended=how))


def _text(event: InteractionEvent, key: str) -> str | None:
    value = event.data.get(key)
    return value if isinstance(value, str) and value else None
