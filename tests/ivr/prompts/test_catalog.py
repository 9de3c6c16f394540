"""Recordings, keys and lengths."""

from hypothesis import given
from hypothesis import strategies as st

from ivr.prompts.catalog import Catalog, Recording, longest_speech, speech_key
from ivr.prompts.prompt import Utterance

WELCOME = Utterance(text="Welcome.", language="en")


def test_a_recording_replaces_exactly_its_text_in_its_language() -> None:
    catalog = Catalog(recordings={WELCOME: Recording(file="welcome", seconds=1.5)})
    assert catalog.recording(WELCOME) == Recording(file="welcome", seconds=1.5)
    assert catalog.longest_seconds(WELCOME) == 1.5
    assert catalog.recording(Utterance(text="Welcome.", language="cmn")) is None
    assert catalog.longest_seconds(Utterance(text="Bye.", language="en")) == longest_speech("Bye.")


@given(st.tuples(st.text(), st.text()), st.tuples(st.text(), st.text()))
def test_different_speech_has_different_keys(one: tuple[str, str], other: tuple[str, str]) -> None:
    keys = [speech_key(engine="espeak", voice=voice, rate=150, text=text) for voice, text in (one, other)]
    assert (keys[0] == keys[1]) == (one == other)


def test_a_key_is_a_plain_file_name_and_does_not_change_between_versions() -> None:
    key = speech_key(engine="espeak", voice="en-us", rate=155, text="../../etc/passwd\x00")
    assert key == speech_key(engine="espeak", voice="en-us", rate=155, text="../../etc/passwd\x00")
    assert len(key) == 40
    assert set(key) <= set("0123456789abcdef")
