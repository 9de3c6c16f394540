"""The verdict on a PIN: told at a time, and after words, that are the same for a right and a wrong one.

Every PIN that was keyed, and every attempt that is none, is one trial; a call has `MAX_TRIALS`, at whatever nodes and
across interruptions. An incomplete PIN is not sent, and is judged like a wrong one.
"""

from ivr import commands, events
from ivr.dialogue import Dialogue, Phase
from ivr.events import Verdict
from ivr.flow import nodes

Answer = events.IdentityChecked | events.IdentityCheckFailed

MAX_TRIALS = 3
"""PINs a call may try."""


def judge(d: Dialogue, node: nodes.Authenticate, digits: str, now: float) -> None:
    """A PIN was keyed: have it judged, and let the caller wait for the verdict."""
    d.count_trial()
    words = d.utterances([node.meanwhile])
    longest = d.longest(words)
    d.phase = Phase.JUDGING
    d.announce(max(node.timeout, longest) + 2 * node.verdict_after)
    step = d.ask()
    if len(digits) >= node.min_digits:
        d.do(
            commands.CheckIdentity(
                step=step,
                host=node.host,
                name=node.name,
                arguments=d.values(node.arguments),
                secret=digits,
                timeout=node.timeout,
            )
        )
    else:
        d.held = events.IdentityChecked(step=step, verdict=Verdict.REFUSED)
    d.play(words, now, longest)
    d.entry_until = now + node.timeout  # until then the host is waited for
    d.deadline = now + node.verdict_after


def judged(d: Dialogue, answer: Answer) -> None:
    """The host has judged, or cannot: its first word counts, and is told when its time has come."""
    if d.phase is Phase.JUDGING and d.held is None:
        d.held = answer


def verdict(d: Dialogue, node: nodes.Authenticate, now: float) -> Answer | None:
    """At a moment of the verdict, return it; None if it is told at the next such moment."""
    due = d.deadline or now
    if d.held is None and now >= d.entry_until:
        d.held = events.IdentityCheckFailed(step=d.question or 0, why=f"no answer within {node.timeout:g} s")
    if d.held is None or (d.playing is not None and now < d.playing_until):
        d.deadline = due + node.verdict_after
        return None
    d.hush()
    held, d.held, d.question = d.held, None, None
    return held if isinstance(held, Answer) else None
