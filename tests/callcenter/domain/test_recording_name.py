"""A recording's name is made of our own ids, and nothing else passes for one."""

from __future__ import annotations

import pytest

from callcenter.domain.recording_name import is_recording_name, recording_name

INTERACTION = "018f0000-0000-7000-8000-000000000001"


def test_names_differ_by_life_session_and_step() -> None:
    names = {
        recording_name(INTERACTION, epoch=epoch, session=session, step=step)
        for epoch in (1, 2)
        for session in (1, 2)
        for step in (1, 12)
    }
    assert len(names) == 8
    assert all(map(is_recording_name, names))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "../../etc/passwd",
        INTERACTION,
        f"{INTERACTION}-1-1",
        f"{INTERACTION}-1-1-1.wav",
        f"{INTERACTION}-1-1-1\n",
    ],
)
def test_nothing_else_is_one(text: str) -> None:
    assert not is_recording_name(text)
