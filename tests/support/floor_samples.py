"""Agents, queues and contacts as the CTI server would report them."""

from __future__ import annotations

from collections.abc import Mapping

from agent_desktop.web.bodies import Label, LabelCatalogue
from callcenter.api.calls import CallDirection
from callcenter.api.card import Medium
from callcenter.api.messages import (
    AgentActivity,
    AgentLive,
    AgentStateName,
    ContactLive,
    ContactPhase,
    CustomerCard,
    DispositionChoice,
    GatheredAnswer,
    LinkLive,
    PastInteraction,
    QueueLive,
    ReasonChoice,
    StateSnapshot,
    Tier,
)
from callcenter.api.shapes import Words

SAMPLE_UUID = "0192f3a0-0000-7000-8000-{:012x}"
LABELS = LabelCatalogue(
    queues={"support": Label(en="Support", zh="技术支持"), "sales": Label(en="Sales", zh="销售")},
    dispositions={
        "solved": Label(en="Solved", zh="已解决"),
        "follow-up": Label(en="Follow-up needed", zh="需要跟进"),
        "wrong-number": Label(en="Wrong number", zh="打错号码"),
    },
    reasons={
        "break": Label(en="Break", zh="休息"),
        "lunch": Label(en="Lunch", zh="午餐"),
        "training": Label(en="Training", zh="培训"),
        "paperwork": Label(en="Paperwork", zh="文书工作"),
    },
)


def choices(labels: Mapping[str, Label]) -> tuple[DispositionChoice, ...]:
    """Return what the CTI server would offer to choose from: names with their English labels."""
    return tuple(DispositionChoice(name=name, label=label.en) for name, label in labels.items())


def reasons(labels: Mapping[str, Label]) -> tuple[ReasonChoice, ...]:
    """Return the reasons for not being ready that an agent may give."""
    return tuple(ReasonChoice(name=name, label=label.en) for name, label in labels.items())


def uuid(number: int) -> str:
    """Return the nth sample interaction."""
    return SAMPLE_UUID.format(number)


def agent(agent: str = "anna", **fields: object) -> AgentLive:
    """Return an agent's record."""
    made = AgentLive(
        agent=agent,
        name=agent.title(),
        state=AgentStateName.NOT_READY,
        since=1,
        chosen=AgentStateName.NOT_READY,
        chosen_reason="break",
        activity=AgentActivity.NONE,
        activity_since=1,
        forced_by=None,
        reason="break",
        pending=None,
        pending_reason=None,
        registered=True,
        desktop_connected=True,
        queues=("support",),
        contact=None,
        contact_queue=None,
    )
    return made.model_copy(update=fields)


def queue(name: str = "support", **fields: object) -> QueueLive:
    """Return a queue's record."""
    made = QueueLive(
        queue=name,
        label=name.title(),
        waiting=0,
        longest_since=None,
        agents_ready=0,
        agents_busy=0,
        agents_wrap_up=0,
        agents_not_ready=1,
        offered_today=0,
        answered_today=0,
        overflowed_today=0,
        open=True,
        open_until=None,
        expected_low_s=None,
        expected_high_s=None,
        abandoned_today=0,
        service_level_target_s=20,
        answered_in_target_today=0,
        callbacks=0,
        callbacks_dropped_today=0,
        first_waiting=(),
        first_promises=(),
    )
    return made.model_copy(update=fields)


def past(number: int) -> PastInteraction:
    """Return one earlier interaction."""
    return PastInteraction(
        interaction=uuid(number),
        medium=Medium.CALL,
        direction=CallDirection.IN,
        started_at=1_700_000_000_000 + number,
        queue="support",
        queue_label="Support",
        agent="ben",
        agent_name="Ben",
        outcome="handled",
        waited_s=12.0,
        talked_s=180.0,
        disposition="solved",
        disposition_label="Solved",
        summary=Words(en="Waited 0:12 in Support, talked 3:00 with Ben.", zh="在技术支持等待0:12，与Ben通话3:00。"),
        note="Router replaced",
    )


def customer(*, interactions: int = 1) -> CustomerCard:
    """Return a customer with so many interactions in the past, newest first."""
    known = CustomerCard.bare(customer="c-1", name="Mei Lin 林美", account="40012", tier=Tier.VIP)
    history = tuple(past(number) for number in range(interactions, 0, -1))
    return known.model_copy(update={"language": "en", "numbers": ("+15550100",), "history": history})


def contact(number: int = 1, **fields: object) -> ContactLive:
    """Return a contact that was just offered."""
    made = ContactLive(
        interaction=uuid(number),
        offer=f"offer-{number}",
        phase=ContactPhase.OFFERED,
        queue="support",
        queue_label="Support",
        tier=Tier.VIP,
        calling_number="+15550100",
        calling_name="Mei Lin",
        called_number="+15550199",
        customer=customer(),
        gathered=(GatheredAnswer(key="account", label="Account number", value="40012"),),
        came_from=None,
        called_back=False,
        waited_s=3.5,
        arrived_at=1,
        offered_at=2,
        answered_at=None,
        ended_at=None,
        ended_by=None,
        wrap_up_until=None,
        wrap_up_extendable=True,
        disposition_required=True,
        dispositions=(DispositionChoice(name="solved", label="Solved"),),
        note="",
        disposition=None,
        direction=CallDirection.IN,
        call=None,
        handed_over=None,
        notes_before=(),
    )
    return made.model_copy(update=fields)


def snapshot(**fields: object) -> StateSnapshot:
    """Return a floor with Anna, Ben and the queue Support."""
    made = StateSnapshot(
        epoch=1,
        seq=0,
        at=1_000,
        link=LinkLive(switch_up=True, epoch=1),
        agents=(agent("anna"), agent("ben")),
        contacts={},
        queues=(queue("support"),),
        reasons=(ReasonChoice(name="break", label="Break"),),
    )
    return made.model_copy(update=fields)
