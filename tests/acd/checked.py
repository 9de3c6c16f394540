"""An assignment that is compared with a plain scan at every decision it makes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from acd.assignment import BEST, Assignment
from acd.callbacks import Callback, Callbacks, soon_free
from acd.commands import OfferInteraction
from acd.full_trace import Considered, WhyNot, agent_out, agents_for, interactions_for
from acd.model import DecisionTrace, Exclusion, InteractionId, Occasion
from acd.pools import Pool, QueueLine, Seat
from acd.waiting import Line, Waiting


class CheckedAssignment(Assignment):
    """Decides as the assignment does; the scan must have found the same, and bear out every claim of the trace."""

    def place(self, waiting: Waiting, occasion: Occasion, now: float) -> OfferInteraction | None:
        kept = waiting.held_until > now or waiting.called_back
        considered = agents_for(self, waiting, now)
        wanted = self.preferred_seat(waiting, now)
        alone = wanted is not None and not wanted.may_be_offered(waiting.medium) and waiting.prefer_until > now
        made = super().place(waiting, occasion, now)
        candidates = [each for each in considered if each.score is not None]
        if kept or alone or not candidates:
            assert made is None
            return None
        assert made is not None, "a ready agent stands beside an interaction that may take that agent"
        assert made.agent == candidates[0].who
        assert made.trace.compared == tuple((each.who, each.score) for each in candidates[:BEST])
        if made.trace.counts:
            check_counts(made.trace, (each.why_not for each in considered if each.who != made.agent))
        return made

    def seek(self, seat: Seat, now: float) -> OfferInteraction | None:
        candidates = [each for each in interactions_for(self, seat, now) if each.score is not None]
        lines = {InteractionId(each.who): self.waiting[InteractionId(each.who)].line for each in candidates}
        heads = first_of_each_line(candidates, lines)
        others = [other for other in self.index.seats.values() if other is not seat]
        made = super().seek(seat, now)
        if not candidates:
            assert made is None, "an agent was offered what the agent may not take"
            return None
        assert made is not None, "a free agent stands beside an interaction that may take that agent"
        assert made.interaction == candidates[0].who
        compared = made.trace.compared
        assert compared[0] == (heads[0].who, heads[0].score)
        assert [score for _, score in compared] == [each.score for each in heads[:BEST]]
        assert {who for who, _ in compared} <= {each.who for each in heads}
        line = lines[made.interaction]
        assert bool(made.trace.counts) is isinstance(line, QueueLine)
        if isinstance(line, QueueLine):
            check_counts(made.trace, (agent_out(other, made.medium, line.pool.requirement) for other in others))
        return made


def first_of_each_line(candidates: list[Considered], lines: dict[InteractionId, Line | None]) -> list[Considered]:
    """Those a trace may name: behind the first of a line the others come later by definition."""
    first: dict[int, Considered] = {}
    for each in candidates:
        first.setdefault(id(lines[InteractionId(each.who)]), each)
    return list(first.values())


def check_counts(trace: DecisionTrace, others: Iterable[WhyNot | None]) -> None:
    """How many of the other agents were out, by reason, is what the trace says."""
    counts: Counter[WhyNot | None] = Counter(
        WhyNot.LACKS_SKILL if each is WhyNot.OTHER_MEDIUM else each for each in others
    )
    scanned = ((reason, counts[WhyNot(reason)]) for reason in Exclusion)
    assert trace.excluded == tuple((reason, count) for reason, count in scanned if count)
    assert trace.eligible == sum(counts.values()) + 1 - counts[WhyNot.LACKS_SKILL]


def check_pool(pool: Pool, seats: Iterable[Seat]) -> None:
    """A pool holds what a scan of all agents says."""
    posts = [post for seat in seats for post in seat.posts if post.medium is pool.medium]
    members = [post for post in posts if pool.admits(post.seat.machine.profile)]
    assert pool.size == len(members)
    assert [post for post in posts if pool in post.pools] == members
    assert [post for post in posts if post.seat.bit & pool.members] == members
    ready = [post for post in members if post.seat.may_be_offered(pool.medium)]
    assert pool.ready_count == len(ready)
    assert sum(pool.counts()) == len(members)
    for ranking in pool._rankings.values():
        assert {entry[4] for entry in ranking._entries if entry[4].listing == entry[3]} == set(ready)
        assert ranking.best(5) == sorted(ranking._entry(post) for post in ready)[:5]


def check_releases(callbacks: Callbacks) -> None:
    """From now on, look at every release: never more customers are called than agents are soon free for them."""
    release = callbacks.release

    def checked(assignment: Assignment, now: float) -> list[Callback]:
        out = {each.waiting.interaction for each in callbacks if each.released}
        released = release(assignment, now)
        for callback in released:
            pool = assignment.home(callback.waiting, now).pool
            others = [assignment.home(assignment.waiting[each], now).pool for each in sorted(out)]
            promised = sum(pool.shares_agents(other) for other in others)
            assert promised < soon_free(pool, assignment.handling, callback.waiting.queue.name)
            out.add(callback.waiting.interaction)
        return released

    callbacks.release = checked  # type: ignore[method-assign]  # watched, not replaced
