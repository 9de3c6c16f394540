"""What a page shows, what of it changed, and how it is written."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent_desktop.live.desktop import AGENT_SECTIONS, agent_sections, agent_view
from agent_desktop.live.encoding import Encoder, changed_sections
from agent_desktop.live.floor import Floor
from agent_desktop.live.frames import AgentView, SnapshotFrame, SupervisorView, ViewFrame
from agent_desktop.live.wallboard import BOARD_SECTIONS, Wallboard, board_sections
from callcenter.api.messages import AgentReport, ContactReport, QueueReport, ReportEnvelope
from tests.support import floor_samples as samples


def floor_with(**fields: object) -> Floor:
    floor = Floor()
    floor.load(samples.snapshot(**fields))
    return floor


def test_agent_sees_himself_his_contact_and_his_queues_only() -> None:
    floor = floor_with(
        contacts={"ben": samples.contact(2)},
        queues=(samples.queue("support", waiting=1), samples.queue("sales", waiting=5)),
    )
    view = agent_view(floor, "anna")
    assert view.me == samples.agent("anna")
    assert view.contact is None
    assert [queue.queue for queue in view.my_queues] == ["support"]
    assert agent_view(floor, "ben").contact == samples.contact(2)


def test_agent_unknown_to_the_cti_server_sees_an_empty_page() -> None:
    view = agent_view(floor_with(), "stranger")
    assert (view.me, view.contact, view.my_queues) == (None, None, ())


def test_sections_cover_the_views() -> None:
    assert set(AGENT_SECTIONS) == set(AgentView.model_fields) - {"kind"}
    assert set(BOARD_SECTIONS) == set(SupervisorView.model_fields) - {"kind"}


def test_only_what_differs_has_changed() -> None:
    floor = floor_with()
    before = agent_view(floor, "anna")
    assert agent_sections(before, agent_view(floor, "anna")) == ()
    floor.apply(ReportEnvelope(epoch=1, seq=1, at=9, report=ContactReport(agent="anna", contact=samples.contact())))
    assert agent_sections(before, agent_view(floor, "anna")) == ("contact",)
    floor.fall_silent()
    assert agent_sections(before, agent_view(floor, "anna")) == ("link", "contact")


def test_time_of_the_newest_report_alone_is_no_change() -> None:
    floor = floor_with()
    agent, board = agent_view(floor, "anna"), Wallboard(floor)
    shown = board.view()
    floor.apply(ReportEnvelope(epoch=1, seq=1, at=9_999, report=AgentReport(agent=samples.agent("anna"))))
    assert agent_sections(agent, agent_view(floor, "anna")) == ()
    assert board_sections(shown, board.view()) == ()


def test_wallboard_is_made_once_for_all_who_look() -> None:
    floor = floor_with(agents=(samples.agent("zoe", name="Zoe"), samples.agent("adam", name="Adam")))
    board = Wallboard(floor)
    first = board.view()
    assert [agent.name for agent in first.agents] == ["Adam", "Zoe"]
    assert board.view() is first
    floor.apply(ReportEnvelope(epoch=1, seq=1, at=9, report=QueueReport(queue=samples.queue(waiting=4))))
    second = board.view()
    assert second.agents is first.agents
    assert changed_sections(first, second) == ("queues",)


TEXT = st.text(alphabet=st.characters(codec="utf-8"), max_size=40)


@given(name=TEXT, note=TEXT, seq=st.integers(1, 2**53), at=st.integers(0, 2**53))
def test_frames_say_what_the_models_would(name: str, note: str, seq: int, at: int) -> None:
    """Whatever a caller is called: the written frame is the model's own JSON, and reads back to the same view."""
    floor = floor_with(contacts={"anna": samples.contact(calling_name=name, note=note)})
    encoder = Encoder()
    agent, board = agent_view(floor, "anna"), Wallboard(floor).view()
    for view in (agent, board):
        text = encoder.snapshot(view, seq=seq, at=at)
        frame = SnapshotFrame(seq=seq, at=at, view=view)
        assert text == frame.model_dump_json()
        assert SnapshotFrame.model_validate_json(text) == frame
    changes = ViewFrame.model_validate_json(encoder.changes(agent, ("contact", "link"), seq=seq, at=at))
    assert changes == ViewFrame(seq=seq, at=at, changed=("contact", "link"), contact=agent.contact, link=agent.link)
    assert changes.model_fields_set == {"type", "seq", "at", "changed", "contact", "link"}


def test_shared_sections_are_written_anew_when_they_change() -> None:
    floor = floor_with()
    board, encoder = Wallboard(floor), Encoder()
    encoder.snapshot(board.view(), seq=1, at=1)
    floor.apply(ReportEnvelope(epoch=1, seq=1, at=9, report=QueueReport(queue=samples.queue(waiting=4))))
    frame = ViewFrame.model_validate_json(encoder.changes(board.view(), ("queues",), seq=2, at=2))
    assert frame.queues == (samples.queue(waiting=4),)
