"""Whatever is lost, doubled or late on the way, nobody shows a state he cannot know to be whole."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from callcenter.bus.sequence import ReportOrder, Verdict


def order() -> ReportOrder:
    return ReportOrder(silence=2.5, now=0.0)


def test_the_first_number_is_believed_whatever_it_is() -> None:
    assert order().report(3, 17, 0.0) is Verdict.NEXT


def test_following_numbers_are_next_and_known_ones_old() -> None:
    it = order()
    assert [it.report(1, seq, 0.0) for seq in (1, 2, 2, 1, 3)] == [
        Verdict.NEXT,
        Verdict.NEXT,
        Verdict.OLD,
        Verdict.OLD,
        Verdict.NEXT,
    ]


def test_a_gap_is_a_loss() -> None:
    it = order()
    it.report(1, 1, 0.0)
    assert it.report(1, 3, 0.0) is Verdict.LOST
    assert it.report(1, 4, 0.0) is Verdict.NEXT


def test_a_beat_shows_a_loss_at_the_end_once() -> None:
    it = order()
    it.report(1, 1, 0.0)
    assert it.beat(1, 1, 1.0) is Verdict.NEXT
    assert it.beat(1, 2, 2.0) is Verdict.LOST
    assert it.beat(1, 2, 3.0) is Verdict.NEXT
    assert it.report(1, 3, 3.0) is Verdict.NEXT


def test_a_new_cti_server_is_a_loss_and_the_replaced_one_is_not_listened_to() -> None:
    it = order()
    it.report(1, 10, 0.0)
    assert it.beat(2, 0, 1.0) is Verdict.LOST
    assert it.report(1, 11, 1.0) is Verdict.OLD
    assert it.report(2, 1, 1.0) is Verdict.NEXT


def test_silence_is_told_once_and_ends_with_a_loss() -> None:
    it = order()
    it.beat(5, 10, 0.0)
    assert [it.fell_silent(now) for now in (2.4, 2.5, 3.0)] == [False, True, False]
    assert it.beat(5, 10, 4.0) is Verdict.LOST
    assert it.fell_silent(5.0) is False
    assert it.fell_silent(6.6) is True


def test_nothing_at_all_is_silence() -> None:
    assert order().fell_silent(2.5) is True


def test_after_a_silence_even_a_smaller_epoch_is_believed() -> None:
    it = order()
    it.beat(57, 10, 0.0)
    assert it.fell_silent(3.0)
    assert it.report(1, 1, 4.0) is Verdict.LOST
    assert it.report(1, 2, 4.0) is Verdict.NEXT


def test_a_replaced_cti_server_does_not_hide_a_silence() -> None:
    it = order()
    it.beat(2, 0, 0.0)
    it.beat(1, 50, 2.0)
    assert it.fell_silent(2.6) is True


@given(st.lists(st.tuples(st.integers(1, 30), st.booleans()), max_size=60))
def test_a_report_is_next_only_when_everything_before_it_is_known(arrivals: list[tuple[int, bool]]) -> None:
    """For any losses, doubles and disorder: after NEXT there is no hole that was not announced by LOST."""
    it = order()
    known: int | None = None  # everything up to here is shown, by reports or by the snapshot that LOST asks for
    for seq, is_beat in arrivals:
        verdict = it.beat(1, seq, 0.0) if is_beat else it.report(1, seq, 0.0)
        if verdict is Verdict.LOST:
            known = seq
        elif verdict is Verdict.NEXT and not is_beat:
            assert known is None or seq == known + 1
            known = seq
        elif verdict is Verdict.NEXT:
            assert known is None or seq <= known
            known = seq if known is None else known
        else:
            assert known is not None
            assert seq <= known
