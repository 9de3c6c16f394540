"""One telephone's audio: RTP with G.711 µ-law (RFC 3550, RFC 3551), keys as telephone-events (RFC 4733), tones.

Everything is timed with the event loop's clock, so that a test can ask when it heard what.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import random
import struct
from collections import deque
from dataclasses import dataclass

import numpy as np

FRAME = 160  # samples, and octets, of 20 ms
RATE = 8000
PCMU, TELEPHONE_EVENT = 0, 101
EVENTS = "0123456789*#ABCD"
SILENCE = b"\xff" * FRAME


def _decode_octet(octet: int) -> int:
    """G.711 µ-law: one octet to a 16-bit sample."""
    octet = ~octet & 0xFF
    magnitude = (((octet & 0x0F) << 3) + 0x84) << ((octet & 0x70) >> 4)
    return 0x84 - magnitude if octet & 0x80 else magnitude - 0x84


SAMPLES = np.array([_decode_octet(octet) for octet in range(256)], dtype=np.float64)


def _encode_sample(sample: int) -> int:
    """G.711 µ-law: one 16-bit sample to an octet."""
    sign, magnitude = (0x80, -sample) if sample < 0 else (0, sample)
    magnitude = min(magnitude, 32635) + 0x84
    segment = magnitude.bit_length() - 8
    return ~(sign | segment << 4 | (magnitude >> (segment + 3)) & 0x0F) & 0xFF


def tone(hertz: int, amplitude: int = 8000) -> bytes:
    """Return one second of a tone; a whole number of periods for whole `hertz`, so that it can be repeated."""
    wave = (amplitude * math.sin(2 * math.pi * hertz * n / RATE) for n in range(RATE))
    return bytes(_encode_sample(int(value)) for value in wave)


@dataclass(frozen=True, slots=True)
class Heard:
    """One frame that came in: when, and its G.711 octets."""

    at: float
    payload: bytes


class AudioStream(asyncio.DatagramProtocol):
    """Sends a frame each `interval` (silence, a tone, or keys), and keeps the last minute of what comes in."""

    def __init__(self, interval: float = FRAME / RATE) -> None:
        self.heard: deque[Heard] = deque(maxlen=3000)
        self.keys: list[str] = []
        self._interval = interval
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.DatagramTransport | None = None
        self._remote: tuple[str, int] | None = None
        self._sender: asyncio.Task[None] | None = None
        self._sound = b""
        self._position = 0
        self._events: deque[tuple[bytes, bool]] = deque()  # payload, first of its key
        self._sequence = random.randrange(1 << 16)
        self._timestamp = random.randrange(1 << 31)
        self._source = random.randrange(1 << 32)
        self._event_start = 0
        self._last_event = b""

    @classmethod
    async def open(cls, interval: float = FRAME / RATE) -> AudioStream:
        """Bind a free port of the loopback."""
        loop = asyncio.get_running_loop()
        _, stream = await loop.create_datagram_endpoint(lambda: cls(interval), local_addr=("127.0.0.1", 0))
        return stream

    @property
    def port(self) -> int:
        """The local port."""
        assert self._transport is not None
        return int(self._transport.get_extra_info("sockname")[1])

    # -- sending -------------------------------------------------------------------------------------------------

    def start(self, remote: tuple[str, int]) -> None:
        """Send to this address from now on."""
        self._remote = remote
        if self._sender is None:
            self._sender = self._loop.create_task(self._send())

    def stop_sending(self) -> None:
        """Fall silent without a word, as a browser that was killed does."""
        if self._sender is not None:
            self._sender.cancel()
            self._sender = None

    def play(self, sound: bytes) -> None:
        """Repeat this sound (G.711 octets) from now on; empty is silence."""
        self._sound, self._position = sound, 0

    def press(self, keys: str, *, milliseconds: int = 100) -> None:
        """Press keys one after the other, with as long a pause between them."""
        steps = max(2, milliseconds // 20)
        for key in keys:
            event = EVENTS.index(key)
            for step in range(steps):
                self._events.append((struct.pack("!BBH", event, 10, (step + 1) * FRAME), step == 0))
            self._events.extend([(struct.pack("!BBH", event, 0x80 | 10, steps * FRAME), False)] * 3)
            self._events.extend([(b"", False)] * steps)

    def close(self) -> None:
        """End it."""
        self.stop_sending()
        if self._transport is not None:
            self._transport.close()

    async def _send(self) -> None:
        due = self._loop.time()
        with contextlib.suppress(asyncio.CancelledError):
            while True:
                self._send_frame()
                due += self._interval
                await asyncio.sleep(due - self._loop.time())

    def _send_frame(self) -> None:
        assert self._transport is not None
        self._sequence = (self._sequence + 1) & 0xFFFF
        self._timestamp = (self._timestamp + FRAME) & 0xFFFFFFFF
        payload, first = self._events.popleft() if self._events else (b"", False)
        if payload:
            if first:
                self._event_start = self._timestamp
            kind, stamp = (0x80 if first else 0) | TELEPHONE_EVENT, self._event_start
        else:
            kind, stamp, payload = PCMU, self._timestamp, self._next_sound()
        header = struct.pack("!BBHII", 0x80, kind, self._sequence, stamp, self._source)
        self._transport.sendto(header + payload, self._remote)

    def _next_sound(self) -> bytes:
        if not self._sound:
            return SILENCE
        frame = self._sound[self._position : self._position + FRAME]
        self._position = (self._position + FRAME) % len(self._sound)
        return frame.ljust(FRAME, b"\xff")

    # -- receiving -----------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # UDP gives a datagram transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        kind = data[1] & 0x7F
        if kind == PCMU:
            self.heard.append(Heard(self._loop.time(), data[12:]))
        elif kind == TELEPHONE_EVENT and data[13] & 0x80 and data[4:8] != self._last_event:
            self._last_event = data[4:8]
            self.keys.append(EVENTS[data[12]])

    # -- listening -----------------------------------------------------------------------------------------------

    def level(self, *, since: float) -> float:
        """Return the loudness (root mean square of 16-bit samples) of what was heard since then; 0 for nothing."""
        samples = self._samples(since)
        return float(np.sqrt(np.mean(samples**2))) if len(samples) else 0.0

    def share_of(self, hertz: int, *, since: float) -> float:
        """Return which share (0..1) of the heard energy is this tone's; 0 for silence or nothing heard."""
        samples = self._samples(since)
        energy = float(np.sum(samples**2))
        if energy < len(samples) * 100.0 or not len(samples):
            return 0.0
        angles = 2 * np.pi * hertz / RATE * np.arange(len(samples))
        projection = complex(np.sum(samples * np.exp(-1j * angles)))
        return 2 * abs(projection) ** 2 / (energy * len(samples))

    async def hears(self, hertz: int | None = None, *, within: float = 3.0) -> float:
        """Wait until a tone (or, without one, any sound at all) is heard; return the time. Raises `TimeoutError`."""
        async with asyncio.timeout(within):
            while True:
                since = self._loop.time() - 0.2
                if (self.share_of(hertz, since=since) > 0.8) if hertz else (self.level(since=since) > 50):
                    return self._loop.time()
                await asyncio.sleep(0.02)

    def _samples(self, since: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        octets = b"".join(frame.payload for frame in self.heard if frame.at >= since)
        return SAMPLES[np.frombuffer(octets, dtype=np.uint8)]
