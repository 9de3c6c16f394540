"""The desktop's screens in a call: held, asked about, handed over, joined, dialled.

``python -m tests.support.call_screens FOLDER [SCREEN …]`` writes a picture of each, in every look.
"""

from __future__ import annotations

from typing import Any

from callcenter.api.calls import (
    AgentNote,
    AgentTarget,
    CallDirection,
    CallLive,
    CallRefusal,
    ConnectionState,
    DirectoryEntry,
    DirectoryFound,
    HandedOver,
    MakeCall,
    NumberTarget,
    Operation,
    PartyLive,
    QueueTarget,
    SearchDirectory,
)
from callcenter.api.messages import AgentActivity, AgentStateName, ContactPhase, ContactReport, Done, Outcome, Request
from callcenter.server.refusals import refused
from callcenter.server.situation import LAW, Situation
from tests.support import desktop_screens as screens
from tests.support.desktop_screens import Scene, Stage

ALERTING, CONNECTED, HELD = ConnectionState.ALERTING, ConnectionState.CONNECTED, ConnectionState.HELD


def call(stage: Stage, how: Situation, **fields: Any) -> CallLive:
    """A call as the server would show it in this situation, for 47 seconds."""
    made: dict[str, Any] = {
        "direction": CallDirection.IN,
        "role": "handling",
        "customer": CONNECTED,
        "customer_since": stage.now - 47_000,
        "party": None,
        "joined": False,
        "may": tuple(one for one in Operation if one in LAW[how]),
    }
    return CallLive(**(made | fields))


def party(stage: Stage, state: ConnectionState, name: str = "ben", label: str = "Ben Okafor") -> PartyLive:
    """A colleague in the call."""
    return PartyLive(
        party=name, kind="agent", agent=name, label=label, state=state, since=stage.now - 12_000, failed=None
    )


async def in_call(stage: Stage, live: CallLive, activity: AgentActivity, **fields: object) -> None:
    """Anna talks, and the server shows this call."""
    await screens.idle(stage)
    stage.contact(stage.caller())
    await stage.page.get_by_test_id("customer").wait_for()
    await stage.talk()
    show(stage, live, activity, **fields)
    await stage.page.get_by_test_id("parties").wait_for()


def show(stage: Stage, live: CallLive, activity: AgentActivity, **fields: object) -> None:
    """The server shows this call now."""
    stage.contact(stage.caller(ContactPhase.TALKING, call=live, **fields))
    stage.anna(
        state=AgentStateName.BUSY,
        reason=None,
        since=stage.now - 127_000,
        chosen=AgentStateName.READY,
        activity=activity,
        activity_since=stage.now - 47_000,
    )


def directory(stage: Stage) -> None:
    """Whoever searches finds these; a number is refused."""

    def entry(target: AgentTarget | QueueTarget | NumberTarget, label: str, **fields: Any) -> DirectoryEntry:
        made: dict[str, Any] = dict.fromkeys(("state", "reason", "since", "waiting", "longest_since"))
        return DirectoryEntry(target=target, label=label, **(made | {"detail": "", "available": True} | fields))

    def since(seconds: int) -> int:
        return stage.now - 1000 * seconds

    found = (
        entry(AgentTarget(agent="ben"), "Ben Okafor", detail="Support, Sales", state="ready", since=since(42)),
        entry(AgentTarget(agent="chen"), "陈伟", detail="Sales", state="not_ready", reason="lunch", since=since(700)),
        entry(QueueTarget(queue="sales"), "Sales", waiting=0),
        entry(QueueTarget(queue="support"), "Support", waiting=3, longest_since=since(51)),
        entry(NumberTarget(number="+49305550177"), "Field service", detail="Berlin"),
        entry(
            AgentTarget(agent="dora"), "Dóra Szabó", detail="Support", state="busy", since=since(192), available=False
        ),
        entry(
            AgentTarget(agent="emil"), "Emil Larsen", detail="Sales", state="null", since=since(9_000), available=False
        ),
    )

    def reply(request: Request) -> Outcome:
        match request:
            case SearchDirectory(text=text):
                return DirectoryFound(entries=tuple(one for one in found if text.casefold() in one.label.casefold()))
            case MakeCall(target=NumberTarget()):
                return refused(CallRefusal.NUMBER_CLASS)
            case _:
                return Done()

    stage.server.cti.reply = reply


# -- the screens ---------------------------------------------------------------------------------------------------


async def holding(stage: Stage) -> None:
    """The customer hears music."""
    await in_call(stage, call(stage, Situation.HOLDING, customer=HELD), AgentActivity.HOLDING)


async def targets(stage: Stage) -> None:
    """Whom to ask or to hand over to, a busy colleague chosen."""
    directory(stage)
    await in_call(stage, call(stage, Situation.TALKING), AgentActivity.TALKING)
    await stage.page.keyboard.press("Alt+Shift+KeyT")
    await stage.page.get_by_test_id("target-agent-dora").click()
    await stage.page.get_by_text("Dóra Szabó", exact=False).first.wait_for()


async def consulting(stage: Stage) -> None:
    """A colleague is asked while the customer hears music."""
    live = call(stage, Situation.CONSULTING, customer=HELD, party=party(stage, CONNECTED))
    await in_call(stage, live, AgentActivity.CONSULTING)


async def conference(stage: Stage) -> None:
    """All three talk."""
    live = call(stage, Situation.CONFERENCE, party=party(stage, CONNECTED), joined=True)
    await in_call(stage, live, AgentActivity.CONFERENCE)


async def consulted(stage: Stage) -> None:
    """Asked by a colleague, whose note is read."""
    live = call(
        stage,
        Situation.CONSULTED,
        role="consulted",
        customer=HELD,
        party=party(stage, CONNECTED),
    )
    await in_call(
        stage,
        live,
        AgentActivity.CONSULTED,
        handed_over=HandedOver(agent="ben", agent_name="Ben Okafor", how="consultation", at=stage.now - 12_000),
        notes_before=(
            AgentNote(
                agent="ben",
                agent_name="Ben Okafor",
                note="Line drops every evening. Router already changed.\nMay the contract end early?",
                disposition=None,
                at=stage.now - 20_000,
            ),
        ),
    )
    await stage.page.get_by_test_id("before").wait_for()


async def dialling(stage: Stage) -> None:
    """Anna calls a customer back."""
    await screens.idle(stage)
    stage.anna(state=AgentStateName.BUSY, reason=None, activity=AgentActivity.DIALLING)
    stage.contact(
        stage.caller(
            ContactPhase.DIALLING,
            direction=CallDirection.OUT,
            call=call(stage, Situation.DIALLING, direction=CallDirection.OUT, customer=ALERTING),
            calling_number="",
            called_number="+4915112345678",
            gathered=(),
        )
    )
    await stage.page.locator("[data-testid=call][data-stage=dialling]").wait_for()


async def number_refused(stage: Stage) -> None:
    """A number that the dial plan does not let through."""
    directory(stage)
    await screens.idle(stage)
    await stage.page.keyboard.press("Alt+Shift+KeyT")
    await stage.page.get_by_test_id("target").fill("０９００ １２３４５６７")
    await stage.page.get_by_test_id("go-make").click()
    await stage.page.locator(".why.bad").wait_for()


async def not_reached(stage: Stage) -> None:
    """Whom Anna called was busy."""
    await dialling(stage)
    stage.anna(state=AgentStateName.READY, reason=None)
    stage.server.cti.report(ContactReport(agent="anna", contact=None, gone="failed", not_reached="busy"), at=stage.now)
    await stage.page.get_by_test_id("not-reached").wait_for()


SCENES: dict[str, Scene] = {
    scene.__name__: scene
    for scene in (
        holding,
        targets,
        consulting,
        conference,
        consulted,
        dialling,
        number_refused,
        not_reached,
    )
}


if __name__ == "__main__":
    screens.main(SCENES, __doc__)
