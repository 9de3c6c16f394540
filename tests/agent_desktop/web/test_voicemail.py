"""Messages that callers have left: listed, listened to, seen to."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from callcenter.api.voicemail import Voicemail
from tests.support.desktop_server import DesktopServer

LEFT = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def message(number: int) -> Voicemail:
    return Voicemail(
        voicemail=number,
        interaction="018f0000-0000-7000-8000-000000000001",
        mailbox="support",
        left_at=LEFT,
        seconds=12.3,
        number="+4930123456",
        customer=None,
        handled_at=None,
        handled_by=None,
    )


async def test_messages_are_listed_with_milliseconds(server: DesktopServer) -> None:
    server.voicemails.left.append(message(7))
    sue = await server.signed_in("sue")
    (line,) = (await sue.request("GET", "/api/v1/voicemails")).json["items"]
    assert (line["voicemail"], line["mailbox"], line["number"]) == (7, "support", "+4930123456")
    assert line["left_at"] == LEFT.timestamp() * 1000
    assert line["handled_at"] is None


async def test_the_sound_is_given_as_it_is_and_not_kept_by_browsers(server: DesktopServer, tmp_path: Path) -> None:
    sound = tmp_path / "7.wav"
    sound.write_bytes(b"RIFF of a kind")
    server.voicemails.left.append(message(7))
    server.voicemails.files[7] = sound
    anna = await server.signed_in("anna")
    answer = await anna.request("GET", "/api/v1/voicemails/7/audio")
    assert (answer.status, answer.headers["Content-Type"], answer.headers["Cache-Control"]) == (
        200,
        "audio/wav",
        "no-store",
    )
    assert answer.text == "RIFF of a kind"


async def test_who_has_seen_to_a_message_first_stays(server: DesktopServer) -> None:
    server.voicemails.left.append(message(7))
    for name in ("sue", "anna"):
        person = await server.signed_in(name)
        assert (await person.request("POST", "/api/v1/voicemails/7/handled")).status == 204
    assert server.voicemails.left[0].handled_by == "sue"


@pytest.mark.parametrize("path", ["8/audio", "0/audio", "x/audio", "..%2f..%2fetc/audio", "9999999999999999/audio"])
async def test_what_is_no_message_is_not_found(server: DesktopServer, path: str) -> None:
    sue = await server.signed_in("sue")
    assert (await sue.request("GET", f"/api/v1/voicemails/{path}")).status == 404
