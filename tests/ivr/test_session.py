"""One call between interpreter and ports, under virtual time."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from ivr import events
from ivr.errors import LookupUnavailable
from ivr.fields import Fields
from ivr.flow.flow import Flow
from ivr.ports import HostSystems, SpeechSynthesizer
from ivr.session import CallerLeft, Enqueued, HungUp, IvrSession, SessionFailed, SessionOutcome
from tests.fakes.calendars import FakeCalendars
from tests.fakes.call_control import FakeCallControl
from tests.fakes.host_systems import FakeHostSystems
from tests.fakes.speech import FakeSpeechSynthesizer
from tests.ivr import virtual_time
from tests.ivr.flows import HEAD, shipped_flow, small_flow

SUPPORT = shipped_flow("support")
LEE: Fields = {"customer": "c-7", "name": "Lee", "account": "123456", "tier": "vip"}
HELLO = small_flow("begin: { type: play, prompt: { en: Hello. }, next: person }")


class Line:
    """A session over fakes, with what its caller does as a coroutine beside it."""

    def __init__(
        self,
        flow: Flow,
        *,
        control: FakeCallControl | None = None,
        hosts: HostSystems | None = None,
        synthesizer: SpeechSynthesizer | None = None,
    ) -> None:
        self.control = control or FakeCallControl()
        self.session = IvrSession(
            flow=flow,
            started=events.Started(call="c1", fields={"caller_number": "555"}),
            control=self.control,
            hosts=hosts or FakeHostSystems(),
            calendars=FakeCalendars(),
            synthesizer=synthesizer or FakeSpeechSynthesizer(),
            recordings="/recordings",
        )
        self.control.tell = self.session.put
        self.seconds = 0.0

    def run(self, caller: Callable[["Line"], Awaitable[None]] | None = None) -> SessionOutcome:
        async def both() -> SessionOutcome:
            loop = asyncio.get_running_loop()
            begin = loop.time()
            async with asyncio.TaskGroup() as group:
                running = group.create_task(self.session.run())
                if caller is not None:
                    await caller(self)
            self.seconds = loop.time() - begin
            return running.result()

        return virtual_time.run(both())

    def press(self, keys: str) -> None:
        for key in keys:
            self.session.put(events.DigitPressed(digit=key))


def test_a_call_goes_through_the_support_line() -> None:
    async def caller(line: Line) -> None:
        await asyncio.sleep(2.5)  # in the second prompt
        line.press("123456#")
        await asyncio.sleep(0.5)
        line.press("1")

    lookups = FakeHostSystems({"customer_by_number": {}, "customer_by_account": LEE}, seconds=0.1)
    line = Line(SUPPORT, hosts=lookups)
    outcome = line.run(caller)
    assert isinstance(outcome, Enqueued)
    assert outcome.queue == "billing"
    assert outcome.attributes["tier"] == "vip"
    assert line.control.orders[-1] == ("enqueue", "billing", dict(outcome.attributes))
    assert lookups.asked == [("customer_by_number", {"number": "555"}), ("customer_by_account", {"account": "123456"})]
    assert ("account_number", "123456", False) in line.control.of("record_answer")
    assert line.control.of("enter_node")[0][0] == "greeting"
    played = [files for _, *files in line.control.of("play")]
    assert played[:2] == [["/speech/en/Welcome to customer support."], ["/speech/cmn/中文服务请按星号键。"]]


def test_a_key_stops_what_is_heard_at_once() -> None:
    async def caller(line: Line) -> None:
        await asyncio.sleep(0.5)
        line.press("1")
        await asyncio.sleep(0)
        assert line.control.orders[-1] == ("enqueue", "general", {"caller_number": "555"})

    line = Line(HELLO)
    assert isinstance(line.run(caller), Enqueued)
    assert line.control.of("stop") == [(1,)]


def test_a_key_while_the_prompt_is_still_being_made_cancels_it() -> None:
    async def caller(line: Line) -> None:
        await asyncio.sleep(0.5)
        line.press("1")

    line = Line(HELLO, synthesizer=FakeSpeechSynthesizer(seconds=2))
    assert isinstance(line.run(caller), Enqueued)
    assert line.seconds == pytest.approx(0.5)
    assert line.control.of("play") == []
    assert line.control.of("stop") == []


def test_a_recording_is_played_in_place_of_its_text() -> None:
    head = HEAD.replace("start:", "recordings: [{language: en, text: Hello., file: people/hello, seconds: 1}]\nstart:")
    line = Line(small_flow("begin: { type: play, prompt: { en: Hello. }, next: person }\n", head=head))
    line.run()
    assert line.control.of("play") == [(1, "/recordings/people/hello")]


@pytest.mark.parametrize(
    "synthesizer", [FakeSpeechSynthesizer(seconds=60), FakeSpeechSynthesizer(broken={"Hello.": "no voice"})]
)
def test_a_prompt_that_cannot_be_made_in_time_is_passed_over(synthesizer: FakeSpeechSynthesizer) -> None:
    line = Line(HELLO, synthesizer=synthesizer)
    assert isinstance(line.run(), Enqueued)
    assert line.seconds <= 3
    assert line.control.of("play") == []


def test_a_prompt_that_the_switch_does_not_find_is_passed_over() -> None:
    line = Line(HELLO, control=FakeCallControl(missing=["/speech/en/Hello."]))
    assert isinstance(line.run(), Enqueued)


def test_a_prompt_without_words_is_over_at_once() -> None:
    line = Line(small_flow('begin: { type: play, prompt: { en: "{language}" }, next: person }'))
    assert isinstance(line.run(), Enqueued)
    assert line.control.of("play") == []


def test_a_data_source_that_never_answers_does_not_keep_the_caller() -> None:
    async def caller(line: Line) -> None:
        line.press("123456#1")

    line = Line(SUPPORT, hosts=FakeHostSystems({"customer_by_account": LEE}, seconds=3_600))
    outcome = line.run(caller)
    assert isinstance(outcome, Enqueued)
    assert outcome.queue == "billing"
    assert line.seconds < 4 + 2  # two lookups of two seconds, and a prompt


def test_a_caller_who_hangs_up_ends_the_session_and_everything_it_began() -> None:
    async def caller(line: Line) -> None:
        line.press("1")
        await asyncio.sleep(1)
        line.session.put(events.CallerGone())
        line.press("1")

    line = Line(SUPPORT, hosts=FakeHostSystems(seconds=3_600))
    assert line.run(caller) == CallerLeft(node="know_number", path=("greeting", "offer_mandarin", "know_number"))
    assert line.seconds == pytest.approx(1)
    line.session.put(events.CallerGone())  # what comes after the end is ignored


def test_a_flow_that_ends_by_itself_clears_the_call() -> None:
    line = Line(small_flow("begin: { type: hang_up, prompt: { en: Bye. }, cause: 16 }\n"))
    assert line.run() == HungUp(node="begin", path=("begin",), cause=16)
    assert line.control.orders[-1] == ("hang_up", 16)


class BrokenLookup(FakeHostSystems):
    """A data source with a bug."""

    async def look_up(self, host: str | None, name: str, arguments: Fields) -> Fields:
        raise KeyError(f"{name} {arguments}")


class BrokenControl(FakeCallControl):
    """A gateway with a bug."""

    def record_answer(self, key: str, value: object, *, sensitive: bool, keyed: bool) -> None:
        raise RuntimeError(f"{key} {value}")


PIN = small_flow(
    """
    begin:
      type: collect
      prompt: { en: Your PIN. }
      store: pin
      max_digits: 4
      sensitive: true
      next: ask
    RETRIES
    ask: { type: lookup, name: who, answers: [tier], found: person }
    """
)


@pytest.mark.parametrize(
    ("control", "hosts", "why"),
    [(None, BrokenLookup(), "KeyError"), (BrokenControl(), FakeHostSystems(), "RuntimeError")],
)
def test_a_bug_anywhere_becomes_an_outcome_without_secrets(
    control: FakeCallControl | None, hosts: HostSystems, why: str
) -> None:
    async def caller(line: Line) -> None:
        line.press("4711")

    outcome = Line(PIN, control=control, hosts=hosts).run(caller)
    assert isinstance(outcome, SessionFailed)
    assert outcome.why == why
    assert outcome.fields == {"caller_number": "555"}


def test_cancelling_a_session_is_no_failure() -> None:
    async def cancel() -> None:
        line = Line(SUPPORT)
        async with asyncio.TaskGroup() as group:
            running = group.create_task(line.session.run())
            await asyncio.sleep(1)
            running.cancel()
        assert running.cancelled()

    virtual_time.run(cancel())


def test_a_source_that_says_it_is_down_leads_on() -> None:
    class Down(FakeHostSystems):
        async def look_up(self, host: str | None, name: str, arguments: Fields) -> Fields:
            raise LookupUnavailable("maintenance", retryable=True)

    flow = small_flow(
        "begin: { type: lookup, name: x, answers: [tier], found: person, failed: sorry }\n"
        "sorry: { type: enqueue, queue: sales }\n"
    )
    outcome = Line(flow, hosts=Down()).run()
    assert isinstance(outcome, Enqueued)
    assert outcome.queue == "sales"
