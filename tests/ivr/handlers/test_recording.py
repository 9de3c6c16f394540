"""Voicemail: a message is kept however the caller ends it, and never when he wants it gone."""

from ivr import commands, events
from ivr.commands import Command
from tests.ivr.call import Call
from tests.ivr.flows import small_flow

VOICEMAIL = """
begin:
  type: voicemail
  mailbox: sales
  greeting: { en: Leave a message. }
  longest: 60
  silence: 4
  shortest: 2
  REVIEW
  again_at_most: 1
  attributes: [caller_number]
  next: thanks
  empty: nothing
  failed: broken
thanks: { type: hang_up, prompt: { en: Thank you. } }
nothing: { type: enqueue, queue: billing }
broken: { type: enqueue, queue: technical }
"""


def voicemail(*, review: bool = True) -> Call:
    words = 'review: { en: "Press 1 to send, 2 to record again." }' if review else ""
    return Call(small_flow(VOICEMAIL.replace("REVIEW", words)), fields={"caller_number": "5"})


def recorded(call: Call, seconds: float) -> list[Command]:
    return call.tell(events.Recorded(step=call.last(commands.Record).step, seconds=seconds))


def test_greeting_tone_message_review_thanks() -> None:
    call = voicemail()
    assert call.every(commands.Record) == []
    call.finish()
    assert call.last(commands.Record) == commands.Record(
        step=2, mailbox="sales", longest=60, silence=4, end_keys="#", shortest=2
    )
    recorded(call, 12)
    call.press("1")
    assert commands.KeepRecording(step=2, shortest=2, attributes={"caller_number": "5"}) in call.all
    assert call.said == [["Leave a message."], ["Press 1 to send, 2 to record again."], ["Thank you."]]


def test_a_key_skips_the_greeting_and_an_end_key_ends_the_message() -> None:
    call = voicemail(review=False)
    call.press("5")
    assert call.press("1234") == []
    assert call.press("#") == [commands.StopRecording(step=2)]
    recorded(call, 9)
    assert call.exits == ["begin>next"]


def test_a_message_may_be_recorded_anew_a_bounded_number_of_times() -> None:
    call = voicemail()
    call.finish()
    recorded(call, 12)
    assert commands.DropRecording(step=2) in call.press("2")
    recorded(call, 8)
    call.press("2")
    assert len(call.every(commands.Record)) == 2
    call.finish()
    call.expire()
    assert call.last(commands.KeepRecording).step == call.last(commands.Record).step


def test_silence_or_wrong_keys_after_a_message_keep_it() -> None:
    call = voicemail()
    call.finish()
    recorded(call, 12)
    call.press("999")
    assert call.exits == ["begin>next"]
    assert len(call.every(commands.KeepRecording)) == 1


def test_too_short_a_message_is_none() -> None:
    call = voicemail()
    call.finish()
    assert commands.DropRecording(step=2) in recorded(call, 1.5)
    assert call.exits[0] == "begin>empty"


def test_what_cannot_be_recorded_or_greeted_leads_on() -> None:
    call = voicemail()
    call.finish()
    call.tell(events.RecordingFailed(step=2, why="disk full"))
    assert call.exits[0] == "begin>failed"
    call = voicemail()
    call.tell(events.PromptsFailed(step=1, why="no such file"))
    assert call.exits[0] == "begin>failed"


def test_hanging_up_leaves_the_message() -> None:
    call = voicemail()
    call.finish()
    assert call.tell(events.CallerGone(hung_up=True)) == [
        commands.KeepRecording(step=2, shortest=2, attributes={"caller_number": "5"})
    ]
    assert call.exits == ["begin>hang_up"]
    assert call.ended()


def test_hanging_up_in_the_review_leaves_the_message_and_before_the_tone_none() -> None:
    call = voicemail()
    call.finish()
    recorded(call, 12)
    assert len(call.tell(events.CallerGone(hung_up=True))) == 1
    assert voicemail().tell(events.CallerGone(hung_up=True)) == []


def test_a_recording_whose_end_is_not_reported_is_kept() -> None:
    call = voicemail()
    call.finish()
    call.expire()
    assert call.exits == ["begin>next"]
    assert call.last(commands.KeepRecording).shortest == 2
