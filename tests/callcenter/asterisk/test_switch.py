"""Commands become actions: what is sent, in which order, and what is not sent because Asterisk knows it already."""

from __future__ import annotations

from typing import cast

import pytest

from callcenter.asterisk.actions import Action, encode
from callcenter.asterisk.connection import AmiConnection
from callcenter.asterisk.messages import QueueMember
from callcenter.asterisk.protocol import ActionRefused, LinkDown
from callcenter.asterisk.switch import AsteriskSwitch
from callcenter.domain.cause import Cause
from callcenter.domain.commands import (
    Beat,
    CallBack,
    ClearCall,
    DeflectCall,
    Destination,
    FallbackMember,
    MarkNode,
    MarkPlace,
    MarkSurvey,
    MirrorAgent,
    QueueCall,
    SingleStepTransfer,
    SpeakEnd,
    SwitchCommand,
)
from callcenter.domain.errors import ExternalFailure
from callcenter.domain.ids import CallId, DeviceName, InteractionId, QueueName

CALL, ANA = CallId("1763760000.17"), DeviceName("agent-ana")
SUPPORT, SALES = QueueName("support"), QueueName("sales")


class Wire:
    """A connection that accepts everything and remembers each write."""

    def __init__(self) -> None:
        self.writes: list[tuple[Action, ...]] = []
        self.refuses = ""  # the name of an action
        self.posted: list[str] = []
        self.switch = AsteriskSwitch(lambda: cast(AmiConnection, self), trunk="trunk-carrier")

    async def request(self, *batch: Action, deadline: float = 5.0) -> list[object]:
        for action in batch:
            encode(action, "1")  # and all of it may be sent
        self.writes.append(batch)
        if any(action.name == self.refuses for action in batch):
            raise ActionRefused(self.refuses, "no")
        return []

    def post(self, *batch: Action) -> None:
        self.posted += [" ".join([action.name, *(value for _, value in action.headers)]) for action in batch]

    async def written(self, command: SwitchCommand) -> list[str]:
        """Carry out and return what was written at once, one action a line."""
        self.writes.clear()
        await self.switch.carry_out(command)
        assert len(self.writes) <= 1, "one command, one write"
        return [
            " ".join([action.name, *(value for _, value in action.headers)])
            for batch in self.writes
            for action in batch
        ]


async def test_variables_go_before_the_redirect_in_one_write() -> None:
    command = DeflectCall(call=CALL, device=ANA, queue=SUPPORT, enqueued_at=1000, sequence=940, epoch=7)
    assert await Wire().written(command) == [
        f"Setvar {CALL} CC_QUEUE support",
        f"Setvar {CALL} CC_ENQUEUED 1000",
        f"Setvar {CALL} CC_SEQ 940",
        f"Setvar {CALL} CC_EPOCH 7",
        f"Setvar {CALL} CC_AGENT agent-ana",
        f"Redirect {CALL} cc-dial s 1",
    ]


async def test_another_place_moves_nobody() -> None:
    wire = Wire()
    await wire.written(QueueCall(call=CALL, queue=SUPPORT, enqueued_at=1000, sequence=940, epoch=7))
    command = MarkPlace(call=CALL, queue=QueueName("sales"), enqueued_at=1000, sequence=940, epoch=7)
    assert await wire.written(command) == [f"Setvar {CALL} CC_QUEUE sales"]


async def test_a_flow_hands_its_caller_over_to_a_phone_or_a_number() -> None:
    """The phone that was written last is the one that rings, whoever wrote it."""
    wire = Wire()
    deflect = DeflectCall(call=CALL, device=ANA, queue=SUPPORT, enqueued_at=1000, sequence=940, epoch=7)
    await wire.written(deflect)
    assert await wire.written(SingleStepTransfer(call=CALL, to=Destination(device=DeviceName("agent-bob")))) == [
        f"Setvar {CALL} CC_AGENT agent-bob",
        f"Redirect {CALL} cc-dial s 1",
    ]
    assert await wire.written(deflect) == [f"Setvar {CALL} CC_AGENT agent-ana", f"Redirect {CALL} cc-dial s 1"]
    outside = Destination(number="+12025550123", caller_id="+12025550100")
    assert await wire.written(SingleStepTransfer(call=CALL, to=outside)) == [
        f"Setvar {CALL} CC_CALLERID +12025550100",
        f"Redirect {CALL} cc-forward +12025550123 1",
    ]


@pytest.mark.parametrize(("survey", "written"), [("satisfaction", "satisfaction"), (None, "-")])
async def test_whether_a_caller_is_asked_after_his_talk_stands_on_his_channel(survey: str | None, written: str) -> None:
    assert await Wire().written(MarkSurvey(call=CALL, survey=survey)) == [f"Setvar {CALL} CC_SURVEY {written}"]


async def test_a_customer_is_called_back_with_his_place_on_the_channel() -> None:
    interaction = InteractionId("018f0000-0000-7000-8000-000000000001")
    back = CallId(f"cb-{interaction}-7")
    command = CallBack(
        call=back,
        number="+12025550123",
        caller_id="+12025550100",
        interaction=interaction,
        queue=SUPPORT,
        enqueued_at=1000,
        sequence=940,
        epoch=7,
    )
    assert await Wire().written(command) == [
        "Originate PJSIP/+12025550123@trunk-carrier cc-callback +12025550123 1 30000 <+12025550100> "
        f"{back} true CC_ID={interaction},CC_QUEUE=support,CC_ENQUEUED=1000,CC_SEQ=940,CC_EPOCH=7"
    ]


async def test_the_spoken_end_is_a_place_of_the_dialplan() -> None:
    assert await Wire().written(SpeakEnd(call=CALL)) == [f"Redirect {CALL} cc-sorry s 1"]


async def test_a_guard_is_never_shorter_than_asked() -> None:
    lines = await Wire().written(MarkNode(call=CALL, node="welcome", guard=12.1))
    assert f"Setvar {CALL} TIMEOUT(absolute) 13" in lines


async def test_the_heartbeat_is_global() -> None:
    assert await Wire().written(Beat(epoch_seconds=1763760000)) == ["Setvar CC_HEARTBEAT 1763760000"]


@pytest.mark.parametrize(("cause", "q850"), [(Cause.NORMAL_CLEARING, 16), (Cause.BUSY, 17), (Cause.CONGESTION, 42)])
async def test_a_call_is_cleared_with_its_cause(cause: Cause, q850: int) -> None:
    assert await Wire().written(ClearCall(call=CALL, cause=cause)) == [f"Hangup {CALL} {q850}"]


async def test_without_a_link_a_command_is_refused_before_anything_is_sent() -> None:
    def no_connection() -> AmiConnection:
        raise LinkDown("not connected")

    with pytest.raises(ExternalFailure) as failure:
        await AsteriskSwitch(no_connection, trunk="trunk-carrier").carry_out(Beat(epoch_seconds=1))
    assert failure.value.retryable


# -- agents in Asterisk's own queues -----------------------------------------------------------------------------


def mirror(*queues: tuple[QueueName, int], ready: bool = True) -> MirrorAgent:
    members = tuple(FallbackMember(queue=queue, penalty=penalty) for queue, penalty in queues)
    return MirrorAgent(device=ANA, queues=members, ready=ready)


async def test_an_agent_is_added_then_only_what_changed_is_said() -> None:
    wire = Wire()
    assert await wire.written(mirror((SUPPORT, 2), (SALES, 0), ready=False)) == [
        "QueueAdd cc-support PJSIP/agent-ana agent-ana 2 true",
        "QueueAdd cc-sales PJSIP/agent-ana agent-ana 0 true",
    ]
    assert await wire.written(mirror((SUPPORT, 2), (SALES, 0), ready=False)) == []
    assert await wire.written(mirror((SUPPORT, 2), (SALES, 0))) == [
        "QueuePause cc-support PJSIP/agent-ana false",
        "QueuePause cc-sales PJSIP/agent-ana false",
    ]
    assert await wire.written(mirror((SUPPORT, 1))) == [
        "QueueRemove cc-sales PJSIP/agent-ana",
        "QueueRemove cc-support PJSIP/agent-ana",
        "QueueAdd cc-support PJSIP/agent-ana agent-ana 1 false",
    ]
    assert await wire.written(mirror(ready=False)) == ["QueueRemove cc-support PJSIP/agent-ana"]
    assert await wire.written(mirror(ready=False)) == []


async def test_what_was_refused_is_said_again_with_the_next_change() -> None:
    """Some of it may have been taken: nobody knows in which queues the agent is."""
    wire = Wire()
    await wire.written(mirror((SUPPORT, 2)))
    wire.refuses = "QueueAdd"
    with pytest.raises(ExternalFailure):
        await wire.written(mirror((SUPPORT, 2), (SALES, 0), ready=False))
    wire.refuses = ""
    assert wire.posted == []
    assert await wire.written(mirror((SUPPORT, 2), (SALES, 0), ready=False)) == [
        "QueueAdd cc-support PJSIP/agent-ana agent-ana 2 true",
        "QueueAdd cc-sales PJSIP/agent-ana agent-ana 0 true",
    ]
    assert wire.posted == ["QueueRemove cc-sales PJSIP/agent-ana", "QueueRemove cc-support PJSIP/agent-ana"]
    assert await wire.written(mirror((SUPPORT, 2), (SALES, 0), ready=False)) == []


async def test_what_asterisk_kept_over_our_restart_is_not_said_again() -> None:
    wire = Wire()
    wire.switch.learn_members(
        [
            QueueMember(action_id="1", queue="cc-support", interface="PJSIP/agent-ana", penalty=2, paused=False),
            QueueMember(action_id="1", queue="cc-sales", interface="PJSIP/agent-ana", penalty=0, paused=False),
            QueueMember(action_id="1", queue="cc-support", interface="Local/x@y", penalty=0, paused=False),
        ]
    )
    assert await wire.written(mirror((SUPPORT, 2), ready=False)) == [
        "QueueRemove cc-sales PJSIP/agent-ana",
        "QueuePause cc-support PJSIP/agent-ana true",
    ]
