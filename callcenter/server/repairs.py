"""What was put right, told: to the supervisors' pages, in the interaction's own story, to the operator as a count."""

from __future__ import annotations

from callcenter.api.messages import Repair, RepairLive, RepairReport
from callcenter.domain.ids import AgentId, InteractionId
from callcenter.domain.interaction import EventKind
from callcenter.domain.moment import Moment, milliseconds
from callcenter.server.effects import Tell
from callcenter.server.floor import Floor

REPAIRS_KEPT = 20  # that a page which comes later is shown


def repaired(
    floor: Floor,
    repair: Repair,
    now: Moment,
    *,
    agent: AgentId | None = None,
    interaction: InteractionId | None = None,
    by: str | None = None,
) -> None:
    """Tell that something was put right, by the watchdog or by a supervisor (`by`)."""
    live = RepairLive(at=milliseconds(now.utc), repair=repair, agent=agent, interaction=interaction, by=by)
    floor.repairs = [live, *floor.repairs[: REPAIRS_KEPT - 1]]
    floor.repairs_done += 1
    floor.emit(Tell(report=RepairReport(repair=live)))
    contact = floor.contacts.get(interaction) if interaction is not None else None
    if contact is not None and by is None:
        floor.write(contact, EventKind.REPAIRED, now, repair=repair.value, agent=agent)
