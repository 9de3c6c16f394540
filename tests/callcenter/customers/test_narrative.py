"""The note that writes itself says what happened, in both languages."""

from __future__ import annotations

from dataclasses import replace

import pytest

from callcenter.api.calls import CallDirection
from callcenter.api.card import Medium
from callcenter.api.shapes import Words
from callcenter.customers.narrative import Happening, Names, clock, narrate
from callcenter.domain.interaction import EventKind as Kind
from callcenter.domain.story import Story, tell
from tests.support.interactions import Story as Events

NAMES = Names(queues={"billing": Words(en="Billing", zh="账单")}, agents={"ana": "Ana Torres", "bo": "林波"})
NOTHING = Happening(
    medium=Medium.CALL,
    direction=CallDirection.IN,
    outcome="handled",
    queue=None,
    agent=None,
    waited_s=None,
    talked_s=None,
    subject="",
    story=Story(),
)


def happened(outcome: str, events: Events) -> Happening:
    return replace(NOTHING, outcome=outcome, story=tell(events.events))


def test_waited_talked_keyed() -> None:
    events = Events()
    events.tell(Kind.STARTED)
    events.tell(Kind.ANSWER_GIVEN, 3, key="account", value="1234", keyed=True)
    events.tell(Kind.ANSWER_GIVEN, 3, key="tier", value="vip", keyed=False)  # found out, not keyed
    events.tell(Kind.QUEUED, 4, queue="billing")
    events.tell(Kind.ANSWERED, 46, agent="ana")
    events.tell(Kind.TALK_ENDED, 236, agent="ana", ended_by="caller")
    said = narrate(happened("handled", events), NAMES)
    assert said.en == "Waited 0:42 in Billing, talked 3:10 with Ana Torres, account 1234 keyed."
    assert said.zh == "在账单等待0:42，与Ana Torres通话3:10，输入账号1234。"


def test_transferred_to_a_second_agent() -> None:
    events = Events()
    events.tell(Kind.ANSWERED, 0, agent="ana")
    events.tell(Kind.TALK_ENDED, 60, agent="ana", ended_by="agent")
    events.tell(Kind.ANSWERED, 70, agent="bo")
    events.tell(Kind.ENDED, 3730, outcome="handled")
    said = narrate(happened("handled", events), NAMES)
    assert said.en == "Talked 1:00 with Ana Torres, talked 1:01:00 with 林波."


def test_gave_up_after_nobody_answered() -> None:
    events = Events()
    events.tell(Kind.QUEUED, 0, queue="billing")
    events.tell(Kind.RANG, 10, agent="bo")
    events.tell(Kind.OFFER_ENDED, 25, agent="bo", outcome="unanswered")
    events.tell(Kind.ENDED, 80, outcome="abandoned")
    said = narrate(happened("abandoned", events), NAMES)
    assert said.en == "Gave up after 1:20 in Billing, not answered by 林波."
    assert said.zh == "在账单等待1:20后放弃，林波未接听。"


def test_left_in_the_menu() -> None:
    events = Events()
    events.tell(Kind.NODE_ENTERED, 0, node="welcome")
    events.tell(Kind.NODE_ENTERED, 5, node="reason")
    assert narrate(happened("left_in_ivr", events), NAMES).en == "Hung up in the menu at reason."
    assert narrate(replace(NOTHING, outcome="left_in_ivr"), NAMES).en == "Hung up in the menu."


def test_older_interactions_have_only_their_sums() -> None:
    known = replace(NOTHING, queue="billing", agent="ana", waited_s=12.4, talked_s=60.0)
    assert narrate(known, NAMES).en == "Waited 0:12 in Billing, talked 1:00 with Ana Torres."


def test_names_that_are_gone_stand_for_themselves() -> None:
    known = replace(NOTHING, queue="old_queue", agent="left", waited_s=1.0, talked_s=2.0)
    assert narrate(known, Names()).en == "Waited 0:01 in old_queue, talked 0:02 with left."


def test_a_mail() -> None:
    mail = replace(NOTHING, medium=Medium.MAIL, subject="发票", agent="ana")
    assert narrate(mail, NAMES) == Words(en="Mail: 发票, handled by Ana Torres.", zh="来信：发票，由Ana Torres处理。")
    assert narrate(replace(mail, direction=CallDirection.OUT), NAMES).en.startswith("Mail sent")


def test_a_call_of_ours_and_nothing_known() -> None:
    assert narrate(replace(NOTHING, direction=CallDirection.OUT), NAMES).en == "Called by us."
    assert narrate(NOTHING, NAMES).en == "Nothing else is known."


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (59.6, "1:00"), (3599, "59:59"), (3600, "1:00:00")])
def test_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text


@pytest.mark.parametrize(
    ("end", "english", "chinese"),
    [
        ((Kind.CALLBACK_REACHED, {"queue": "billing"}), "called back after 10:00", "10:00后回电"),
        ((Kind.CALLBACK_DROPPED, {"why": "not reached"}), "promised a call, not reached", "已承诺回电，未接通"),
        (
            (Kind.CALLBACK_DROPPED, {"why": "expired"}),
            "promised a call that was not made in time",
            "已承诺回电，未能按时拨打",
        ),
        (
            (Kind.CALLBACK_DROPPED, {"why": "withdrawn", "by": "sue"}),
            "promised a call, given up by sue",
            "已承诺回电，由sue放弃",
        ),
    ],
)
def test_a_promise_to_call_back_and_what_became_of_it(
    end: tuple[Kind, dict[str, str]], english: str, chinese: str
) -> None:
    events = Events()
    events.tell(Kind.STARTED)
    events.tell(Kind.QUEUED, 5, queue="billing")
    events.tell(Kind.CALLBACK_WAITS, 5, queue="billing")
    events.tell(end[0], 605, **end[1])
    events.tell(Kind.ENDED, 605, outcome="not_reached")
    said = narrate(replace(NOTHING, outcome="not_reached", story=tell(events.events)), NAMES)
    assert english in said.en[0].lower() + said.en[1:]
    assert chinese in said.zh
