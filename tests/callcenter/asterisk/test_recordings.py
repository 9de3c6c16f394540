"""Real AMI traffic, recorded: the reader and the translator tell the story that happened, for ever.

How the recordings are made: tests/integration/test_situations.py.
"""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from callcenter.asterisk.messages import AmiEvent, DeviceState, Quarantined
from callcenter.asterisk.reader import MessageReader
from callcenter.asterisk.translator import Translator
from callcenter.domain.events import SwitchEvent
from tests.support.facts import story

RECORDINGS = sorted((Path(__file__).parents[2] / "recordings").glob("*.ami"))


def translate(data: bytes, piece: int) -> tuple[list[SwitchEvent], Translator, MessageReader]:
    reader, translator = MessageReader(), Translator()
    facts: list[SwitchEvent] = []
    for start in range(0, len(data), piece):
        for message in reader.feed(data[start : start + piece]):
            assert not isinstance(message, Quarantined), message
            if isinstance(message, get_args(AmiEvent)) and not (isinstance(message, DeviceState) and message.action_id):
                facts += translator.handle(message, 0.0)
    return facts, translator, reader


def test_there_are_recordings() -> None:
    assert len(RECORDINGS) >= 14


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda path: path.stem)
@pytest.mark.parametrize("piece", [1 << 20, 1449, 1])
def test_recorded_traffic_tells_the_story_that_happened(recording: Path, piece: int) -> None:
    """However the bytes are cut into pieces."""
    facts, translator, reader = translate(recording.read_bytes(), piece)
    assert story(facts) == recording.with_suffix(".facts").read_text(encoding="utf-8").splitlines()
    assert not translator.odd
    assert reader.ignored == 2  # QueueParams, one for each queue; events are sent only if wanted


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda path: path.stem)
def test_nothing_of_a_finished_call_is_kept(recording: Path) -> None:
    _, translator, _ = translate(recording.read_bytes(), 1 << 20)
    assert translator.talks.empty
