"""The line to Asterisk against a peer that misbehaves: every known fault of AMI clients, and what ours does instead."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from callcenter.asterisk import actions
from callcenter.asterisk.actions import Action
from callcenter.asterisk.connection import AmiConnection, AmiLink, LoginRefused
from callcenter.asterisk.messages import AmiEvent, Hangup
from callcenter.asterisk.protocol import WRITE_LIMIT, ActionRefused, LinkDown
from callcenter.asterisk.reader import MESSAGE_LIMIT
from tests.support.ami_peer import SECRET, USER, AmiPeer


class Client:
    """An `AmiLink` and what it told."""

    def __init__(self, peer: AmiPeer, **options: object) -> None:
        self.events: list[AmiEvent] = []
        self.ups: list[AmiConnection] = []
        self.downs: list[str] = []
        self.quarantined = 0
        self.delays: list[tuple[float, float]] = []
        self.on_event: Callable[[AmiEvent], None] = self.events.append
        self.link = AmiLink(
            **{  # type: ignore[arg-type]  # a table of defaults that tests change
                "host": "127.0.0.1",
                "port": peer.port,
                "user": USER,
                "secret": SECRET,
                "nonce": lambda: f"n{len(self.ups)}",
                "jitter": self._jitter,
                "on_event": self._pass_on,
                "on_up": self.ups.append,
                "on_down": self.downs.append,
                "on_quarantine": self._quarantine,
                **options,
            }
        )

    def _jitter(self, shortest: float, longest: float) -> float:
        self.delays.append((shortest, longest))
        return 0.01

    def _pass_on(self, event: AmiEvent) -> None:
        self.on_event(event)

    def _quarantine(self) -> None:
        self.quarantined += 1

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not condition():
                await asyncio.sleep(0.005)


@asynccontextmanager
async def connected(peer: AmiPeer, **options: object) -> AsyncIterator[Client]:
    client = Client(peer, **options)
    running = asyncio.create_task(client.link.run())
    try:
        await client.until(lambda: bool(client.ups))
        yield client
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@pytest.fixture
async def peer() -> AsyncIterator[AmiPeer]:
    async with AmiPeer.open() as scripted:
        yield scripted


# -- logging in ------------------------------------------------------------------------------------------------


async def test_the_secret_is_never_sent(peer: AmiPeer) -> None:
    async with connected(peer) as client:
        assert client.link.generation == 1
    assert all(SECRET not in value for action in peer.received for value in action.values())


async def test_a_refused_first_login_is_raised(peer: AmiPeer) -> None:
    peer.secret = "another"
    with pytest.raises(LoginRefused):
        await Client(peer).link.run()
    assert peer.logins == 1


async def test_a_login_refused_later_is_tried_again_slowly(peer: AmiPeer) -> None:
    async with connected(peer) as client:
        peer.secret = "another"
        peer.cut()
        await client.until(lambda: peer.logins >= 3)
        assert client.delays[-1] == (0.1, 5.0)
        peer.secret = SECRET
        await client.until(lambda: len(client.ups) == 2)


async def test_a_session_of_ours_that_still_lingers_is_waited_for(peer: AmiPeer) -> None:
    """Asterisk allows one session; after a crash the old one may live a moment longer."""
    peer.answers["Login"] = lambda _: "Response: Error\r\nMessage: Login Already In Use\r\n\r\n"
    client = Client(peer)
    running = asyncio.create_task(client.link.run())
    await client.until(lambda: len(client.delays) >= 2)
    del peer.answers["Login"]
    await client.until(lambda: bool(client.ups))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


# -- asking and being answered -----------------------------------------------------------------------------------


async def test_actions_of_one_request_leave_in_one_piece_and_in_order(peer: AmiPeer) -> None:
    async with connected(peer) as client:
        batch = [actions.set_variable("1.1", "CC_SEQ", str(n)) for n in range(20)]
        answers = await client.link.connection.request(*batch, actions.redirect("1.1", "cc-dial"))
        assert len(answers) == 21
    sent = [action.get("Value", action["Action"]) for action in peer.received if "Channel" in action]
    assert sent == [str(n) for n in range(20)] + ["Redirect"]


async def test_requests_made_one_after_the_other_arrive_in_that_order(peer: AmiPeer) -> None:
    async with connected(peer) as client:
        connection = client.link.connection
        async with asyncio.TaskGroup() as group:
            for n in range(50):
                group.create_task(connection.request(actions.set_variable("1.1", "CC_SEQ", str(n))))
    assert [action["Value"] for action in peer.received if "Value" in action] == [str(n) for n in range(50)]


@pytest.mark.parametrize("name", ["Atxfer", "PlayDTMF", "Originate", "QueueAdd", "SendFlash"])
async def test_an_answer_is_an_answer_whatever_its_words(peer: AmiPeer, name: str) -> None:
    peer.answers[name] = lambda _: f"Response: Success\r\nMessage: {name} successfully queued\r\n\r\n"
    async with connected(peer) as client:
        (answer,) = await client.link.connection.request(Action(name=name), deadline=1)
        assert answer.response.message.endswith("successfully queued")


async def test_an_action_that_is_refused_says_so_and_for_good(peer: AmiPeer) -> None:
    peer.answers["Redirect"] = lambda _: "Response: Error\r\nMessage: Channel does not exist\r\n\r\n"
    async with connected(peer) as client:
        with pytest.raises(ActionRefused, match="does not exist") as refusal:
            await client.link.connection.request(actions.redirect("1.1", "cc-dial"))
        assert not refusal.value.retryable


async def test_a_list_comes_with_its_items(peer: AmiPeer) -> None:
    item = "Event: DeviceStateChange\r\nActionID: {0}\r\nDevice: PJSIP/agent-{1}\r\nState: NOT_INUSE\r\n\r\n"
    peer.answers["DeviceStateList"] = lambda action: (
        "Response: Success\r\nEventList: start\r\n\r\n"
        + "".join(item.format(action["ActionID"], name) for name in ("ana", "bob"))
        + f"Event: DeviceStateListComplete\r\nActionID: {action['ActionID']}\r\nEventList: Complete\r\n\r\n"
    )
    async with connected(peer) as client:
        (answer,) = await client.link.connection.request(actions.DEVICE_STATE_LIST)
        assert len(answer.items) == 2
        assert client.events == []


async def test_a_list_that_is_refused_ends_at_once(peer: AmiPeer) -> None:
    peer.answers["Status"] = lambda _: "Response: Error\r\nMessage: Permission denied\r\n\r\n"
    async with connected(peer) as client:
        with pytest.raises(ActionRefused):
            await client.link.connection.request(actions.channel_list(("CC_ID",)))


async def test_a_list_that_breaks_off_is_no_list(peer: AmiPeer) -> None:
    peer.answers["Status"] = lambda action: (
        "Response: Success\r\nEventList: start\r\n\r\n"
        f"Event: StatusComplete\r\nActionID: {action['ActionID']}\r\nEventList: cancelled\r\n\r\n"
    )
    async with connected(peer) as client:
        with pytest.raises(LinkDown):
            await client.link.connection.request(actions.channel_list(("CC_ID",)))


async def test_an_answer_that_never_comes_is_not_waited_for(peer: AmiPeer) -> None:
    peer.answers["Redirect"] = lambda _: None
    async with connected(peer) as client:
        with pytest.raises(LinkDown) as failure:
            await client.link.connection.request(actions.redirect("1.1", "cc-dial"), deadline=0.05)
        assert failure.value.retryable
        protocol = client.ups[0]._protocol
        assert protocol.pending == 0
        peer.say(f"Response: Success\r\nActionID: {peer.received[-1]['ActionID']}\r\n\r\n")  # late
        await client.until(lambda: protocol.late == 1)
        assert client.downs == []


async def test_an_event_that_names_a_pending_action_is_still_an_event(peer: AmiPeer) -> None:
    """Its ActionID is put behind the first line, as in an answer."""
    peer.answers["Redirect"] = lambda _: "Event: Hangup\r\nUniqueid: 1.1\r\nCause: 16\r\n\r\n"
    async with connected(peer) as client:
        task = asyncio.create_task(client.link.connection.request(actions.redirect("1.1", "cc-dial"), deadline=0.2))
        await client.until(lambda: client.events == [Hangup(uniqueid="1.1", cause=16)])
        with pytest.raises(LinkDown):
            await task


async def test_before_there_is_a_link_asking_is_refused_not_a_fault(peer: AmiPeer) -> None:
    with pytest.raises(LinkDown):
        _ = Client(peer).link.connection


async def test_what_cannot_be_sent_leaves_no_trace(peer: AmiPeer) -> None:
    async with connected(peer) as client:
        good, bad = actions.redirect("1.1", "cc-room"), actions.redirect("1.1\r\nAction: Ping", "cc-room")
        with pytest.raises(actions.Unsendable):
            await client.link.connection.request(good, bad)
        await client.link.connection.request(actions.hang_up("1.1", 16))
        assert client.ups[0]._protocol.pending == 0
    assert peer.names() == ["Hangup"]


# -- events ------------------------------------------------------------------------------------------------------


async def test_events_come_in_order_whatever_a_handler_does(peer: AmiPeer) -> None:
    async with connected(peer) as client:
        seen: list[int] = []

        def handle(event: AmiEvent) -> None:
            assert isinstance(event, Hangup)
            seen.append(event.cause)
            if event.cause == 1:
                raise RuntimeError("a handler that fails")

        client.on_event = handle
        peer.say("".join(f"Event: Hangup\r\nUniqueid: 1.1\r\nCause: {n}\r\n\r\n" for n in range(200)))
        await client.until(lambda: len(seen) == 200)
        assert seen == list(range(200))
        assert client.downs == []
        assert client.ups[0]._protocol.failures == 1


async def test_a_message_that_is_not_believed_is_reported_and_costs_nothing_else(peer: AmiPeer) -> None:
    async with connected(peer) as client:
        peer.say("Event: Hangup\r\nUniqueid: 1.1\r\nUniqueid: 2.2\r\n\r\nEvent: Hangup\r\nUniqueid: 3.3\r\n\r\n")
        await client.until(lambda: client.events == [Hangup(uniqueid="3.3", cause=0)])
        assert client.quarantined == 1


# -- dying and coming back -----------------------------------------------------------------------------------------


async def test_what_was_pending_fails_and_is_never_sent_again(peer: AmiPeer) -> None:
    peer.answers["Redirect"] = lambda _: None
    async with connected(peer) as client:
        pending = asyncio.create_task(client.link.connection.request(actions.redirect("1.1", "cc-dial")))
        await peer.got("Redirect")
        peer.cut()
        with pytest.raises(LinkDown):
            await pending
        await client.until(lambda: len(client.ups) == 2)
        await client.link.connection.request(actions.hang_up("1.1", 16))
        assert peer.names() == ["Redirect", "Hangup"]
        assert client.link.generation == 2
        assert len(client.downs) == 1


async def test_action_ids_of_two_connections_differ(peer: AmiPeer) -> None:
    async with connected(peer) as client:
        await client.link.connection.request(actions.hang_up("1.1", 16))
        peer.cut()
        await client.until(lambda: len(client.ups) == 2)
        await client.link.connection.request(actions.hang_up("1.1", 16))
    ids = [action["ActionID"] for action in peer.received if action["Action"] == "Hangup"]
    assert len(set(ids)) == 2


async def test_a_peer_that_has_fallen_silent_is_left(peer: AmiPeer) -> None:
    peer.answers["Ping"] = lambda _: None
    async with connected(peer, ping_interval=0.05) as client:
        await client.until(lambda: len(client.downs) == 1)
        assert "no sign of life" in client.downs[0]
        assert sum(action["Action"] == "Ping" for action in peer.received) >= 2
        peer.answers.clear()
        await client.until(lambda: len(client.ups) >= 2)


async def test_a_peer_that_answers_pings_is_kept(peer: AmiPeer) -> None:
    async with connected(peer, ping_interval=0.03) as client:
        await peer.got("Ping", count=8)
        assert client.downs == []
        await client.until(lambda: client.ups[0]._protocol.pending <= 1)


async def test_a_message_without_end_costs_the_link(peer: AmiPeer) -> None:
    async with connected(peer) as client:
        peer.say(b"Event: Hangup\r\nX: " + b"x" * MESSAGE_LIMIT)
        await client.until(lambda: len(client.downs) == 1)
        await client.until(lambda: len(client.ups) == 2)


async def test_a_peer_that_does_not_read_is_not_written_to_without_end(peer: AmiPeer) -> None:
    async with connected(peer) as client:
        protocol = client.ups[0]._protocol
        assert protocol._transport is not None
        protocol._transport.write(b"x" * (16 * WRITE_LIMIT))  # more than any socket buffer takes
        with pytest.raises(LinkDown, match="does not read"):
            await client.link.connection.request(actions.hang_up("1.1", 16))


async def test_connections_that_die_young_are_tried_ever_more_slowly(peer: AmiPeer) -> None:
    async with connected(peer) as client:
        for number in range(1, 8):
            peer.cut()
            await client.until(lambda wanted=number + 1: len(client.ups) == wanted)  # type: ignore[misc]
    ceilings = [longest for _, longest in client.delays]
    assert ceilings == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0])


async def test_ending_while_waiting_to_reconnect_is_the_end(peer: AmiPeer) -> None:
    async with connected(peer, jitter=lambda *_: 0.05) as client:
        peer.cut()
        await client.until(lambda: len(client.downs) == 1)
    logins = peer.logins
    await asyncio.sleep(0.15)
    assert peer.logins == logins


async def test_nobody_listening_is_waited_for(peer: AmiPeer) -> None:
    client = Client(peer, port=1)
    running = asyncio.create_task(client.link.run())
    await client.until(lambda: len(client.delays) >= 3)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert client.ups == []
    assert client.downs == []
