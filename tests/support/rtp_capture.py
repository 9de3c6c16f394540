"""Builds the capture file a simulated caller of a benchmark plays: speech, silence and keys in one RTP stream.

One stream, because a switch that is strict about its peers drops keys that come from another port than the audio.
Formats: RTP (RFC 3550), PCMU (G.711, payload type 0), telephone-event (RFC 4733, payload type 101), libpcap 2.4 with
Ethernet frames; addresses and ports in the frames are placeholders that SIPp replaces.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

from callcenter.demo.sound import Keys, Pause, Speech, mu_law

KEYS = "0123456789*#ABCD"
_PCMU, _EVENT = 0, 101
_SAMPLES = 160  # in 20 ms
_SILENCE = b"\xff" * _SAMPLES
_KEY_PACKETS, _END_PACKETS, _GAP_PACKETS = 5, 3, 5
_VOLUME = 10  # -10 dBm0
_END = 0x80


class _Stream:
    """The packets so far."""

    def __init__(self) -> None:
        self.packets: list[bytes] = []
        self._stamp = 50_000

    def sound(self, payload: bytes) -> None:
        self._add(_PCMU, payload.ljust(_SAMPLES, b"\xff"), self._stamp, marker=not self.packets)
        self._stamp += _SAMPLES

    def key(self, key: str) -> None:
        event, begun = KEYS.index(key), self._stamp
        for number in range(_KEY_PACKETS):
            body = struct.pack("!BBH", event, _VOLUME, (number + 1) * _SAMPLES)
            self._add(_EVENT, body, begun, marker=number == 0)
        for _ in range(_END_PACKETS):
            self._add(_EVENT, struct.pack("!BBH", event, _END | _VOLUME, _KEY_PACKETS * _SAMPLES), begun, marker=False)
        self._stamp += (_KEY_PACKETS + _END_PACKETS) * _SAMPLES
        for _ in range(_GAP_PACKETS):
            self.sound(_SILENCE)

    def _add(self, kind: int, payload: bytes, stamp: int, *, marker: bool) -> None:
        number = (1_000 + len(self.packets)) & 0xFFFF
        head = struct.pack("!BBHII", 0x80, (0x80 if marker else 0) | kind, number, stamp & 0xFFFFFFFF, 0x11223344)
        self.packets.append(head + payload)


def capture(parts: Iterable[Pause | Speech | Keys]) -> bytes:
    """Return the capture file of the parts, one after the other, a packet every 20 ms."""
    stream = _Stream()
    for part in parts:
        match part:
            case Pause():
                for _ in range(round(part.seconds * 50)):
                    stream.sound(_SILENCE)
            case Speech():
                encoded = mu_law(part.samples)
                for begin in range(0, len(encoded), _SAMPLES):
                    stream.sound(encoded[begin : begin + _SAMPLES])
            case Keys():
                for key in part.keys:
                    stream.key(key)
    frames = [_frame(number, packet) for number, packet in enumerate(stream.packets)]
    return struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, 1) + b"".join(frames)


def _frame(number: int, packet: bytes) -> bytes:
    udp = struct.pack("!HHHH", 6_000, 6_000, 8 + len(packet), 0) + packet
    loopback = b"\x7f\x00\x00\x01"
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), number & 0xFFFF, 0, 64, 17, 0, loopback, loopback) + udp
    ethernet = bytes(12) + b"\x08\x00" + ip
    seconds, microseconds = divmod(number * 20_000, 1_000_000)
    return struct.pack("<IIII", seconds, microseconds, len(ethernet), len(ethernet)) + ethernet
