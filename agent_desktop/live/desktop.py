"""What one agent sees, and which sections of it changed. Pure."""

from __future__ import annotations

from agent_desktop.live.floor import Floor
from agent_desktop.live.frames import AgentView, MyQueue, Section

AGENT_SECTIONS: tuple[Section, ...] = (
    "link",
    "me",
    "contact",
    "contact_gone",
    "not_reached",
    "my_queues",
    "reasons",
)


def agent_view(floor: Floor, agent: str) -> AgentView:
    """Return all that `agent`'s page shows now: nothing of another agent, and only the queues he can serve."""
    me = floor.agents.get(agent)
    served = [floor.queues[name] for name in (me.queues if me else ()) if name in floor.queues]
    # Its parts are checked already: this runs for every page, whenever something changes.
    return AgentView.model_construct(
        link=floor.link,
        me=me,
        contact=floor.contacts.get(agent),
        contact_gone=floor.gone.get(agent),
        not_reached=floor.not_reached.get(agent),
        my_queues=tuple(
            MyQueue(queue=queue.queue, label=queue.label, waiting=queue.waiting, longest_since=queue.longest_since)
            for queue in served
        ),
        reasons=floor.reasons,
    )


def agent_sections(shown: AgentView, now: AgentView) -> tuple[Section, ...]:
    """Return the sections in which `now` differs from what the page has, in the order of the view.

    The link counts as changed when it came or went: `as_of` alone would mean a frame per report to every page.
    """
    return tuple(section for section in AGENT_SECTIONS if _differs(section, shown, now))


def _differs(section: Section, shown: AgentView, now: AgentView) -> bool:
    if section == "link":
        return (shown.link.cti_up, shown.link.switch_up) != (now.link.cti_up, now.link.switch_up)
    before, after = getattr(shown, section), getattr(now, section)
    return before is not after and bool(before != after)
