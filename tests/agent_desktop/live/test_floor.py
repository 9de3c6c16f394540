"""The copy of the floor: reports and snapshots in any order give the newest record of everything."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent_desktop.live.floor import NOTHING, Change, Floor
from callcenter.api.messages import (
    AgentReport,
    AgentStateName,
    ConfigurationReport,
    ContactReport,
    DesktopDismissed,
    LinkLive,
    LinkReport,
    QueueReport,
    Report,
    ReportEnvelope,
)
from tests.support import floor_samples as samples


def envelope(seq: int, report: Report, *, epoch: int = 1, at: int = 5_000) -> ReportEnvelope:
    return ReportEnvelope(epoch=epoch, seq=seq, at=at, report=report)


def loaded() -> Floor:
    floor = Floor()
    floor.load(samples.snapshot(seq=10))
    return floor


def test_starts_with_nothing_and_the_link_down() -> None:
    floor = Floor()
    assert (floor.link.cti_up, floor.agents, floor.contacts) == (False, {}, {})


def test_snapshot_brings_everything_and_the_link_up() -> None:
    floor = loaded()
    assert (floor.link.cti_up, floor.link.switch_up, floor.link.as_of) == (True, True, 1_000)
    assert set(floor.agents) == {"anna", "ben"}


def test_report_names_whom_it_concerns() -> None:
    floor = loaded()
    assert floor.apply(envelope(11, AgentReport(agent=samples.agent("anna")))) == Change(agent="anna", board=True)
    assert floor.apply(envelope(12, ContactReport(agent="anna", contact=samples.contact()))) == Change(agent="anna")
    assert floor.apply(envelope(13, QueueReport(queue=samples.queue()))) == Change(queue="support", board=True)
    assert floor.apply(envelope(14, DesktopDismissed(agent="anna", desktop="x"))) == NOTHING


def test_link_report_concerns_everybody_only_when_it_changes_something() -> None:
    floor = loaded()
    assert floor.apply(envelope(11, LinkReport(link=LinkLive(switch_up=True, epoch=1)))) == NOTHING
    assert floor.apply(envelope(12, LinkReport(link=LinkLive(switch_up=False, epoch=1)))) == Change(everybody=True)
    assert floor.link.switch_up is False


def test_another_configuration_has_words_read_again() -> None:
    floor = loaded()
    assert floor.apply(envelope(11, ConfigurationReport())) == Change(words=True)
    assert floor.link.words == 0, "until they were read"
    floor.words_changed()
    assert floor.link.words == 1
    floor.apply(envelope(12, LinkReport(link=LinkLive(switch_up=True, epoch=1))))
    floor.fall_silent()
    assert floor.link.words == 1


def test_missing_number_is_a_gap_but_the_report_counts() -> None:
    floor = loaded()
    change = floor.apply(envelope(13, ContactReport(agent="anna", contact=samples.contact())))
    assert (change.gap, change.agent) == (True, "anna")
    assert floor.contacts["anna"].offer == "offer-1"


def test_known_number_and_older_epoch_change_nothing() -> None:
    floor = loaded()
    assert floor.apply(envelope(10, ContactReport(agent="anna", contact=samples.contact()))) == NOTHING
    assert floor.apply(envelope(99, ContactReport(agent="anna", contact=samples.contact()), epoch=0)) == NOTHING
    assert floor.contacts == {}


def test_report_that_overtook_the_snapshot_is_not_undone_by_it() -> None:
    floor = loaded()
    floor.expect_snapshot()
    floor.apply(envelope(11, ContactReport(agent="anna", contact=samples.contact())))
    floor.load(samples.snapshot(seq=10))
    assert floor.contacts["anna"].offer == "offer-1"
    assert floor.apply(envelope(12, AgentReport(agent=samples.agent()))).gap is False


def test_snapshot_newer_than_the_reports_wins() -> None:
    floor = loaded()
    floor.expect_snapshot()
    floor.apply(envelope(11, ContactReport(agent="anna", contact=samples.contact())))
    floor.load(samples.snapshot(seq=12))
    assert floor.contacts == {}


def test_snapshot_of_an_older_epoch_changes_nothing() -> None:
    floor = loaded()
    floor.load(samples.snapshot(epoch=0, seq=999, agents=()))
    assert set(floor.agents) == {"anna", "ben"}


def test_silence_keeps_what_was_known_and_believes_whoever_speaks_next() -> None:
    floor = loaded()
    floor.apply(envelope(11, ContactReport(agent="anna", contact=samples.contact())))
    floor.fall_silent()
    assert floor.link.cti_up is False
    assert floor.contacts["anna"].offer == "offer-1"
    change = floor.apply(envelope(1, AgentReport(agent=samples.agent()), epoch=0))
    assert (change.gap, change.everybody, floor.link.cti_up) == (True, True, True)


def test_reason_of_a_vanished_offer_stays_until_the_next_contact() -> None:
    floor = loaded()
    floor.apply(envelope(11, ContactReport(agent="anna", contact=samples.contact())))
    floor.apply(envelope(12, ContactReport(agent="anna", contact=None, gone="missed")))
    assert (floor.gone, floor.contacts) == ({"anna": "missed"}, {})
    floor.load(samples.snapshot(seq=12))
    assert floor.gone == {"anna": "missed"}
    floor.apply(envelope(13, ContactReport(agent="anna", contact=samples.contact(2))))
    assert floor.gone == {}


def test_why_nobody_answered_stays_until_the_next_contact() -> None:
    floor = loaded()
    floor.apply(envelope(11, ContactReport(agent="anna", contact=None, gone="failed", not_reached="busy")))
    assert floor.not_reached == {"anna": "busy"}
    floor.load(samples.snapshot(seq=11))
    assert floor.not_reached == {"anna": "busy"}
    floor.apply(envelope(12, ContactReport(agent="anna", contact=samples.contact())))
    assert floor.not_reached == {}


STATES = st.sampled_from(list(AgentStateName))


@given(
    states=st.lists(STATES, min_size=1, max_size=20),
    asked=st.integers(0, 20),
    made=st.integers(0, 20),
    arrives=st.integers(0, 20),
)
def test_whenever_the_snapshot_comes_the_newest_state_is_shown(
    states: list[AgentStateName], asked: int, made: int, arrives: int
) -> None:
    """Reports 1…n; the snapshot is asked for, made and arrives at any moments in that order."""
    asked, made, arrives = sorted(min(moment, len(states)) for moment in (asked, made, arrives))
    first = AgentStateName.NULL
    history = [first, *states]
    floor = Floor()
    floor.load(samples.snapshot(seq=0, agents=(samples.agent("anna", state=first),)))
    for seq in range(len(history)):
        if seq > 0:
            floor.apply(envelope(seq, AgentReport(agent=samples.agent("anna", state=history[seq]))))
        if seq == asked:
            floor.expect_snapshot()
        if seq == arrives:
            floor.load(samples.snapshot(seq=made, agents=(samples.agent("anna", state=history[made]),)))
        assert floor.agents["anna"].state is history[seq]
