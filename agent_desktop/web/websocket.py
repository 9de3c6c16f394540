"""One page's WebSocket, /ws/desktop: frames out, commands in.

Nothing is queued for a page but replies: what it shows is compared with what the floor is now, and the difference is
sent. A slow page therefore gets fewer and newer frames, never a backlog; a very slow one a fresh snapshot.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import deque

import structlog
from aiohttp import WSCloseCode, WSMsgType, web
from pydantic import ValidationError

from agent_desktop.config import Timing
from agent_desktop.live.desktop import agent_view
from agent_desktop.live.encoding import View, changed_sections
from agent_desktop.live.frames import (
    AgentView,
    AliveCommand,
    ClearContactCommand,
    ClosingFrame,
    ClosingReason,
    Command,
    CommandFrame,
    DropPromiseCommand,
    ExplainCommand,
    ForceStateCommand,
    HeartbeatFrame,
    ReplyFrame,
    SignOffCommand,
    SnapshotCommand,
)
from agent_desktop.web.commands import to_request, to_supervisors_request
from agent_desktop.web.hub import HUB, Hub
from agent_desktop.web.permissions import SESSION, UTC_CLOCK, UtcClock, may, session_secret
from agent_desktop.web.sessions import SESSIONS
from callcenter.api.calls import CallMade, DirectoryFound
from callcenter.api.client import CtiClient, CtiUnavailable
from callcenter.api.messages import ContactPhase, Done, Outcome, Refused, Request
from callcenter.api.records import Role, SessionRecord
from callcenter.api.routing import RoutingExplained

log = structlog.get_logger(__name__)

LONGEST_MESSAGE = 128 * 1024  # bytes: a note of 20,000 characters fits in any script
WRITE_LIMIT = 64 * 1024  # bytes in our own buffer before a write waits for the page
COMMANDS_WAITING = 16

_CODES: dict[ClosingReason, int] = {
    "signed_in_elsewhere": WSCloseCode.POLICY_VIOLATION,
    "signed_off": WSCloseCode.POLICY_VIOLATION,
    "session_ended": WSCloseCode.POLICY_VIOLATION,
    "going_away": WSCloseCode.GOING_AWAY,
    "protocol_error": WSCloseCode.PROTOCOL_ERROR,
}

CTI: web.AppKey[CtiClient] = web.AppKey("cti", CtiClient)
TIMING = web.AppKey("timing", Timing)


async def desktop_socket(request: web.Request) -> web.WebSocketResponse:
    """GET /ws/desktop: the page's frames and commands, until one side goes."""
    # Not compressed: frames are small, a pop must not wait for it, and nothing can be blown up on our side.
    socket = web.WebSocketResponse(
        max_msg_size=LONGEST_MESSAGE,
        writer_limit=WRITE_LIMIT,
        compress=False,
        timeout=request.app[TIMING].close_within_s,
    )
    await socket.prepare(request)
    connection = Connection(
        socket,
        request,
        request[SESSION],
        hub=request.app[HUB],
        client=request.app[CTI],
        timing=request.app[TIMING],
        utc=request.app[UTC_CLOCK],
    )
    with request.app[SESSIONS].watching(request[SESSION], lambda: connection.close("session_ended")):
        await connection.run()
    return socket


class Connection:
    """One page: a writer that sends differences, a reader, and a worker that carries commands out in order."""

    def __init__(
        self,
        socket: web.WebSocketResponse,
        request: web.Request,
        session: SessionRecord,
        *,
        hub: Hub,
        client: CtiClient,
        timing: Timing,
        utc: UtcClock,
    ) -> None:
        self.agent = session.person.agent if session.person.role is Role.AGENT else None
        self.desktop = secrets.token_hex(16)
        self._socket = socket
        self._request = request
        self._role = session.person.role
        self._person = session.person.person
        self._hub = hub
        self._client = client
        self._timing = timing
        self._utc = utc
        self._loop = asyncio.get_running_loop()
        self._awake = asyncio.Event()
        self._awake.set()
        self._closing: ClosingReason | None = None
        self._seq = 0
        self._shown: View | None = None  # none: the next frame is a snapshot
        self._snapshot_wanted = True
        self._offer_told = ""
        self._replies: deque[ReplyFrame] = deque()
        self._commands: asyncio.Queue[CommandFrame] = asyncio.Queue(COMMANDS_WAITING)
        self._alive_by = self._loop.time() + timing.alive_within_s
        self._note_seen_at = self._loop.time() + timing.seen_every_s
        self._tokens = float(timing.messages_at_once)
        self._tokens_at = self._loop.time()

    # -- what others tell it -----------------------------------------------------------------------------------------

    def wake(self) -> None:
        """Something changed that this page shows."""
        self._awake.set()

    def close(self, why: ClosingReason) -> None:
        """Say goodbye and close; where the page takes no goodbye, cut it off. The first reason counts."""
        if self._closing is None:
            self._closing = why
            self._awake.set()
            self._loop.call_later(self._timing.close_within_s, self._cut)

    async def run(self) -> None:
        """Serve the page until one side goes. This is the bulkhead of one WebSocket session."""
        self._hub.add(self)
        log.info("desktop connected", agent=self.agent, role=self._role, desktop=self.desktop)
        try:
            async with asyncio.TaskGroup() as tasks:
                reader, writer, worker = (tasks.create_task(part()) for part in (self._read, self._write, self._work))
                await reader
                worker.cancel()
                if self._closing is None:  # else the writer is saying goodbye
                    writer.cancel()
        except Exception:  # bulkhead: one page must not take the others with it
            log.exception("desktop failed", agent=self.agent, desktop=self.desktop)
        finally:
            self._hub.remove(self, for_good=self._closing == "session_ended" or self._loop.time() >= self._alive_by)
            log.info("desktop left", agent=self.agent, desktop=self.desktop, why=self._closing)

    # -- out -----------------------------------------------------------------------------------------------------

    async def _write(self) -> None:
        beat_at = self._loop.time() + self._timing.heartbeat_s
        while self._closing is None:
            now = self._loop.time()
            if now >= self._alive_by:
                log.warning("desktop asleep", agent=self.agent, desktop=self.desktop)
                self._cut()
                return
            if now >= beat_at:
                beat_at = now + self._timing.heartbeat_s
                await self._send(HeartbeatFrame(seq=self._next(), at=self._at()).model_dump_json())
            while self._replies:
                await self._send(self._replies.popleft().model_dump_json())
            await self._show()
            if not self._awake.is_set():
                await self._wait(until=min(beat_at, self._alive_by))
            self._awake.clear()
        await self._send(ClosingFrame(why=self._closing).model_dump_json())
        await self._socket.close(code=_CODES[self._closing])

    async def _wait(self, *, until: float) -> None:
        try:
            async with asyncio.timeout_at(until):
                await self._awake.wait()
        except TimeoutError:
            pass

    async def _show(self) -> None:
        """Send what differs from what the page has; then say that the pop was shown, if it was in it."""
        view = self._hub.wallboard.view() if self.agent is None else agent_view(self._hub.floor, self.agent)
        if self._shown is None or self._snapshot_wanted:
            self._snapshot_wanted = False
            frame = self._hub.encoder.snapshot(view, seq=self._next(), at=self._at())
        else:
            sections = changed_sections(self._shown, view)
            if not sections:
                return
            frame = self._hub.encoder.changes(view, sections, seq=self._next(), at=self._at())
        self._shown = view
        if await self._send(frame):
            self._tell_pop(view)

    def _tell_pop(self, view: View) -> None:
        contact = view.contact if isinstance(view, AgentView) else None
        if contact is None or contact.phase is not ContactPhase.OFFERED or contact.offer == self._offer_told:
            return
        self._offer_told = contact.offer
        self._client.offer_shown(contact.offer)

    async def _send(self, text: str) -> bool:
        """Write one frame; tell whether it was written. Where not, the reader sees the end too, and ends this page."""
        began = self._loop.time()
        try:
            async with asyncio.timeout(self._timing.stuck_after_s):
                await self._socket.send_str(text)
        except TimeoutError:
            log.warning("desktop stuck", agent=self.agent, desktop=self.desktop)
            self._cut()
            return False
        except ConnectionError:
            return False
        if self._loop.time() - began > self._timing.slow_after_s:
            self._snapshot_wanted = True
        return True

    def _next(self) -> int:
        self._seq += 1
        return self._seq

    def _at(self) -> int:
        return int(self._utc().timestamp() * 1000)

    def _cut(self) -> None:
        if self._request.transport is not None:
            self._request.transport.abort()

    # -- in ----------------------------------------------------------------------------------------------------------

    async def _read(self) -> None:
        async for message in self._socket:
            if self._closing is not None:
                continue
            frame = self._understood(message.data) if message.type is WSMsgType.TEXT else None
            if frame is None or not self._within_rate(frame):
                self.close("protocol_error")
                continue
            self._alive_by = self._loop.time() + self._timing.alive_within_s
            if isinstance(frame.command, AliveCommand):
                continue
            try:
                self._commands.put_nowait(frame)
            except asyncio.QueueFull:
                log.warning("desktop asks faster than it is answered", agent=self.agent, command=frame.command.type)
                self.close("protocol_error")

    def _understood(self, text: str) -> CommandFrame | None:
        try:
            return CommandFrame.model_validate_json(text)
        except ValidationError as error:
            # Where in the frame, and what kind of mistake; never the value.
            first = error.errors(include_input=False, include_url=False)[:3]
            mistakes = [".".join(str(part) for part in one["loc"])[:80] + " " + one["type"] for one in first]
            log.warning("desktop's frame not understood", agent=self.agent, mistakes=mistakes)
            return None

    def _within_rate(self, frame: CommandFrame) -> bool:
        now = self._loop.time()
        gained = (now - self._tokens_at) * self._timing.messages_per_s
        self._tokens = min(self._timing.messages_at_once, self._tokens + gained) - 1
        self._tokens_at = now
        if self._tokens < 0:
            log.warning("desktop sends too much", agent=self.agent, command=frame.command.type)
        return self._tokens >= 0

    async def _work(self) -> None:
        while True:
            frame = await self._commands.get()
            if self._closing is not None:
                continue
            self._replies.append(await self._carry_out(frame))
            self._awake.set()
            if self._loop.time() >= self._note_seen_at:
                self._note_seen_at = self._loop.time() + self._timing.seen_every_s
                self._request.app[SESSIONS].seen(session_secret(self._request))

    async def _carry_out(self, frame: CommandFrame) -> ReplyFrame:
        command = frame.command
        if not may(self._role, command):
            return ReplyFrame(id=frame.id, ok=False, code="forbidden", message="this role may not do that")
        if isinstance(command, SnapshotCommand):
            self._snapshot_wanted = True
            return ReplyFrame(id=frame.id, ok=True)
        request = self._request_for(command)
        if request is None:
            return ReplyFrame(id=frame.id, ok=False, code="forbidden", message="for agents only")
        try:
            reply = await self._client.request(request)
        except CtiUnavailable:
            return ReplyFrame(id=frame.id, ok=False, code="cti_unavailable", message="the CTI server does not answer")
        if isinstance(command, SignOffCommand) and self.agent is not None and not isinstance(reply, Refused):
            self._hub.signed_off(self.agent)
        return _reply(frame.id, reply)

    def _request_for(self, command: Command) -> Request | None:
        """Return what carries the command out; none where this page is nobody whom it could be for."""
        match command:
            case AliveCommand() | SnapshotCommand():
                return None
            case ForceStateCommand() | ClearContactCommand() | DropPromiseCommand() | ExplainCommand():
                return to_supervisors_request(command, self._person)
            case _:
                return to_request(command, self.agent) if self.agent is not None else None


def _reply(command: str, outcome: Outcome) -> ReplyFrame:
    match outcome:
        case Refused(code=code, message=message):
            return ReplyFrame(id=command, ok=False, code=code, message=message)
        case CallMade(interaction=interaction):
            return ReplyFrame(id=command, ok=True, interaction=interaction)
        case RoutingExplained():
            return ReplyFrame(id=command, ok=True, explained=outcome)
        case DirectoryFound(entries=entries):
            return ReplyFrame(id=command, ok=True, entries=entries)
        case Done():
            return ReplyFrame(id=command, ok=True)
