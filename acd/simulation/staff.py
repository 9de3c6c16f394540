"""The agents of a simulated day: they come and go, and their time is counted by the states the engine reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from acd.commands import ReportAgentState
from acd.events import AgentLoggedOff, AgentLoggedOn, AgentStateRequested, Event
from acd.model import Agent, AgentId, AgentState, InteractionId, NotReadyReason, RequestedState, RequestId

AT_WORK = (AgentState.BUSY, AgentState.WORKING_AFTER_CALL)


class Staff:
    """Everybody who works today. ``tell`` tells the engine, at this moment.

    ``busy`` and ``logged_on`` are seconds per agent, of states that have ended.
    """

    def __init__(self, tell: Callable[[Event], None]) -> None:
        self.busy: dict[AgentId, float] = {}
        self.logged_on: dict[AgentId, float] = {}
        self._tell = tell
        self._since: dict[AgentId, float] = {}
        self._leaving: set[AgentId] = set()
        self._reported: dict[AgentId, tuple[float, ReportAgentState]] = {}
        self._agents: dict[AgentId, Agent] = {}
        self._owed: Counter[str] = Counter()  # by group: how many more shifts have ended than agents could leave
        self._in_place: dict[str, list[Agent]] = {}  # by group: who left in the place of others

    def come(self, agent: Agent, now: float) -> None:
        """A shift begins; who is still at work from the one before goes on."""
        if self._owed[agent.group]:
            self._owed[agent.group] -= 1
            return
        name = agent.agent
        if name in self._since and name not in self._leaving and self._in_place.get(agent.group):
            agent = self._in_place[agent.group].pop()
            name = agent.agent
        self._agents[name] = agent
        if name in self._since:
            self._leaving.discard(name)
            self._ask_for(name, RequestedState.READY)
        else:
            self._since[name] = now
            self._tell(AgentLoggedOn(agent=agent, registered=True, ready=True))

    def go(self, agent: AgentId) -> None:
        """A shift ends, as soon as the agent is free."""
        self._leaving.add(agent)
        self._ask_for(agent, RequestedState.NOT_READY)

    def one_goes(self, group: str) -> None:
        """A shift of a group ends: of those who are free, who has been so longest goes, else who is free first."""
        free = [
            (since, name)
            for name, (since, report) in self._reported.items()
            if name in self._since and name not in self._leaving
            if report.state is AgentState.READY and self._agents[name].group == group
        ]
        if free:
            self._goes_in_place(min(free)[1])
        else:
            self._owed[group] += 1

    def is_about_to_be_free(self, agent: AgentId) -> None:
        """An interaction ends now; who has to leave is not given another one."""
        if self._owed[self._agents[agent].group] and agent not in self._leaving:
            self._owed[self._agents[agent].group] -= 1
            self._goes_in_place(agent)

    def reported(self, report: ReportAgentState, now: float) -> None:
        """The engine has said what an agent does from now on."""
        agent = report.agent
        self._count_work(agent, now)
        self._reported[agent] = (now, report)
        if report.state is AgentState.NOT_READY and agent in self._leaving:
            self._leaving.discard(agent)
            self._count_presence(agent, now)
            del self._since[agent]
            self._tell(AgentLoggedOff(agent=agent))
        elif report.state is AgentState.READY:
            self.is_about_to_be_free(agent)

    def wraps_up(self, agent: AgentId, interaction: InteractionId) -> ReportAgentState | None:
        """What was reported of an agent who works after this interaction; None: the agent does not."""
        _, report = self._reported[agent]
        working = report.state is AgentState.WORKING_AFTER_CALL and interaction in report.interactions
        return report if working else None

    def end(self, now: float) -> None:
        """The day is over."""
        for agent in self._since:
            self._count_presence(agent, now)
            self._count_work(agent, now)

    def _goes_in_place(self, name: AgentId) -> None:
        agent = self._agents[name]
        self._in_place.setdefault(agent.group, []).append(agent)
        self.go(name)

    def _ask_for(self, agent: AgentId, state: RequestedState) -> None:
        reason = NotReadyReason("end of shift")
        self._tell(AgentStateRequested(request_id=RequestId("shift"), agent=agent, state=state, reason=reason))

    def _count_work(self, agent: AgentId, until: float) -> None:
        since, report = self._reported.get(agent, (until, None))
        if report is not None and report.state in AT_WORK:
            self.busy[agent] = self.busy.get(agent, 0.0) + until - since

    def _count_presence(self, agent: AgentId, until: float) -> None:
        self.logged_on[agent] = self.logged_on.get(agent, 0.0) + until - self._since[agent]
