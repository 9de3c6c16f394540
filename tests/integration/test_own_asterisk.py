"""An Asterisk that is not ours, with its own files, into which only our parts are included."""

from __future__ import annotations

from callcenter.asterisk.configuration import render_includes
from callcenter.asterisk.installation import Device, DeviceKind, Installation, Number
from callcenter.config import AsteriskSettings
from callcenter.domain.events import CallCleared, ConnectionCleared, Established, IvrEntered, Queued
from callcenter.domain.ids import DeviceName, QueueName
from tests.support.servers import TREE, AsteriskFactory, free_port
from tests.support.situations import Stage, stage
from tests.support.switchboard import Switchboard

OWN_PJSIP = """\
[global]
type = global
; Here provider and phones have one address; the phones are known by their names.
endpoint_identifier_order = username,ip
[transport-of-the-house]
type = transport
protocol = udp
bind = 127.0.0.1:{port}
[provider]
type = endpoint
context = from-provider
disallow = all
allow = ulaw
[provider]
type = identify
endpoint = provider
match = 127.0.0.1
#include callcenter-pjsip.conf
"""
OWN_EXTENSIONS = """\
[general]
clearglobalvars = no
[from-provider]
exten => 5550100,1,Goto(cc-in,5550100,1)
exten => 777,1,Answer()
 same => n,Wait(1)
 same => n,Hangup()
#include callcenter-extensions.conf
"""


async def test_a_call_goes_its_whole_way_in_somebody_elses_asterisk(asterisk_factory: AsteriskFactory) -> None:
    settings = AsteriskSettings(ami_port=free_port(), http_port=free_port(), sip_port=free_port(), embedded=False)
    installation = Installation(
        settings=settings,
        secret="s" * 40,
        numbers=(Number(number="5550100", queue=QueueName("support")),),
        queues=(QueueName("support"),),
        default_queue=QueueName("support"),
        trunks=(),
        devices=(Device(name=DeviceName("agent-ana"), password="ana-has-a-password", kind=DeviceKind.PHONE),),
        sorry="/nowhere/sorry",
        packaged_sounds="",
    )
    dialplan = (TREE / "config" / "asterisk" / "extensions.conf").read_text(encoding="utf-8")
    asterisk = asterisk_factory(
        {
            **render_includes(installation, dialplan),
            "manager.conf": (
                f"[general]\nenabled = yes\nbindaddr = 127.0.0.1\nport = {settings.ami_port}\n"
                "channelvars = CC_ID\ntimestampevents = yes\n#include callcenter-manager.conf\n"
            ),
            "pjsip.conf": OWN_PJSIP.format(port=settings.sip_port),
            "queues.conf": "[general]\n#include callcenter-queues.conf\n",
            "extensions.conf": OWN_EXTENSIONS,
            "musiconhold.conf": "[default]\nmode = files\ndirectory = moh\n",
        }
    )
    board = Switchboard(
        asterisk=asterisk,
        settings=settings,
        secret=installation.secret,
        fallback_seconds=600,
        passwords={"agent-ana": "ana-has-a-password"},
    )
    async with board.steered() as hands, stage(board, hands) as on:
        await _talk(on)
        own = await on.caller.dial("777")
        await own.ended()
        assert hands.facts.count(IvrEntered) == 1, "calls of the house are none of ours"


async def _talk(on: Stage) -> None:
    call, at_agent, _ = await on.talk()
    at_agent.bye()
    assert (await on.facts.next(ConnectionCleared)).by_agent
    await on.facts.next(CallCleared)
    await call.ended()
    assert on.facts.count(Queued) == 1
    assert on.facts.count(Established) == 1
