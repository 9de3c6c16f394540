"""Jobs and replies as lines."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.tts.protocol import MAX_LINE, Job, ProtocolError, Reply, decode_job, decode_reply, encode_job, encode_reply

KEY = "0123456789abcdef0123456789abcdef01234567"


@given(st.text(max_size=2_000))
def test_a_job_survives_the_way_whatever_its_text(text: str) -> None:
    job = Job(text=text, voice="en-us", rate=150, key=KEY)
    line = encode_job(job)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert len(line) < MAX_LINE
    assert decode_job(line) == job


@pytest.mark.parametrize("reply", [Reply(seconds=1.5), Reply(error="no such voice")])
def test_a_reply_survives_the_way(reply: Reply) -> None:
    assert decode_reply(encode_reply(reply)) == reply


@pytest.mark.parametrize(
    "change",
    [{"key": "../../etc/passwd"}, {"key": KEY + "a"}, {"rate": 10_000}, {"rate": "150"}, {"text": None}, {"voice": 1}],
)
def test_a_job_that_could_do_harm_is_refused(change: dict[str, object]) -> None:
    job = {"text": "hello", "voice": "en-us", "rate": 150, "key": KEY} | change
    with pytest.raises(ProtocolError):
        decode_job(json.dumps(job).encode())


@given(st.binary(max_size=100))
def test_garbage_is_refused(line: bytes) -> None:
    for decode in (decode_job, decode_reply):
        with pytest.raises(ProtocolError):
            decode(line)


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(ProtocolError):
        decode_job(b"[" * 30_000)


def test_what_is_spoken_shows_in_no_trace() -> None:
    assert "4711" not in repr(Job(text="4711", voice="en-us", rate=150, key=KEY))
