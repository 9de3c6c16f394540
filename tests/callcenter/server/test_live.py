"""What the boards show, and how often they are told."""

from __future__ import annotations

from callcenter.api.messages import AgentReport, AgentStateName, QueueReport, Tier
from callcenter.domain.moment import milliseconds
from callcenter.server.live import QUEUE_REPORT_EVERY
from callcenter.server.views import FIRST_WAITING
from tests.support.floor import CARLA, Floor


def _queue_reports(floor: Floor, queue: str) -> list[int]:
    return [
        report.queue.waiting
        for report in floor.reports
        if isinstance(report, QueueReport) and report.queue.queue == queue
    ]


def test_a_queue_is_told_at_most_twice_a_second() -> None:
    """A hundred callers in a moment are two reports at most, and the last one is true."""
    floor = Floor()
    floor.pass_time(QUEUE_REPORT_EVERY)
    floor.reports.clear()
    for _ in range(100):
        floor.caller_waits()
    floor.pass_time(2 * QUEUE_REPORT_EVERY)
    told = _queue_reports(floor, "billing")
    assert len(told) <= 2
    assert told[-1] == 100


def test_a_quiet_queue_is_not_told_at_all() -> None:
    """Nothing changed, nothing said."""
    floor = Floor()
    floor.pass_time(5.0)
    floor.reports.clear()
    floor.pass_time(60.0)
    assert floor.reports == []


def test_an_agent_is_told_at_once_and_once_for_each_entry() -> None:
    """However much happens to him in one entry, the last state is what is told."""
    floor = Floor()
    floor.agent_signs_on("bo")
    floor.reports.clear()
    floor.caller_waits("general")
    states = [report.agent.contact for report in floor.reports if isinstance(report, AgentReport)]
    assert len(states) == 1
    floor.reports.clear()
    floor.agent_answers("bo")
    shown = [report.agent.state for report in floor.reports if isinstance(report, AgentReport)]
    assert shown == [AgentStateName.BUSY]


def test_what_is_told_adds_up_to_the_snapshot() -> None:
    """A desktop that heard everything knows what a fresh one is given."""
    floor = Floor()
    floor.agent_signs_on("bo")
    floor.agent_signs_on("ana")
    floor.caller_waits()
    floor.agent_answers("bo")
    floor.caller_waits("technical", customer=CARLA)
    floor.caller_waits("technical")
    floor.agent_hangs_up("bo")
    floor.pass_time(1.0)
    agents = {one.agent.agent: one.agent for one in floor.reports if isinstance(one, AgentReport)}
    queues = {one.queue.queue: one.queue for one in floor.reports if isinstance(one, QueueReport)}
    snapshot = floor.snapshot()
    assert agents == {one.agent: one for one in snapshot.agents if one.agent in agents}
    assert queues == {one.queue: one for one in snapshot.queues if one.queue in queues}
    assert {agent: floor.page(agent) for agent in snapshot.contacts} == snapshot.contacts


def test_a_queue_lists_the_first_in_the_order_of_service() -> None:
    """At most fifty; a VIP stands where his head start puts him; the count is of all."""
    floor = Floor()
    for _ in range(FIRST_WAITING + 20):
        floor.caller_waits()
        floor.pass_time(1.0)
    vip = floor.caller_waits(customer=CARLA)
    billing = next(one for one in floor.snapshot().queues if one.queue == "billing")
    assert billing.waiting == FIRST_WAITING + 21
    assert len(billing.first_waiting) == FIRST_WAITING
    assert (billing.first_waiting[0].interaction, billing.first_waiting[0].tier) == (floor.interaction(vip), Tier.VIP)
    assert billing.first_waiting[0].customer_name == CARLA.name
    assert [one.interaction for one in billing.first_waiting] == floor.waiting()[:FIRST_WAITING]


def test_the_longest_wait_is_that_of_who_came_first() -> None:
    """Not of who will be served first."""
    floor = Floor()
    floor.caller_waits()
    since = milliseconds(floor.clock.utc())
    floor.pass_time(30.0)
    floor.caller_waits(customer=CARLA)
    billing = next(one for one in floor.snapshot().queues if one.queue == "billing")
    assert billing.longest_since == since


def test_a_queue_counts_the_agents_who_can_serve_it() -> None:
    """By what they do now."""
    floor = Floor()
    for agent in ("ana", "bo"):
        floor.agent_signs_on(agent)
    floor.agent_signs_on("cy", ready=False)
    floor.caller_waits("billing")
    floor.agent_answers("bo")
    shown = {one.queue: one for one in floor.snapshot().queues}
    assert (shown["billing"].agents_ready, shown["billing"].agents_busy) == (1, 1)
    assert (shown["technical"].agents_ready, shown["technical"].agents_not_ready) == (1, 1)
    assert shown["general"].agents_not_ready == 1
    floor.agent_hangs_up("bo")
    shown = {one.queue: one for one in floor.snapshot().queues}
    assert (shown["billing"].agents_busy, shown["billing"].agents_wrap_up) == (0, 1)


def test_an_empty_answer_is_not_shown() -> None:
    """What the caller did not give is not on the page."""
    floor = Floor()
    floor.agent_signs_on("bo")
    call = floor.caller_arrives()
    for key, value in {"reason": "invoice", "account_number": None, "second_choice": "", "count": 0}.items():
        floor.flow_gathers(call, key, value)
    floor.flow_queues(call, "billing")
    page = floor.page("bo")
    assert page is not None
    assert [(one.label, one.value) for one in page.gathered] == [("Reason", "invoice"), ("Count", "0")]


def test_the_day_begins_at_midnight() -> None:
    """Where the server stands; who waits over midnight is counted when he is answered."""
    floor = Floor()
    floor.agent_signs_on("bo", ready=False)
    floor.caller_waits()
    gone = floor.caller_waits()
    floor.caller_hangs_up(gone)
    until_midnight = 24 * 3600 - floor.clock.utc().astimezone().hour * 3600
    floor.clock.advance(until_midnight - 10.0)
    floor.pbx.heartbeat = floor.clock.utc().timestamp()
    floor.pbx.pass_time(floor.clock.monotonic())
    floor.wake()
    floor.pass_time(11.0)
    floor.agent_gets_ready("bo")
    floor.pass_time(0.1)
    floor.agent_answers("bo")
    billing = next(one for one in floor.snapshot().queues if one.queue == "billing")
    assert (billing.offered_today, billing.answered_today, billing.abandoned_today) == (0, 1, 0)
