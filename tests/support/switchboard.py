"""A real Asterisk with our configuration, and a CTI server's hands on it: what integration tests start from."""

from __future__ import annotations

import asyncio
import contextlib
import io
import random
import secrets
import time
import wave
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from callcenter.asterisk.adapter import AsteriskAdapter
from callcenter.asterisk.configuration import render
from callcenter.asterisk.installation import Device, DeviceKind, Directories, Installation, Number, Trunk
from callcenter.asterisk.recorder import Recorder
from callcenter.asterisk.tone import NAME as TONE
from callcenter.asterisk.tone import tone_wave
from callcenter.config import AsteriskSettings
from callcenter.domain.commands import Beat
from callcenter.domain.errors import ExternalFailure
from callcenter.domain.events import SwitchConnected
from callcenter.domain.ids import DeviceName, QueueName
from callcenter.ports import MediaControl, Switch
from tests.support.facts import Facts
from tests.support.phone import Phone
from tests.support.rtp import RATE, SAMPLES, tone
from tests.support.servers import LOOPBACK, TREE, AsteriskInstance, asterisk_instance, free_port, free_ports

NUMBER = "5550100"
SALES_NUMBER = "+15550101"
AGENTS = ("agent-ana", "agent-bob", "agent-cem")
MUSIC = 500
"""The music on hold is this tone, in Hertz."""

SOUND = "im-sorry"
"""A packaged sound of one second, for prompts."""


@dataclass(slots=True, kw_only=True)
class Switchboard:
    """One running Asterisk: two numbers, queues support and sales, three agents with plain SIP phones, one trunk."""

    asterisk: AsteriskInstance
    settings: AsteriskSettings
    secret: str
    fallback_seconds: int
    passwords: dict[str, str] = field(default_factory=dict)
    outside: int = 0  # the port to which calls to numbers go

    @property
    def sip(self) -> tuple[str, int]:
        """Where it takes SIP."""
        return LOOPBACK, self.settings.sip_port

    @property
    def sounds(self) -> Path:
        """Asterisk's own sounds."""
        data = next(
            line.partition("=>")[2].strip()
            for line in self.asterisk.configuration.read_text().splitlines()
            if line.startswith("astdatadir")
        )
        return Path(data) / "sounds" / "en_US_f_Allison"

    @contextlib.asynccontextmanager
    async def agent(self, name: str) -> AsyncIterator[Phone]:
        """An agent's phone, registered."""
        async with Phone.open(server=self.sip, user=name, password=self.passwords[name]) as phone:
            assert await phone.register() == 200
            yield phone
            await phone.hang_up_all()

    @contextlib.asynccontextmanager
    async def caller(self, number: str = "0821234567") -> AsyncIterator[Phone]:
        """A telephone on the other side of the trunk."""
        async with Phone.open(server=self.sip, user=number) as phone:
            yield phone
            await phone.hang_up_all()

    @contextlib.asynccontextmanager
    async def number(self) -> AsyncIterator[Phone]:
        """Whoever has the numbers that we call."""
        async with Phone.open(server=self.sip, user="outside", port=self.outside) as phone:
            yield phone
            await phone.hang_up_all()

    @contextlib.asynccontextmanager
    async def steered(self, *, beating: bool = True, record: io.BytesIO | None = None) -> AsyncIterator[Hands]:
        """A CTI server's hands: connected, and its heart beating unless it is to be dead."""
        settings = self.settings
        async with contextlib.AsyncExitStack() as stack:
            if record is not None:
                recorder = await stack.enter_async_context(Recorder.listening(LOOPBACK, settings.ami_port, record))
                settings = settings.model_copy(update={"ami_port": recorder.port})
            facts = Facts()
            adapter = AsteriskAdapter(
                settings=settings,
                secret=self.secret,
                sink=facts,
                nonce=lambda: secrets.token_hex(8),
                jitter=random.uniform,
                tone=str(self.asterisk.directory / TONE),
            )
            hands = Hands(adapter.switch, adapter.media, facts)
            running = asyncio.create_task(adapter.run())
            heart = asyncio.create_task(hands.beat_for_ever())
            try:
                await facts.next(SwitchConnected)
                await (hands.beat() if beating else hands.fall_silent())
                yield hands
            finally:
                heart.cancel()
                running.cancel()
                await asyncio.gather(running, heart, return_exceptions=True)


class Hands:
    """What a CTI server can do with Asterisk, and what it is told."""

    def __init__(self, switch: Switch, media: MediaControl, facts: Facts) -> None:
        self.switch = switch
        self.media = media
        self.facts = facts
        self._silent = False

    async def beat(self) -> None:
        """Show that we live."""
        self._silent = False
        await self.switch.carry_out(Beat(epoch_seconds=int(time.time())))

    async def fall_silent(self) -> None:
        """Be dead as far as the dialplan can tell, at once.

        As one who has just died: six seconds without a heartbeat are over, the twelve are not for which an agent's
        phone stays off the hook, so that a caller on hold finds his agent.
        """
        self._silent = True
        await self.switch.carry_out(Beat(epoch_seconds=int(time.time()) - 7))

    async def beat_for_ever(self) -> None:
        while True:
            await asyncio.sleep(2)
            if not self._silent:
                with contextlib.suppress(ExternalFailure):
                    await self.beat()


def make_sound(path: Path, *, hertz: int, seconds: int) -> None:
    """Write a tone as Asterisk plays it."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        samples = SAMPLES[np.frombuffer(tone(hertz) * seconds, dtype=np.uint8)]
        file.writeframes(samples.astype("<i2").tobytes())


@contextlib.contextmanager
def running_switchboard(
    command: Path,
    directory: Path,
    *,
    ring_seconds: int = 3,
    kinds: Sequence[DeviceKind] = (DeviceKind.PHONE,),
    fallback_seconds: int = 4,
) -> Iterator[Switchboard]:
    """Render our configuration and run an Asterisk with it."""
    rtp, outside = free_ports(200), free_port()
    settings = AsteriskSettings(
        ami_port=free_port(),
        http_port=free_port(),
        sip_port=free_port(),
        rtp_first=rtp.start,
        rtp_last=rtp.stop - 1,
        ring_seconds=ring_seconds,
        outbound_host=f"{LOOPBACK}:{outside}",
    )
    passwords = {name: secrets.token_hex(12) for name in AGENTS}
    installation = Installation(
        settings=settings,
        secret=secrets.token_hex(20),
        numbers=(
            Number(number=NUMBER, queue=QueueName("support")),
            Number(number=SALES_NUMBER, queue=QueueName("sales")),
        ),
        queues=(QueueName("support"), QueueName("sales")),
        default_queue=QueueName("support"),
        trunks=(Trunk(name="carrier", addresses=(LOOPBACK,), rtp_timeout=30),),
        devices=tuple(
            Device(name=DeviceName(name), password=password, kind=kinds[0]) for name, password in passwords.items()
        ),
        sorry=str(directory / "sorry"),
        music=str(directory / "music"),
        fallback_seconds=fallback_seconds,
    )
    dialplan = (TREE / "config" / "asterisk" / "extensions.conf").read_text(encoding="utf-8")
    files = render(installation, dialplan, Directories(home=str(directory)))
    instance = asterisk_instance(command, directory, files)
    (directory / "music").mkdir()
    make_sound(directory / "music" / "tone.wav", hertz=MUSIC, seconds=30)
    (directory / f"{TONE}.wav").write_bytes(tone_wave())
    try:
        instance.start()
        yield Switchboard(
            asterisk=instance,
            settings=settings,
            secret=installation.secret,
            fallback_seconds=fallback_seconds,
            passwords=passwords,
            outside=outside,
        )
    finally:
        instance.stop()
