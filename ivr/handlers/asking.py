"""Menu, collect, ask, language, and the keying of a PIN: the caller is asked something.

An input node speaks its question, listens, and tries again in other words; after the last attempt its retry says where
the caller goes. Keys typed ahead answer a question that need not be spoken then.
"""

from collections.abc import Sequence

from ivr import commands, events
from ivr.dialogue import Dialogue, Going, Phase
from ivr.events import Verdict
from ivr.flow import nodes
from ivr.flow.entries import POINT, Amount
from ivr.flow.nodes import AUTHENTICATION_FIELD, LANGUAGE_FIELD
from ivr.handlers import identity
from ivr.prompts.prompt import Prompt, Utterance

_LONGEST_SPEECH = 15.0
"""Seconds a caller may speak once he has begun."""


def enter(d: Dialogue, node: nodes.InputNode, now: float) -> Going:
    """Put the question for the first time."""
    d.attempt = 1
    if not isinstance(node, nodes.Authenticate) and node.flush:
        d.keys.drop_all()
    return _put(d, node, (), now)


def prompts_over(d: Dialogue, node: nodes.InputNode, now: float) -> Going:
    """The question was heard, or a key has interrupted it: listen."""
    return _listen(d, node, now)


def prompts_failed(d: Dialogue, node: nodes.InputNode) -> Going:
    """Who hears no question cannot answer it: waiting for a key would be silence."""
    if isinstance(node, nodes.Language):
        return _choose(d, node, node.otherwise, keyed=False)
    d.stop_listening()
    return d.give_up()


def use_keys(d: Dialogue, node: nodes.InputNode, now: float) -> Going:  # noqa: PLR0911 (the ways out of four nodes)
    """Take what was keyed for an answer."""
    if isinstance(node, nodes.Collect | nodes.Authenticate):
        return _take_digits(d, node, now)
    if not d.keys:
        return None
    key, _ = d.keys.take()
    match node:
        case nodes.Menu():
            choice = node.choices.get(key)
            if choice is None:
                return _try_again(d, node, node.no_match, "no_match.then", now)
            if node.store is not None:
                d.store(node.store, choice.value, keyed=True)
            return d.leave(f"choices.{key}", choice.next, by_key=True)
        case nodes.Ask():
            name = next((name for name, answer in node.answers.items() if key in answer.keys), None)
            return _answered(d, node, name, now)
        case nodes.Language():
            language = node.choices.get(key)
            if language is None:
                return _offer_again(d, node, now)
            return _choose(d, node, language, keyed=True)


def speech_began(d: Dialogue, now: float) -> Going:
    """The caller begins to speak: nobody talks over him, and he is heard to the end."""
    node = d.node
    if d.phase is Phase.SPEAKING:
        if not (isinstance(node, nodes.Ask) and node.interruptible):
            return None
        d.hush()
        d.phase = Phase.LISTENING
    d.deadline = now + _LONGEST_SPEECH
    d.announce(_LONGEST_SPEECH)
    return None


def heard(d: Dialogue, event: events.Heard, now: float) -> Going:
    """The caller has said something."""
    node, answer = d.node, event.answer
    if not isinstance(node, nodes.Ask):
        return None
    d.listening = None
    d.hush()
    understood = answer if answer in node.answers and event.confidence >= node.confidence else None
    return _answered(d, node, understood, now)


def listening_failed(d: Dialogue, why: str) -> None:
    """Nobody listens: keys alone count."""
    d.listening = None
    d.trouble(f"nobody listens: {why}")


def time_over(d: Dialogue, node: nodes.InputNode, now: float) -> Going:
    """No key came in time: the entry is over, or there is none."""
    if isinstance(node, nodes.Collect | nodes.Authenticate) and d.entry:
        return _entry_over(d, node, now)
    match node:
        case nodes.Language():
            return _offer_again(d, node, now)
        case nodes.Menu() | nodes.Collect() | nodes.Ask() | nodes.Authenticate():
            return _try_again(d, node, node.no_input, "no_input.then", now)


def verdict_due(d: Dialogue, node: nodes.Authenticate, now: float) -> Going:
    """The moment at which the caller is told of his PIN, if there is anything to tell yet."""
    match identity.verdict(d, node, now):
        case None:
            return None
        case events.IdentityCheckFailed(why=why):
            d.trouble(f"check {node.name!r} failed: {why}")
            return d.leave("failed", node.failed)
        case events.IdentityChecked(verdict=Verdict.ACCEPTED, fields=fields):
            d.store(AUTHENTICATION_FIELD, node.level)
            d.store_answer(fields, node.answers)
            return d.leave("next", node.next)
        case events.IdentityChecked(verdict=Verdict.LOCKED):
            return d.leave("locked", node.locked)
        case events.IdentityChecked():
            if d.trials >= identity.MAX_TRIALS:
                d.attempt = node.attempts
            return _try_again(d, node, node.refused, "refused.then", now)


# --- asking -------------------------------------------------------------------------------------------------------


def _put(d: Dialogue, node: nodes.InputNode, before: Sequence[Prompt], now: float) -> Going:
    """Put the question, unless the answer was keyed ahead."""
    d.entry = ""
    listening = _longest_answer(node)
    if d.keys and _interruptible(node):
        d.announce(listening)
        return _listen(d, node, now)
    d.speak(Phase.SPEAKING, (*d.utterances(before), *_question(d, node)), now, then=listening)
    if isinstance(node, nodes.Ask) and d.listens:
        language = d.language()
        phrases = {name: one.phrases[language] for name, one in node.answers.items() if one.phrases.get(language)}
        if phrases:
            step = d.listening = d.next_step()
            d.do(commands.Listen(step=step, phrases=phrases, language=language, timeout=node.timeout))
    return None


def _question(d: Dialogue, node: nodes.InputNode) -> tuple[Utterance, ...]:
    match node:
        case nodes.Language():
            return tuple(words for language, offer in node.prompts.items() for words in d.utterances([offer], language))
        case nodes.Ask() if d.listens and node.spoken_prompt is not None:
            return d.utterances([node.spoken_prompt])
        case _:
            return d.utterances([node.prompt])


def _listen(d: Dialogue, node: nodes.InputNode, now: float) -> Going:
    d.phase = Phase.LISTENING
    d.deadline = now + _first_timeout(node)
    return use_keys(d, node, now)


def _try_again(
    d: Dialogue,
    node: nodes.Menu | nodes.Collect | nodes.Ask | nodes.Authenticate,
    retry: nodes.Retry,
    exit_name: str,
    now: float,
) -> Going:
    """Ask once more, in other words; after the last attempt go where people are."""
    # What is left of an entry that was not understood is no answer to anything that follows.
    d.keys.drop_all()
    d.stop_listening()
    d.entry = ""
    if d.attempt >= node.attempts:
        return d.leave(exit_name, retry.exit)
    wording = retry.wordings[min(d.attempt, len(retry.wordings)) - 1]
    d.attempt += 1
    return _put(d, node, (wording,), now)


def _interruptible(node: nodes.InputNode) -> bool:
    return isinstance(node, nodes.Language | nodes.Authenticate) or node.interruptible


def _first_timeout(node: nodes.InputNode) -> float:
    return node.first_timeout if isinstance(node, nodes.Collect | nodes.Authenticate) else node.timeout


def _longest_answer(node: nodes.InputNode) -> float:
    if isinstance(node, nodes.Collect | nodes.Authenticate):
        return node.first_timeout + node.entry_timeout
    return node.timeout


# --- answers ------------------------------------------------------------------------------------------------------


def _answered(d: Dialogue, node: nodes.Ask, name: str | None, now: float) -> Going:
    if name is None:
        return _try_again(d, node, node.no_match, "no_match.then", now)
    d.stop_listening()
    answer = node.answers[name]
    if node.store is not None:
        d.store(node.store, answer.value, keyed=True)
    return d.leave(f"answers.{name}", answer.next, by_key=True)


def _offer_again(d: Dialogue, node: nodes.Language, now: float) -> Going:
    d.keys.drop_all()
    if d.attempt >= node.attempts:
        return _choose(d, node, node.otherwise, keyed=False)
    d.attempt += 1
    return _put(d, node, (), now)


def _choose(d: Dialogue, node: nodes.Language, language: str, *, keyed: bool) -> Going:
    d.store(LANGUAGE_FIELD, language, keyed=keyed)
    return d.leave("next", node.next)


def _take_digits(d: Dialogue, node: nodes.Collect | nodes.Authenticate, now: float) -> Going:
    shortcuts = node.shortcuts if isinstance(node, nodes.Collect) else {}
    point = isinstance(node, nodes.Collect) and isinstance(node.check, Amount) and node.check.decimals > 0
    while d.keys:
        key, pressed_at = d.keys.take()
        if not d.entry and key in shortcuts:
            return d.leave(f"shortcuts.{key}", shortcuts[key], by_key=True)
        if key == node.terminator:
            return _entry_over(d, node, now)
        if not (key.isdecimal() or (point and key == POINT)):
            return _not_an_entry(d, node, now)
        if not d.entry:
            d.entry_until = now + node.entry_timeout
        d.entry += key
        if len(d.entry) == node.max_digits:
            if node.terminator is not None:
                d.keys.drop_trailing(node.terminator, pressed_at + node.digit_timeout)
            return _entry_over(d, node, now)
    if d.entry:
        d.deadline = min(now + node.digit_timeout, d.entry_until)
    return None


def _entry_over(d: Dialogue, node: nodes.Collect | nodes.Authenticate, now: float) -> Going:
    digits, d.entry = d.entry, ""
    if isinstance(node, nodes.Authenticate):
        identity.judge(d, node, digits, now)
        return None
    long_enough = len(digits) >= node.min_digits
    value = node.check.read(digits) if long_enough and node.check is not None else digits
    if not long_enough or value is None:
        return _try_again(d, node, node.no_match, "no_match.then", now)
    d.store(node.store, value, keyed=True)
    return d.leave("next", node.next)


def _not_an_entry(d: Dialogue, node: nodes.Collect | nodes.Authenticate, now: float) -> Going:
    if isinstance(node, nodes.Authenticate):
        d.entry = ""
        identity.judge(d, node, "", now)  # as any wrong PIN
        return None
    return _try_again(d, node, node.no_match, "no_match.then", now)
