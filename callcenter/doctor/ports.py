"""Which ports an installation wants, and which of them somebody else has."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import Literal

from callcenter.config import Settings

_KINDS = {"TCP": socket.SOCK_STREAM, "UDP": socket.SOCK_DGRAM}


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedPort:
    """A port one of our servers will listen on."""

    what: str
    kind: Literal["TCP", "UDP"]
    host: str
    number: int
    setting: str  # the key that changes it


def wanted_ports(settings: Settings, bank: tuple[str, int] | None = None) -> list[WantedPort]:
    """Return all single ports of an installation; the RTP range is looked at by `taken_rtp_ports`.

    `bank` is where the sample bank is to listen.
    """
    wanted = [
        WantedPort(
            what="agents' pages",
            kind="TCP",
            host=settings.desktop.listen,
            number=settings.desktop.port,
            setting="desktop.port",
        )
    ]
    if settings.asterisk.embedded:
        asterisk = settings.asterisk
        wanted += [
            WantedPort(
                what="Asterisk's manager",
                kind="TCP",
                host=asterisk.host,
                number=asterisk.ami_port,
                setting="asterisk.ami_port",
            ),
            WantedPort(
                what="Asterisk's WebSocket",
                kind="TCP",
                host=asterisk.host,
                number=asterisk.http_port,
                setting="asterisk.http_port",
            ),
            WantedPort(
                what="SIP", kind="UDP", host=asterisk.host, number=asterisk.sip_port, setting="asterisk.sip_port"
            ),
        ]
    if bank is not None:
        host, number = bank
        wanted.append(
            WantedPort(what="sample bank", kind="TCP", host=host, number=number, setting="base_url in hosts/bank.yaml")
        )
    return wanted


def ports_in_use(settings: Settings, bank: tuple[str, int] | None = None) -> list[WantedPort]:
    """Return the wanted ports that cannot be listened on now; see `wanted_ports`."""
    return [port for port in wanted_ports(settings, bank) if not _is_free(port.kind, port.host, port.number)]


def taken_rtp_ports(settings: Settings) -> list[int]:
    """Return the ports of the RTP range that somebody has; Asterisk steps over them, as long as enough are left."""
    asterisk = settings.asterisk
    return [
        number
        for number in range(asterisk.rtp_first, asterisk.rtp_last + 1)
        if not _is_free("UDP", asterisk.host, number)
    ]


def _is_free(kind: str, host: str, number: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, _KINDS[kind]) as trial:
        # As servers do: a port whose last connections are only lingering (TIME_WAIT) is free.
        if kind == "TCP":
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, number))
        except OSError:
            return False
    return True
