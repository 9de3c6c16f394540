"""Identifiers, causes, moments: the small change of the domain."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from callcenter.domain.cause import Cause, from_q850
from callcenter.domain.ids import is_configured_name, is_interaction_id
from callcenter.domain.moment import Moment, milliseconds
from callcenter.server.contact import Contact
from tests.support.floor import Floor

NOON = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize("name", ["a", "agent-ana", "queue_2", "x" * 40])
def test_configured_names(name: str) -> None:
    """What may stand on a channel, in a key, in a file name."""
    assert is_configured_name(name)


@pytest.mark.parametrize(
    "name", ["", "A", "1a", "-a", "x" * 41, "a b", "a\n", "a;b", "a&PJSIP/b", "${X}", "ä", "../a", "a\x00"]
)
def test_what_is_no_configured_name(name: str) -> None:
    """Anything that could mean something elsewhere."""
    assert not is_configured_name(name)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("0192f0c1-5a5e-7000-8000-000000000001", True),
        ("0192F0C1-5A5E-7000-8000-000000000001", False),
        ("0192f0c15a5e70008000000000000001", False),
        ("0192f0c1-5a5e-7000-8000-000000000001\n", False),
        ("", False),
    ],
)
def test_interaction_ids(text: str, is_one: bool) -> None:
    """Canonical UUIDs, and nothing that only looks like one."""
    assert is_interaction_id(text) is is_one


@pytest.mark.parametrize(
    ("q850", "cause"),
    [
        (16, Cause.NORMAL_CLEARING),
        (17, Cause.BUSY),
        (19, Cause.NO_ANSWER),
        (21, Cause.CALL_REJECTED),
        (44, Cause.MEDIA_LOST),
        (999, Cause.UNKNOWN),
        (-1, Cause.UNKNOWN),
    ],
)
def test_causes(q850: int, cause: Cause) -> None:
    """The switch's numbers in the field's words."""
    assert from_q850(q850) is cause


def test_a_moment_translates_between_its_clocks() -> None:
    """Both ways, and back to the start."""
    moment = Moment(monotonic=500.0, utc=NOON)
    assert moment.utc_of(490.0) == NOON - timedelta(seconds=10)
    assert moment.monotonic_of(NOON + timedelta(seconds=2.5)) == 502.5
    assert moment.utc_of(moment.monotonic_of(NOON)) == NOON
    assert milliseconds(NOON + timedelta(microseconds=1_600)) - milliseconds(NOON) == 2


def test_the_place_on_the_channel_follows_from_the_time_and_the_head_start() -> None:
    """Whole seconds of UTC: what a restart finds there gives the same order."""
    floor = Floor()
    contact: Contact = floor.contact(floor.caller_waits())
    assert contact.enqueued_epoch == int(floor.clock.utc().timestamp())
    assert contact.sequence == contact.enqueued_epoch
    contact.head_start = 60
    assert contact.sequence == contact.enqueued_epoch - 60
