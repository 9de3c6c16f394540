"""The note that writes itself: what happened in an interaction, as one sentence in each language. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from callcenter.api.calls import CallDirection
from callcenter.api.card import Medium
from callcenter.api.shapes import Words
from callcenter.domain.segments import Segment, SegmentKind
from callcenter.domain.story import Answer, Story

MOST_ANSWERS = 4
LONGEST_ANSWER = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What people read for the names in a story: queues and agents. A name that is missing stands for itself."""

    queues: Mapping[str, Words] = field(default_factory=dict)
    agents: Mapping[str, str] = field(default_factory=dict)

    def queue(self, name: str | None) -> Words:
        """Return how a queue is called."""
        return self.queues.get(name or "") or Words(en=name or "the queue", zh=name or "队列")

    def agent(self, name: str | None) -> str:
        """Return how an agent is called."""
        return self.agents.get(name or "", name or "?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """What a sentence is made of. The story may be empty: then the sums have to do."""

    medium: Medium
    direction: CallDirection
    outcome: str
    queue: str | None
    agent: str | None
    waited_s: float | None
    talked_s: float | None
    subject: str
    story: Story


def narrate(happened: Happening, names: Names) -> Words:
    """Return the sentence: "Waited 0:42 in Billing, talked 3:10 with Ana Torres, account 1234 keyed."."""
    parts = list(_parts(happened, names))
    if not parts:
        parts = [Words(en="nothing else is known", zh="没有更多信息")]
    english = ", ".join(part.en for part in parts)
    return Words(en=f"{english[0].upper()}{english[1:]}.", zh="，".join(part.zh for part in parts) + "。")


def _parts(happened: Happening, names: Names) -> Iterator[Words]:
    if happened.medium is not Medium.CALL:
        yield from _message(happened, names)
        return
    if happened.direction is CallDirection.OUT:
        yield Words(en="called by us", zh="呼出")
    answered = [answer for answer in happened.story.answers if answer.keyed]
    yield from _waits(happened, names)
    yield from _callbacks(happened.story, names)
    yield from _unanswered(happened.story, names)
    yield from _talks(happened, names)
    music = (SegmentKind.HOLD, SegmentKind.CONSULT)
    held = sum(s.seconds for s in happened.story.segments if s.kind in music and not s.beside)
    if held >= 1:
        yield Words(en=f"on hold {clock(held)}", zh=f"保持{clock(held)}")
    yield from map(_answer, answered[:MOST_ANSWERS])
    if happened.outcome == "left_in_ivr":
        yield _left(happened.story)
    elif happened.outcome == "failed":
        yield Words(en="cut off by a failure", zh="因故障中断")


def _waits(happened: Happening, names: Names) -> Iterator[Words]:
    waits = [
        s for s in happened.story.segments if s.kind is SegmentKind.QUEUE and (s.ended != "callback" or s.seconds >= 1)
    ]
    if not waits and happened.waited_s is not None:
        waits = [Segment(kind=SegmentKind.QUEUE, after=0.0, seconds=happened.waited_s, queue=happened.queue)]
    gone = happened.outcome == "abandoned"
    for place, wait in enumerate(waits):
        queue, time = names.queue(wait.queue), clock(wait.seconds)
        if gone and place == len(waits) - 1:
            yield Words(en=f"gave up after {time} in {queue.en}", zh=f"在{queue.zh}等待{time}后放弃")
        else:
            yield Words(en=f"waited {time} in {queue.en}", zh=f"在{queue.zh}等待{time}")


def _callbacks(story: Story, names: Names) -> Iterator[Words]:
    for segment in story.segments:
        if segment.kind is not SegmentKind.CALLBACK:
            continue
        time = clock(segment.seconds)
        if segment.ended == "reached":
            yield Words(en=f"called back after {time}", zh=f"{time}后回电")
        elif segment.ended == "expired":
            yield Words(en="promised a call that was not made in time", zh="已承诺回电，未能按时拨打")
        elif segment.ended == "asked again":
            yield Words(en="promised a call, then called again", zh="已承诺回电，客户再次来电")
        elif segment.ended == "withdrawn":
            name = names.agent(segment.by)
            yield Words(en=f"promised a call, given up by {name}", zh=f"已承诺回电，由{name}放弃")
        else:
            yield Words(en="promised a call, not reached", zh="已承诺回电，未接通")


def _unanswered(story: Story, names: Names) -> Iterator[Words]:
    for segment in story.segments:
        if segment.kind is SegmentKind.ALERTING and segment.ended in ("unanswered", "refused"):
            name = names.agent(segment.agent)
            yield Words(en=f"not answered by {name}", zh=f"{name}未接听")


def _talks(happened: Happening, names: Names) -> Iterator[Words]:
    talks: dict[str | None, float] = {}  # one agent's pieces, between which the customer was on hold, are one talk
    for segment in happened.story.segments:
        if segment.kind in (SegmentKind.TALK, SegmentKind.CONFERENCE) and not segment.beside:
            talks[segment.agent] = talks.get(segment.agent, 0.0) + segment.seconds
    if not talks and happened.talked_s is not None:
        talks[happened.agent] = happened.talked_s
    for agent, seconds in talks.items():
        name, time = names.agent(agent), clock(seconds)
        yield Words(en=f"talked {time} with {name}", zh=f"与{name}通话{time}")


_KNOWN_ANSWERS = {
    "account": Words(en="account {} keyed", zh="输入账号{}"),
    "order": Words(en="order {} keyed", zh="输入订单号{}"),
    "invoice": Words(en="invoice {} keyed", zh="输入账单号{}"),
    "language": Words(en="language {} chosen", zh="选择语言{}"),
    "topic": Words(en="asked for {}", zh="咨询{}"),
}


def _answer(answer: Answer) -> Words:
    value = str(answer.value)[:LONGEST_ANSWER]
    known = _KNOWN_ANSWERS.get(answer.key)
    if known is None:
        return Words(en=f"{answer.key}: {value}", zh=f"{answer.key}：{value}")
    return Words(en=known.en.format(value), zh=known.zh.format(value))


def _left(story: Story) -> Words:
    if not story.path:
        return Words(en="hung up in the menu", zh="在语音菜单中挂断")
    node = story.path[-1].node
    return Words(en=f"hung up in the menu at {node}", zh=f"在语音菜单（{node}）中挂断")


def _message(happened: Happening, names: Names) -> Iterator[Words]:
    incoming = happened.direction is CallDirection.IN
    what = {
        (Medium.MAIL, True): Words(en="mail", zh="来信"),
        (Medium.MAIL, False): Words(en="mail sent", zh="已发邮件"),
        (Medium.CHAT, True): Words(en="chat", zh="在线会话"),
        (Medium.CHAT, False): Words(en="chat begun by us", zh="主动会话"),
    }[happened.medium, incoming]
    subject = f": {happened.subject}" if happened.subject else ""
    yield Words(en=f"{what.en}{subject}", zh=f"{what.zh}{subject.replace(': ', '：')}")
    if happened.agent:
        name = names.agent(happened.agent)
        yield Words(en=f"handled by {name}", zh=f"由{name}处理")


def clock(seconds: float) -> str:
    """Return a duration as ``m:ss``, or ``h:mm:ss`` from an hour on."""
    whole = round(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"
