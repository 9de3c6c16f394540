"""What a supervisor sees: every agent and every queue; all supervisors see the same. Pure."""

from __future__ import annotations

from agent_desktop.live.floor import Floor
from agent_desktop.live.frames import Section, SupervisorView

BOARD_SECTIONS: tuple[Section, ...] = ("link", "agents", "queues", "repairs")


class Wallboard:
    """Makes the supervisors' view, once for every state of the floor however many look at it."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._version = -1
        self._view = SupervisorView(link=floor.link, agents=(), queues=(), repairs=())

    def view(self) -> SupervisorView:
        """Return the view now: agents by name, queues by label. A section that did not change is the same object."""
        if self._version != self._floor.version:
            self._version = self._floor.version
            agents = tuple(sorted(self._floor.agents.values(), key=lambda agent: (agent.name, agent.agent)))
            queues = tuple(sorted(self._floor.queues.values(), key=lambda queue: (queue.label, queue.queue)))
            # Its parts are checked already; checking again would copy them, and the same object would be another.
            self._view = SupervisorView.model_construct(
                link=self._floor.link,
                agents=self._view.agents if agents == self._view.agents else agents,
                queues=self._view.queues if queues == self._view.queues else queues,
                repairs=self._floor.repairs,
            )
        return self._view


def board_sections(shown: SupervisorView, now: SupervisorView) -> tuple[Section, ...]:
    """Return the sections in which `now` differs from what the page has, in the order of the view."""
    changed: list[Section] = []
    if (shown.link.cti_up, shown.link.switch_up) != (now.link.cti_up, now.link.switch_up):
        changed.append("link")
    if shown.agents is not now.agents:
        changed.append("agents")
    if shown.queues is not now.queues:
        changed.append("queues")
    if shown.repairs is not now.repairs:
        changed.append("repairs")
    return tuple(changed)
