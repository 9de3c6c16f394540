"""What Asterisk's configuration depends on, and which values may stand in a file. Pure.

Everything that becomes part of a file has a checked shape, for a line end in a password would be a new setting.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from callcenter.asterisk import places
from callcenter.config import AsteriskSettings
from callcenter.domain.errors import ConfigError
from callcenter.domain.ids import DeviceName, QueueName, is_configured_name

SECRET_LENGTH = 32
"""Least characters of the Manager Interface's secret."""


class DeviceKind(StrEnum):
    """How an agent's device speaks with us."""

    BROWSER = "browser"  # WebRTC over WebSocket
    PHONE = "phone"  # plain SIP over UDP


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """An agent's device, and the password with which it registers."""

    name: DeviceName
    password: str
    kind: DeviceKind = DeviceKind.BROWSER


@dataclass(frozen=True, slots=True, kw_only=True)
class Trunk:
    """Where calls come from: every request from these addresses (IP, or network as ``192.0.2.0/28``)."""

    name: str
    addresses: tuple[str, ...]
    codecs: tuple[str, ...] = ("ulaw", "alaw")
    rtp_timeout: int = 120  # seconds; long, for a muted or silence-suppressing caller sends nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A published number, and the queue of those callers who never got a chance to say what they want."""

    number: str
    queue: QueueName


@dataclass(frozen=True, slots=True, kw_only=True)
class Directories:
    """Where a private Asterisk keeps its things.

    `home` is ours and gets a folder for each purpose; `installed` are lines for asterisk.conf about what cannot be
    moved (``astmoddir => …``), as the installation left them in its ``directories.conf``; empty for a system's own.
    """

    home: str
    installed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """All that the configuration depends on."""

    settings: AsteriskSettings
    secret: str  # of the Manager Interface's one login
    numbers: tuple[Number, ...]
    queues: tuple[QueueName, ...]
    default_queue: QueueName
    trunks: tuple[Trunk, ...]
    devices: tuple[Device, ...]
    sorry: str  # absolute, without extension: the spoken end; Asterisk's own words where the file is missing
    packaged_sounds: str = "en_US_f_Allison"  # folder of Asterisk's own sounds, below its "sounds"
    music: str = "moh"  # folder of the music, absolute or below Asterisk's data directory
    fallback_seconds: int = 600  # how long Asterisk's own queue may take before the spoken end
    call_seconds: int = 60  # how long a number that we call may ring


# -- what may stand in a file -----------------------------------------------------------------------------------

_NUMBER = re.compile(r"\+?[0-9]{1,20}")
_PASSWORD = re.compile(r"[A-Za-z0-9_.~-]{12,128}")
_ADDRESS = re.compile(r"[0-9A-Za-z.:-]{1,253}(/[0-9]{1,3})?")
_HOST = re.compile(r"[0-9A-Za-z.-]{1,253}(:[0-9]{1,5})?")
_PATH = re.compile(r"[A-Za-z0-9_./-]{1,500}")
_CODEC = re.compile(r"[a-z0-9]{1,16}")


def check(installation: Installation) -> None:
    """Raise `ConfigError` for a value that would say more in a file than it should."""
    _check_settings(installation)
    _check_calls(installation)
    _check_endpoints(installation)


def _check_settings(installation: Installation) -> None:
    settings = installation.settings
    _demand("asterisk.secret", installation.secret, _PASSWORD)
    if len(installation.secret) < SECRET_LENGTH:
        raise ConfigError("asterisk.secret", f"shorter than {SECRET_LENGTH} characters")
    _demand("asterisk.host", settings.host, _ADDRESS)
    _demand_name("asterisk.ami_user", settings.ami_user)
    _demand_name("asterisk.outbound_trunk", settings.outbound_trunk)
    if settings.outbound_host:
        _demand("asterisk.outbound_host", settings.outbound_host, _HOST)
    if settings.ami_user == "general":
        raise ConfigError("asterisk.ami_user", "'general' is a section of settings in manager.conf")
    for path in (installation.sorry, installation.packaged_sounds, installation.music):
        if path:
            _demand("path of sounds", path, _PATH)


def _check_calls(installation: Installation) -> None:
    for number in installation.numbers:
        _demand("number", number.number, _NUMBER)
        _demand_queue(installation, number.queue)
    _demand_queue(installation, installation.default_queue)
    for queue in installation.queues:
        _demand_name("queue", queue)


def _check_endpoints(installation: Installation) -> None:
    for trunk in installation.trunks:
        _demand_name("trunk", trunk.name)
        for address in trunk.addresses:
            _demand(f"trunk {trunk.name}", address, _ADDRESS)
        for codec in trunk.codecs:
            _demand(f"trunk {trunk.name}", codec, _CODEC)
    for device in installation.devices:
        _demand_name("device", device.name)
        if device.name.startswith(places.TRUNK):
            raise ConfigError("device", f"{device.name!r} begins as the name of a trunk")
        _demand(f"password of {device.name}", device.password, _PASSWORD)
    names = [device.name for device in installation.devices] + [trunk.name for trunk in installation.trunks]
    if len(set(names)) != len(names):
        raise ConfigError("devices and trunks", "a name stands twice")


def _demand(what: str, value: str, shape: re.Pattern[str]) -> None:
    if not shape.fullmatch(value):
        raise ConfigError(what, "has characters that must not stand in Asterisk's configuration")


def _demand_name(what: str, value: str) -> None:
    if not is_configured_name(value):
        raise ConfigError(what, f"{value!r} is not a name: lower-case letters, digits, - and _, a letter first")


def _demand_queue(installation: Installation, queue: QueueName) -> None:
    if queue not in installation.queues:
        raise ConfigError("queue", f"{queue!r} is not configured")
