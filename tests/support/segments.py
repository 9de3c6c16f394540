"""What must hold of the stretches of any interaction, whatever happened in it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from callcenter.domain.interaction import EventKind, InteractionEvent
from callcenter.domain.segments import Segment
from callcenter.domain.story import tell

WITHIN = 1.0  # seconds


def check_segments(events: Sequence[InteractionEvent]) -> None:
    """Check that the way's stretches add up to the interaction's time, and no agent is in two at once."""
    in_order = sorted(events, key=lambda event: event.seq)
    segments = tell(in_order).segments
    way = [one for one in segments if not one.beside]
    no_overlap(way)
    for agent in {one.agent for one in segments if one.agent is not None}:
        no_overlap([one for one in segments if one.agent == agent])
    assert all(one.seconds >= 0 for one in segments)
    if in_order[-1].kind is EventKind.CLOSED:
        lasted = max(event.at for event in in_order) - in_order[0].at
        added_up = sum(one.seconds for one in way)
        assert abs(lasted.total_seconds() - added_up) < WITHIN, (lasted.total_seconds(), segments)


def no_overlap(segments: Sequence[Segment]) -> None:
    for one, after in pairwise(sorted(segments, key=lambda one: (one.after, one.seconds))):
        assert one.after + one.seconds <= after.after + 0.002, (one, after)
