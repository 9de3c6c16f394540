"""What a page asks for goes to the CTI server whole, and in nobody's name but that of who is signed in."""

from __future__ import annotations

from typing import get_args

import pytest

from agent_desktop.live import frames
from agent_desktop.web.commands import REQUESTS, Forwarded, to_request, to_supervisors_request
from callcenter.api import calls, messages
from tests.support import floor_samples as samples

FIELDS: dict[str, object] = {
    "interaction": samples.uuid(1),
    "state": "not_ready",
    "reason": "lunch",
    "note": "spoke with 林",
    "disposition": "solved",
    "target": {"kind": "number", "number": "+1 202 555 0123"},
    "party": "1767603600.17",
    "digits": "12#",
    "about": samples.uuid(2),
    "text": "bill",
    "limit": 5,
    "jitter_ms": 3.5,
    "lost_share": 0.01,
    "round_trip_ms": 40.0,
    "mos": 4.2,
    "worst_mos": 3.9,
    "cause": "wifi",
}


@pytest.mark.parametrize("kind", get_args(Forwarded))
def test_every_field_of_a_command_reaches_the_request(kind: type[frames.HoldCommand]) -> None:
    command = kind.model_validate({name: FIELDS[name] for name in kind.model_fields if name != "type"})
    request = to_request(command, "anna")
    asked, given = command.model_dump(exclude={"type"}), request.model_dump(exclude={"type"})
    assert given == {**asked, "agent": "anna"}
    assert type(request) is REQUESTS[kind]


def test_a_supervisors_request_bears_his_name() -> None:
    forced = frames.ForceStateCommand(agent="anna", state=messages.AgentStateName.NULL)
    assert to_supervisors_request(forced, "sue") == messages.ForceState(
        by="sue", agent="anna", state=messages.AgentStateName.NULL
    )
    cleared = frames.ClearContactCommand(agent="anna", interaction=samples.uuid(1))
    assert to_supervisors_request(cleared, "sue") == messages.ClearContact(
        by="sue", agent="anna", interaction=samples.uuid(1)
    )


def test_a_promise_is_dropped_in_the_name_of_who_asks() -> None:
    dropped = frames.DropPromiseCommand(interaction=samples.uuid(1))
    assert to_supervisors_request(dropped, "adam") == messages.DropPromise(by="adam", interaction=samples.uuid(1))


def test_each_request_about_calls_has_its_command() -> None:
    assert {*get_args(calls.CallRequest)} <= {*REQUESTS.values()}
