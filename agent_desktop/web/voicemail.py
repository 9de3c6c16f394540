"""Messages that callers have left: the list, their sound, and who has seen to them."""

from __future__ import annotations

import re
from http import HTTPStatus

import structlog
from aiohttp import web

from agent_desktop.web import auth
from agent_desktop.web.bodies import VoicemailLine, VoicemailList
from agent_desktop.web.permissions import SESSION, UTC_CLOCK
from agent_desktop.web.problem import RequestFailed
from callcenter.api.voicemail import Voicemails

VOICEMAILS: web.AppKey[Voicemails] = web.AppKey("voicemails", Voicemails)
SHOWN = 200
_NUMBER = re.compile(r"[1-9][0-9]{0,14}")

log = structlog.get_logger(__name__)


async def list_voicemails(request: web.Request) -> web.Response:
    """GET /api/v1/voicemails: those that nobody has seen to first, then the newest; at most 200."""
    found = await request.app[VOICEMAILS].voicemails(limit=SHOWN)
    items = tuple(
        VoicemailLine(
            voicemail=one.voicemail,
            mailbox=one.mailbox,
            left_at=round(one.left_at.timestamp() * 1000),
            seconds=one.seconds,
            number=one.number,
            customer=one.customer,
            handled_at=round(one.handled_at.timestamp() * 1000) if one.handled_at else None,
            handled_by=one.handled_by,
        )
        for one in found
    )
    return auth.answer(VoicemailList(items=items))


async def voicemail_audio(request: web.Request) -> web.StreamResponse:
    """GET /api/v1/voicemails/{voicemail}/audio: the sound, as WAV. Who listens is written down."""
    number = _number(request)
    path = await request.app[VOICEMAILS].audio(number)
    if path is None:
        raise _unknown()
    log.info("voicemail_heard", voicemail=number, person=request[SESSION].person.person)
    headers = {"Content-Type": "audio/wav", "Content-Disposition": "inline", "Cache-Control": "no-store"}
    return web.FileResponse(path, headers=headers)


async def handle_voicemail(request: web.Request) -> web.Response:
    """POST /api/v1/voicemails/{voicemail}/handled: this person has seen to it."""
    number, person = _number(request), request[SESSION].person.person
    if not await request.app[VOICEMAILS].handle(number, person, request.app[UTC_CLOCK]()):
        raise _unknown()
    log.info("voicemail_handled", voicemail=number, person=person)
    return web.Response(status=HTTPStatus.NO_CONTENT)


def _number(request: web.Request) -> int:
    text = request.match_info["voicemail"]
    if not _NUMBER.fullmatch(text):
        raise _unknown()
    return int(text)


def _unknown() -> RequestFailed:
    return RequestFailed(HTTPStatus.NOT_FOUND, "unknown_voicemail", "there is no such message, or its sound has gone")
