"""Why a caller waits, and why an agent was chosen: the engine's own account in sentences, in both languages. Pure.

What the engine knows is exact and in codes; here it gets the names that people use. The account of an offer is kept
with the event that tells of it (`trace_fields`), so that it can be read for as long as the interaction is remembered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import assert_never

from acd.decision import Explanation, NextChange, Situation
from acd.model import AllOf, AnyOf, DecisionTrace, Exclusion, Occasion, Requirement, Score, SkillRequirement, Without
from callcenter.api import routing as messages
from callcenter.api.shapes import Words
from callcenter.domain.catalogue import Catalogue, Label
from callcenter.domain.interaction import FieldValue

Names = Mapping[str, str]
"""What people call agents and callers, by their ids."""

# -- keeping an account --------------------------------------------------------------------------------------------


def trace_fields(trace: DecisionTrace) -> dict[str, FieldValue]:
    """Return a decision as fields of an event: compact, and readable as it stands."""
    return {
        "rule": trace.rule,
        "occasion": trace.occasion.value,
        "step": trace.step,
        "waited": round(trace.waited, 1),
        "eligible": trace.eligible,
        "excluded": ",".join(f"{reason.value}:{count}" for reason, count in trace.excluded),
        "candidates": ",".join(f"{who}:{_score(score)}" for who, score in trace.compared),
    }


def _score(score: Score) -> str:
    parts = score if isinstance(score, tuple) else (score,)
    return "/".join(f"{part:.1f}" for part in parts)


# -- why a caller waits --------------------------------------------------------------------------------------------


def waiting(
    found: Explanation, catalogue: Catalogue, names: Names, preferred_by: str | None = None
) -> messages.RoutingAccount:
    """Say why a caller still waits, and what will change it; `preferred_by` says who wants one agent for him."""
    lines = [_who_suffices(found, catalogue), _situation(found, names)]
    if found.situation is Situation.PREFERS and preferred_by in _PREFERRED_BY:
        agent, words = names.get(str(found.agent), str(found.agent)), _PREFERRED_BY[preferred_by]
        lines.append(Words(en=words.en.format(agent=agent), zh=words.zh.format(agent=agent)))
    if found.next_change is not None:
        change, seconds = found.next_change
        words, after = _CHANGES[change], _clock(seconds)
        lines.append(Words(en=f"In {after}: {words.en}", zh=f"{after} 后：{words.zh}"))
    lines.append(_expected(found))
    waited = _clock(found.waited)
    return messages.RoutingAccount(
        title=Words(en=f"Waiting for {waited}", zh=f"已等待 {waited}"), lines=tuple(lines), candidates=()
    )


def _who_suffices(found: Explanation, catalogue: Catalogue) -> Words:
    english, chinese = needs_in_words(found.needs, catalogue)
    states = [(_EXCLUSIONS[reason], count) for reason, count in found.excluded]
    ready = found.suffice - sum(count for _, count in found.excluded)
    if ready > 0:
        states.append((_READY, ready))
    agents = "agent" if found.suffice == 1 else "agents"
    en = f"{found.suffice} {agents} logged on for {english}"
    zh = f"在线且可接（{chinese}）的坐席：{found.suffice} 名"
    if states:
        en += ": " + ", ".join(f"{count} {words.en}" for words, count in states)
        zh += "：" + "，".join(f"{words.zh} {count}" for words, count in states)
    return Words(en=en, zh=zh)


def _situation(found: Explanation, names: Names) -> Words:  # noqa: PLR0911 -- one line a situation
    agent = names.get(found.agent, found.agent) if found.agent is not None else ""
    match found.situation:
        case Situation.IN_LINE | Situation.OVERDUE:
            return _place(found)
        case Situation.OFFERED:
            return Words(en=f"Being offered to {agent}", zh=f"正在转接给 {agent}")
        case Situation.PREFERS:
            return Words(en=f"Waiting for {agent} alone", zh=f"只等待 {agent}")
        case Situation.CALLED_BACK:
            return Words(en="To be called back when an agent is soon free", zh="坐席即将空闲时回拨")
        case Situation.HELD_BACK:
            return Words(en="Held back for a moment after an offer failed", zh="转接失败，稍后重试")
        case Situation.EXPERT:
            return Words(en="An expert is expected to be free soon", zh="预计很快有专家空闲")
        case Situation.NOBODY:
            return Words(en="Nobody who could take this call is logged on", zh="没有可接此来电的坐席在线")
        case _:
            assert_never(found.situation)


def _place(found: Explanation) -> Words:
    at = found.position
    if at is None:
        words = Words(en="Place in line unknown", zh="排队位置未知")
    else:
        words = Words(
            en=f"Place {at.place} of {at.of} who wait for the same agents",
            zh=f"等待同一批坐席的 {at.of} 人中排第 {at.place}",
        )
    if found.situation is Situation.OVERDUE:
        return Words(en=f"{words.en}; overdue, so before all who are not", zh=f"{words.zh}；已超时，优先于未超时者")
    return words


def _expected(found: Explanation) -> Words:
    if found.estimate is None:
        return Words(en="Expected wait unknown", zh="预计等待时间未知")
    low, high = _clock(found.estimate.low), _clock(found.estimate.high)
    return Words(
        en=f"When it began, a wait of {low} to {high} was expected (four of five fall into that)",
        zh=f"入队时预计等待 {low} 至 {high}（五次中有四次在此范围内）",
    )


# -- why an agent was chosen ---------------------------------------------------------------------------------------


def offer(fields: Mapping[str, FieldValue], names: Names) -> messages.RoutingAccount:
    """Say why the agent of an offer was chosen: by which rule, in which step, and who was not considered.

    `fields` are those of the event; what an older version did not write is left out.
    """
    who = str(fields.get("agent") or "")
    agent = names.get(who, who)
    lines = [_rule(fields, agent), *_moment(fields), *_others(fields)]
    return messages.RoutingAccount(
        title=Words(en=f"Offered to {agent}", zh=f"已转接给 {agent}"),
        lines=tuple(lines),
        candidates=tuple(
            messages.ComparedCandidate(name=names.get(one, one), score=score)
            for one, score in _pairs(fields.get("candidates"))
        ),
    )


def _rule(fields: Mapping[str, FieldValue], agent: str) -> Words:
    rule = str(fields.get("rule") or "")
    if (why := _PREFERRED_BY.get(str(fields.get("preferred_by") or ""))) is not None:
        return Words(en=why.en.format(agent=agent), zh=why.zh.format(agent=agent))
    words = _RULES.get(rule, Words(en=rule, zh=rule))
    return Words(en=f"{agent} was chosen: {words.en}", zh=f"选择 {agent} 的依据：{words.zh}")


def _moment(fields: Mapping[str, FieldValue]) -> list[Words]:
    occasion = _OCCASIONS.get(str(fields.get("occasion") or ""))
    waited, step = fields.get("waited"), fields.get("step")
    if occasion is None or not isinstance(waited, int | float):
        return []
    after = _clock(waited)
    found = [Words(en=f"{occasion.en}, after a wait of {after}", zh=f"{occasion.zh}，已等待 {after}")]
    if isinstance(step, int) and step > 0:
        found.append(Words(en=f"Requirements were widened: step {step}", zh=f"要求已放宽：第 {step} 步"))
    return found


def _others(fields: Mapping[str, FieldValue]) -> list[Words]:
    eligible = fields.get("eligible")
    if not isinstance(eligible, int):
        return []
    agents = "agent" if eligible == 1 else "agents"
    en, zh = f"{eligible} {agents} logged on could take the call", f"在线坐席中有 {eligible} 名可接此来电"
    known = {reason.value: words for reason, words in _EXCLUSIONS.items()}
    out = [(known[reason], count) for reason, count in _pairs(fields.get("excluded")) if reason in known]
    if out:
        en += "; not considered: " + ", ".join(f"{count} {words.en}" for words, count in out)
        zh += "；未考虑：" + "，".join(f"{words.zh} {count}" for words, count in out)
    return [Words(en=en, zh=zh)]


def _pairs(value: FieldValue) -> Sequence[tuple[str, str]]:
    """Read ``who:what,who:what`` back."""
    parts = [part.rpartition(":") for part in str(value or "").split(",") if part]
    return [(before, after) if mark else (after, "") for before, mark, after in parts]


# -- words ---------------------------------------------------------------------------------------------------------


def needs_in_words(needs: Requirement, catalogue: Catalogue) -> tuple[str, str]:
    """Return what is asked of an agent, in English and in Chinese, skills by their labels."""
    labels = {skill.name: skill.label for skill in catalogue.skills}
    return _needs(needs, labels, _ENGLISH), _needs(needs, labels, _CHINESE)


_ENGLISH, _CHINESE = ("en", " and ", " or ", "not ", "any call"), ("zh", " 且 ", " 或 ", "非 ", "任意来电")


def _needs(needs: Requirement, labels: Mapping[str, Label], words: tuple[str, str, str, str, str]) -> str:
    language, and_, or_, not_, anything = words

    def part(inner: Requirement) -> str:
        text = _needs(inner, labels, words)
        compound = isinstance(inner, AllOf | AnyOf) and len(inner.parts) > 1
        return f"({text})" if compound else text

    match needs:
        case SkillRequirement(skill=skill, minimum=minimum):
            label = labels.get(skill)
            name = skill if label is None else (label.zh or label.en) if language == "zh" else label.en
            return f"{name} ≥ {minimum}" if minimum > 1 else str(name)
        case AllOf(parts=parts):
            return and_.join(map(part, parts)) if parts else anything
        case AnyOf(parts=parts):
            return or_.join(map(part, parts))
        case Without(part=inner):
            return f"{not_}{part(inner)}"
        case _:
            assert_never(needs)


def _clock(seconds: float) -> str:
    """Write a length of time as people read it on the board: ``1:05``."""
    whole = max(0, round(seconds))
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


_READY = Words(en="ready", zh="就绪")
_EXCLUSIONS = {
    Exclusion.LACKS_SKILL: Words(en="without the skills", zh="技能不符"),
    Exclusion.NOT_READY: Words(en="not ready", zh="未就绪"),
    Exclusion.BUSY: Words(en="busy", zh="忙碌"),
    Exclusion.WORKING_AFTER_CALL: Words(en="in wrap-up", zh="话后处理"),
    Exclusion.HAS_OFFER: Words(en="being offered a call", zh="正被转接"),
}
_CHANGES = {
    NextChange.WIDENING: Words(en="the requirements widen", zh="放宽要求"),
    NextChange.ANYBODY_ELSE: Words(en="anybody else will do", zh="不再只等待该坐席"),
    NextChange.ANYBODY_WHO_SUFFICES: Words(en="anybody who suffices will do", zh="不再等待专家"),
    NextChange.FIRST_OF_ALL: Words(en="overdue, and first of all", zh="超时，最优先"),
    NextChange.TRIED_AGAIN: Words(en="tried again", zh="重试"),
    NextChange.OVERFLOW: Words(en="given to another queue or flow", zh="转至其他队列或流程"),
}
_OCCASIONS = {
    Occasion.INTERACTION_ARRIVED.value: Words(en="When the caller came", zh="来电时"),
    Occasion.INTERACTION_CAME_BACK.value: Words(en="When the caller was back in line", zh="客户重新排队时"),
    Occasion.AGENT_BECAME_READY.value: Words(en="When the agent became ready", zh="坐席就绪时"),
    Occasion.OFFER_RETURNED.value: Words(en="When another offer had come to nothing", zh="上一次转接未成功时"),
    Occasion.REQUIREMENTS_CHANGED.value: Words(en="When the requirements had changed", zh="要求变化时"),
    Occasion.CALLBACK_ANSWERED.value: Words(en="When the customer answered the call back", zh="客户接听回拨时"),
}
_PREFERRED_BY = {
    "last_agent": Words(en="{agent} talked with this customer last", zh="{agent} 上次接待过该客户"),
    "owner": Words(en="{agent} looks after this customer", zh="{agent} 是该客户的负责坐席"),
    "named": Words(en="The queue wants {agent} first", zh="该队列优先 {agent}"),
    "flow": Words(en="The call flow asked for {agent}", zh="流程指定了 {agent}"),
    "rule": Words(en="A rule asks for {agent}", zh="规则指定了 {agent}"),
}
"""By `callcenter.server.preferences`."""

_RULES = {
    "preferred agent": Words(en="the agent this caller should reach", zh="该客户的首选坐席"),
    "first in order of service": Words(
        en="this caller came first of all whom the agent may serve", zh="该坐席可接的来电中此客户最优先"
    ),
    "least specialised": Words(en="the least specialised who suffices, so that experts stay free", zh="技能最少且足够"),
    "longest idle": Words(en="the longest idle", zh="空闲最久"),
    "least occupied": Words(en="the least occupied", zh="最不繁忙"),
    "most proficient": Words(en="the most proficient", zh="最熟练"),
    "tunable index": Words(en="the highest index", zh="指数最高"),
    "restored": Words(en="the phone rang already when the CTI server started", zh="CTI 服务器启动时话机已在振铃"),
    "returns": Words(en="the caller comes back to the agent who was lost to him", zh="客户回到通话中断前的坐席"),
}
