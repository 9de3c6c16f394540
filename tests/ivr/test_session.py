"""One call between interpreter and ports, under virtual time."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import pytest

from ivr import events
from ivr.errors import ActFailed, LookupUnavailable
from ivr.events import Opening
from ivr.fields import Fields
from ivr.flow.flow import Flow
from ivr.ports import ActOutcome, HostSystems, SpeechRecognizer, SpeechSynthesizer
from ivr.session import CallerLeft, Enqueued, HungUp, IvrSession, SessionFailed, SessionOutcome, WaitsOn
from tests.fakes.calendars import FakeCalendars
from tests.fakes.call_control import FakeCallControl
from tests.fakes.host_systems import FakeHostSystems
from tests.fakes.speech import FakeSpeechSynthesizer
from tests.ivr import virtual_time
from tests.ivr.flows import HEAD, TREATMENT_HEAD, shipped_flow, small_flow

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
        calendars: FakeCalendars | None = None,
        recognizer: SpeechRecognizer | None = None,
    ) -> None:
        self.control = control or FakeCallControl()
        self.session = IvrSession(
            flow=flow,
            started=events.Started(call="c1", fields={"caller_number": "555"}, listens=recognizer is not None),
            control=self.control,
            hosts=hosts or FakeHostSystems(),
            calendars=calendars or FakeCalendars(),
            recognizer=recognizer,
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


# --- host systems, calendars, ears --------------------------------------------------------------------------------

PAY = """
begin:
  type: act
  host: bank
  name: pay
  answers: [receipt]
  timeout: 4
  done: paid
  refused: refused
  failed: failed
  late: late
paid: { type: enqueue, queue: sales, attributes: [receipt] }
refused: { type: enqueue, queue: billing }
failed: { type: enqueue, queue: technical }
late: { type: enqueue, queue: general }
"""


@pytest.mark.parametrize(
    ("acts", "seconds", "queue"),
    [
        ({"pay": ActOutcome(done=True, fields={"receipt": "R1"})}, 1.0, "sales"),
        ({"pay": ActOutcome(done=False)}, 1.0, "billing"),
        ({"pay": ActFailed("refused connection", retryable=True, unknown=False)}, 1.0, "technical"),
        ({"pay": ActFailed("500", retryable=True, unknown=True)}, 1.0, "general"),
        ({"pay": ActOutcome(done=True)}, 60.0, "general"),
        ({}, 0.0, "technical"),
    ],
)
def test_an_act_leads_where_its_outcome_says(
    acts: dict[str, ActOutcome | ActFailed], seconds: float, queue: str
) -> None:
    outcome = Line(small_flow(PAY), hosts=FakeHostSystems(acts=acts, seconds=seconds)).run()
    assert isinstance(outcome, Enqueued)
    assert outcome.queue == queue


def test_an_act_is_not_cancelled_when_the_caller_hangs_up() -> None:
    """It is seen to its end, and what became of it is kept."""

    class Slow(FakeHostSystems):
        finished = False

        async def act(self, host: str, name: str, arguments: Fields, *, key: str) -> ActOutcome:
            outcome = await super().act(host, name, arguments, key=key)
            self.finished = True
            return outcome

    async def caller(line: Line) -> None:
        await asyncio.sleep(1)
        line.session.put(events.CallerGone(hung_up=True))

    hosts = Slow(acts={"pay": ActOutcome(done=True, fields={"receipt": "R1"})}, seconds=3.0)
    line = Line(small_flow(PAY), hosts=hosts)
    assert isinstance(line.run(caller), CallerLeft)
    assert hosts.finished
    assert ("receipt", "R1", False) in line.control.of("record_answer")
    assert line.control.of("enqueue") == []


def test_an_act_under_way_when_the_call_is_taken_away_is_finished_all_the_same() -> None:
    async def caller(line: Line) -> None:
        await asyncio.sleep(1)
        line.session.put(events.CallerGone())

    hosts = FakeHostSystems(acts={"pay": ActOutcome(done=True)}, seconds=3.0)
    line = Line(small_flow(PAY), hosts=hosts)
    assert isinstance(line.run(caller), CallerLeft)
    assert line.seconds == 3.0
    assert len(hosts.done) == 1


@pytest.mark.parametrize(
    ("pin", "seconds", "queue", "after"),
    [
        ("4711", 0.1, "sales", 2.0),
        ("0000", 0.1, "billing", 2.0),
        ("4711", 2.5, "sales", 4.0),
        ("4711", 60, "general", 6.0),
    ],
)
def test_a_pin_goes_to_the_host_alone_and_its_verdict_is_told_in_time(
    pin: str, seconds: float, queue: str, after: float
) -> None:
    flow = small_flow(
        """
        begin:
          type: authenticate
          host: bank
          name: pin
          arguments: { account: { expression: caller_number } }
          prompt: { en: Your PIN. }
          meanwhile: { en: One moment. }
          timeout: 5
          attempts: 1
          next: in_
          no_input: { then: person }
          refused: { then: out }
        in_: { type: enqueue, queue: sales }
        out: { type: enqueue, queue: billing }
        """
    )

    async def caller(line: Line) -> None:
        line.press(pin)

    line = Line(flow, hosts=FakeHostSystems(pins={"555": "4711"}, seconds=seconds))
    outcome = line.run(caller)
    assert isinstance(outcome, Enqueued)
    assert outcome.queue == queue
    assert line.seconds == pytest.approx(max(after, min(seconds, 5)), abs=0.01)
    assert all(pin not in map(str, order) for order in line.control.orders)


@pytest.mark.parametrize(("opening", "queue"), [(Opening.OPEN, "sales"), (Opening.CLOSED, "billing"), (None, "sales")])
def test_a_calendar_is_read_at_once(opening: Opening | None, queue: str) -> None:
    flow = small_flow(
        """
        begin: { type: hours, calendar: office, open: there, closed: away }
        there: { type: enqueue, queue: sales }
        away: { type: enqueue, queue: billing }
        """
    )
    outcome = Line(flow, calendars=FakeCalendars({"office": opening} if opening else {})).run()
    assert isinstance(outcome, Enqueued)
    assert outcome.queue == queue


ASK = """
begin:
  type: ask
  prompt: { en: Press 1. }
  spoken_prompt: { en: Say sales. }
  answers: { sales: { keys: ["1"], phrases: { en: [sales] }, next: sales } }
  attempts: 1
  no_input: { then: person }
  no_match: { then: person }
sales: { type: enqueue, queue: sales }
"""


class FakeEars:
    """Hears what it is told to hear, a second after it begins to listen."""

    def __init__(self, answer: str | None) -> None:
        self.answer = answer
        self.listened: list[tuple[str, ...]] = []
        self.stopped: list[int] = []
        self.tell: Callable[[events.Event], None] = lambda _event: None

    def listen(self, step: int, phrases: Mapping[str, tuple[str, ...]], language: str, timeout: float) -> None:
        self.listened.append((language, *phrases))
        asyncio.get_running_loop().call_later(
            1, lambda: self.tell(events.Heard(step=step, answer=self.answer, confidence=0.9))
        )

    def stop(self, step: int) -> None:
        self.stopped.append(step)


def test_ears_hear_an_answer() -> None:
    ears = FakeEars("sales")
    line = Line(small_flow(ASK), recognizer=ears)
    ears.tell = line.session.put
    outcome = line.run()
    assert isinstance(outcome, Enqueued)
    assert outcome.queue == "sales"
    assert ears.listened == [("en", "sales")]


def test_ears_are_closed_when_a_key_is_pressed() -> None:
    async def caller(line: Line) -> None:
        await asyncio.sleep(0.1)
        line.press("1")

    ears = FakeEars(None)
    line = Line(small_flow(ASK), recognizer=ears)
    ears.tell = line.session.put
    outcome = line.run(caller)
    assert isinstance(outcome, Enqueued)
    assert outcome.queue == "sales"
    assert len(ears.stopped) == 1


# --- voicemail, callbacks, transfers, treatments ------------------------------------------------------------------


def test_a_message_is_recorded_and_kept() -> None:
    flow = small_flow(
        "begin: { type: voicemail, mailbox: sales, greeting: { en: Speak. }, next: end }\nend: { type: hang_up }\n"
    )

    async def caller(line: Line) -> None:
        await asyncio.sleep(5)
        line.press("#")

    line = Line(flow)
    assert isinstance(line.run(caller), HungUp)
    assert [order[0] for order in line.control.orders if "recording" in str(order[0]) or order[0] == "record"] == [
        "record", "stop_recording", "keep_recording",
    ]  # fmt: skip


def test_a_transfer_that_fails_goes_on_and_a_callback_is_noted() -> None:
    line = Line(
        small_flow("begin: { type: transfer, number: branch, busy: sales }\nsales: { type: enqueue, queue: sales }\n")
    )
    outcome = line.run()
    assert isinstance(outcome, Enqueued)
    assert outcome.queue == "sales"
    assert line.control.of("transfer") == [("number", "branch")]
    flow = small_flow(
        "begin: { type: callback, number: { expression: caller_number }, queue: sales, taken: end, refused: person }\n"
        "end: { type: hang_up }\n"
    )
    line = Line(flow)
    assert isinstance(line.run(), HungUp)
    assert line.control.of("request_callback") == [("555", "sales")]


def test_a_treatment_plays_music_and_ends_in_waiting() -> None:
    flow = small_flow("begin: { type: wait, seconds: 20, next: end }\nend: { type: return }\n", head=TREATMENT_HEAD)
    line = Line(flow)
    assert isinstance(line.run(), WaitsOn)
    assert line.seconds == 20
    assert line.control.of("play_music") == [(20,)]
    assert line.control.orders[-1] == ("go_on_waiting",)
    assert line.control.of("leave_node") == [("begin", "next", False), ("end", "done", False)]
