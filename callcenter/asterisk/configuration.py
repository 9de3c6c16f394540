"""Asterisk's configuration, rendered from ours. Pure: values in, ``file name → text`` out; nothing is read or written.

`render` makes a whole private Asterisk; `render_includes` the parts to include into one that somebody else runs.
Everything that becomes part of a file has a checked shape, for a line end in a password would be a new setting.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from callcenter.asterisk import places
from callcenter.asterisk.messages import WANTED_EVENTS
from callcenter.config import AsteriskSettings
from callcenter.domain.errors import ConfigError
from callcenter.domain.ids import DeviceName, QueueName, is_configured_name

SECRET_LENGTH = 32
"""Least characters of the Manager Interface's secret."""

READ_RIGHTS = "system,call,agi,dtmf,user"
WRITE_RIGHTS = "call,agi,agent,reporting"
"""What the one AMI login may do. Not among it: `originate`, which is worth a shell and which nothing here needs."""


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


def render(installation: Installation, dialplan: str, directories: Directories) -> dict[str, str]:
    """Return every file of a private Asterisk; `dialplan` is the text of ``config/asterisk/extensions.conf``.

    Raises `ConfigError` for a value that must not stand in a file.
    """
    _check(installation)
    return {
        "asterisk.conf": _asterisk(installation, directories),
        "modules.conf": _MODULES,
        "logger.conf": _LOGGER,
        "http.conf": _http(installation),
        "rtp.conf": _rtp(installation),
        "manager.conf": _MANAGER_GENERAL.format(settings=installation.settings) + _manager_login(installation),
        "pjsip.conf": _pjsip_general(installation) + _trunks(installation) + _devices(installation),
        "queues.conf": _QUEUES_GENERAL + _queues(installation),
        "musiconhold.conf": f"[general]\n[default]\nmode = files\ndirectory = {installation.music}\nsort = random\n",
        "extensions.conf": _extensions(installation, dialplan),
        "cdr.conf": "[general]\nenable = no\n",
        "cel.conf": "[general]\nenable = no\n",
        "indications.conf": _INDICATIONS,
        # Not there, these would be complained about at each start; there and empty, their defaults hold.
        **dict.fromkeys(_DEFAULTS, "[general]\n"),
        "acl.conf": "; none\n",
    }


def render_includes(installation: Installation, dialplan: str) -> dict[str, str]:
    """Return the files to ``#include`` into an Asterisk that is not ours: login, phones, queues, dialplan.

    Trunks stay that Asterisk's own; they send calls to the context `places.IN`. Raises `ConfigError`.
    """
    _check(installation)
    body = _extensions(installation, dialplan)
    return {
        "callcenter-manager.conf": _manager_login(installation),
        "callcenter-pjsip.conf": _devices(installation),
        "callcenter-queues.conf": _queues(installation),
        # [general] and [globals] belong to the including file.
        "callcenter-extensions.conf": "; callcenter\n\n" + body[body.index(f"[{places.IN}]") :],
    }


# -- what may stand in a file -----------------------------------------------------------------------------------

_NUMBER = re.compile(r"\+?[0-9]{1,20}")
_PASSWORD = re.compile(r"[A-Za-z0-9_.~-]{12,128}")
_ADDRESS = re.compile(r"[0-9A-Za-z.:-]{1,253}(/[0-9]{1,3})?")
_PATH = re.compile(r"[A-Za-z0-9_./-]{1,500}")
_CODEC = re.compile(r"[a-z0-9]{1,16}")


def _check(installation: Installation) -> None:
    settings = installation.settings
    _demand("asterisk.secret", installation.secret, _PASSWORD)
    if len(installation.secret) < SECRET_LENGTH:
        raise ConfigError("asterisk.secret", f"shorter than {SECRET_LENGTH} characters")
    _demand("asterisk.host", settings.host, _ADDRESS)
    _demand_name("asterisk.ami_user", settings.ami_user)
    if settings.ami_user == "general":
        raise ConfigError("asterisk.ami_user", "'general' is a section of settings in manager.conf")
    for path in (installation.sorry, installation.packaged_sounds, installation.music):
        if path:
            _demand("path of sounds", path, _PATH)
    for number in installation.numbers:
        _demand("number", number.number, _NUMBER)
        _demand_queue(installation, number.queue)
    _demand_queue(installation, installation.default_queue)
    for queue in installation.queues:
        _demand_name("queue", queue)
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


# -- one part of the configuration each -------------------------------------------------------------------------


def _asterisk(installation: Installation, directories: Directories) -> str:
    purposes = {
        "astetcdir": "etc",
        "astvarlibdir": "lib",
        "astdbdir": "db",
        "astkeydir": "keys",
        "astspooldir": "spool",
        "astrundir": "run",
        "astlogdir": "log",
    }
    lines = [f"{key} => {directories.home}/{folder}" for key, folder in purposes.items()]
    return (
        "[directories]\n"
        + "\n".join(lines)
        + f"\n{directories.installed.strip()}\n\n"
        + _OPTIONS.format(settings=installation.settings)
    )


_OPTIONS = """\
[options]
; Functions that read files, run programs or fetch addresses stay out of reach of AMI.
live_dangerously = no
; Beyond this, new calls are refused instead of all calls getting worse.
maxcalls = {settings.max_calls}
systemname =
hideconnect = yes
"""

REQUIRED_MODULES = """
app_controlplayback app_dial app_exec app_playback app_queue app_stack app_userevent
bridge_builtin_features bridge_native_rtp bridge_simple
chan_pjsip codec_alaw codec_resample codec_ulaw format_pcm format_sln format_wav
func_callerid func_channel func_global func_hangupcause func_logic func_strings func_timeout
pbx_config res_agi res_http_websocket res_manager_devicestate res_musiconhold res_pjsip res_pjsip_authenticator_digest
res_pjsip_dtmf_info res_pjsip_endpoint_identifier_ip res_pjsip_endpoint_identifier_user res_pjsip_nat
res_pjsip_registrar res_pjsip_sdp_rtp res_pjsip_session res_pjsip_transport_websocket res_rtp_asterisk
res_sorcery_config res_sorcery_memory res_srtp
""".split()  # noqa: SIM905 -- a list of names reads better as text
"""Without any of these calls go wrong, some silently (no func_timeout, no way out of a dead IVR): no start at all."""

_WELCOME_MODULES = """
app_audiosocket app_verbose bridge_holding bridge_softmix codec_g722
func_cut func_math res_audiosocket res_crypto res_format_attr_opus
res_geolocation res_pjproject res_pjsip_acl res_pjsip_caller_id res_pjsip_diversion res_pjsip_geolocation
res_pjsip_header_funcs res_pjsip_logger res_pjsip_outbound_authenticator_digest res_pjsip_outbound_registration
res_pjsip_path res_pjsip_pubsub res_pjsip_rfc3326 res_security_log res_sorcery_astdb res_speech res_timing_timerfd
""".split()  # noqa: SIM905 -- a list of names reads better as text
"""What the required ones lean on, and what an operator's own additions may want."""

_MODULES = """\
; Named one by one: what is not loaded cannot be attacked, and Asterisk starts in a second.
[modules]
autoload = no
""" + "".join(
    [f"load = {name}.so\n" for name in _WELCOME_MODULES] + [f"require = {name}.so\n" for name in REQUIRED_MODULES]
)

_LOGGER = """\
[general]
dateformat = %F %T.%3q
; The journal and the records know what happened in queues.
queue_log = no
[logfiles]
console => warning,error
messages.log => notice,warning,error
; Refused logins and registrations: for those who watch, and for fail2ban.
security.log => security
"""


_INDICATIONS = """\
[general]
country = us
[us]
description = United States
ringcadence = 2000,4000
ring = 440+480/2000,0/4000
busy = 480+620/500,0/500
congestion = 480+620/250,0/250
"""

_DEFAULTS = ("ccss.conf", "features.conf", "geolocation.conf", "pjproject.conf", "udptl.conf")


def _http(installation: Installation) -> str:
    settings = installation.settings
    return f"""\
; Carries nothing but the softphones' WebSocket (/ws), which the desktop's server passes on.
[general]
enabled = yes
bindaddr = {settings.host}
bindport = {settings.http_port}
enable_static = no
enable_status = no
servername =
; Each softphone holds one session.
sessionlimit = {2 * len(installation.devices) + 100}
"""


def _rtp(installation: Installation) -> str:
    settings = installation.settings
    return f"""\
[general]
rtpstart = {settings.rtp_first}
rtpend = {settings.rtp_last}
strictrtp = yes
icesupport = yes
"""


_MANAGER_GENERAL = """\
[general]
enabled = yes
webenabled = no
bindaddr = {settings.host}
port = {settings.ami_port}
allowmultiplelogin = no
authtimeout = 10
authlimit = 20
timestampevents = yes
channelvars = CC_ID

"""


def _manager_login(installation: Installation) -> str:
    settings = installation.settings
    events = "\n".join(f"eventfilter(action(include),name({name})) =" for name in WANTED_EVENTS)
    return f"""\
; The one login of the CTI server. It cannot run programs, read files, change configuration, or make calls.
[{settings.ami_user}]
secret = {installation.secret}
deny = 0.0.0.0/0.0.0.0
permit = 127.0.0.1/255.255.255.255
read = {READ_RIGHTS}
write = {WRITE_RIGHTS}
writetimeout = 5000
; Only what the CTI server reads. Newchannel and Newexten are left out for one more reason: they come before the
; dialplan has cleaned what the network sent.
{events}
"""


def _pjsip_general(installation: Installation) -> str:
    settings = installation.settings
    return f"""\
[global]
type = global
user_agent = callcenter
; No endpoint "anonymous": a request from nowhere known is challenged and refused.
endpoint_identifier_order = username,ip
disable_multi_domain = yes
keep_alive_interval = 30

[transport-udp]
type = transport
protocol = udp
bind = {settings.host}:{settings.sip_port}

; Its port is the HTTP server's.
[transport-ws]
type = transport
protocol = ws
bind = {settings.host}

"""


def _trunks(installation: Installation) -> str:
    return "".join(
        f"""\
[{places.TRUNK}{trunk.name}]
type = endpoint
transport = transport-udp
context = {places.IN}
disallow = all
allow = {",".join(trunk.codecs)}
dtmf_mode = auto
direct_media = no
allow_transfer = no
; The network vouches for P-Asserted-Identity; that does not make it true, only cleaned.
trust_id_inbound = yes
; A caller who vanished without a word is cleared after this many seconds without audio.
rtp_timeout = {trunk.rtp_timeout}
rtp_timeout_hold = {10 * trunk.rtp_timeout}

[{places.TRUNK}{trunk.name}]
type = identify
endpoint = {places.TRUNK}{trunk.name}
{"".join(f"match = {address}{chr(10)}" for address in trunk.addresses)}
"""
        for trunk in installation.trunks
    )


_DEVICE_TEMPLATES = f"""\
[cc-agent](!)
type = endpoint
context = {places.DEVICE}
disallow = all
; This order: a browser that answers with opus would make Asterisk transcode for nothing.
allow = ulaw,opus
direct_media = no
allow_transfer = no
allow_subscribe = no
; One call at a time, so that the fallback queues never ring a device in use.
device_state_busy_at = 1
; A browser that died sends no BYE: its leg is cleared after 5 s without audio, with cause 44.
rtp_timeout = 5
rtp_timeout_hold = 300

[cc-browser](!,cc-agent)
webrtc = yes
dtls_auto_generate_cert = yes

[cc-phone](!,cc-agent)
dtmf_mode = rfc4733

[cc-auth](!)
type = auth
auth_type = digest

[cc-aor](!)
type = aor
; A reloaded page takes the place of the page before it.
max_contacts = 1
remove_existing = yes
default_expiration = 60
minimum_expiration = 30
maximum_expiration = 300
; A laptop that fell asleep keeps its connection: only an unanswered OPTIONS tells.
qualify_frequency = 15
qualify_timeout = 3

"""


def _devices(installation: Installation) -> str:
    return _DEVICE_TEMPLATES + "".join(
        f"""\
[{device.name}](cc-{device.kind.value})
auth = {device.name}
aors = {device.name}
[{device.name}](cc-auth)
username = {device.name}
password = {device.password}
[{device.name}](cc-aor)

"""
        for device in installation.devices
    )


_QUEUES_GENERAL = """\
[general]
; Members (agents' devices) are mirrored here over AMI; a restart of Asterisk must not forget them.
persistentmembers = yes
autofill = yes
shared_lastcall = yes

"""


def _queues(installation: Installation) -> str:
    return "".join(
        f"""\
[{places.fallback_queue(queue)}]
; Each in turn: with "leastrecent" a phone on an empty desk would be asked again and again.
strategy = rrmemory
ringinuse = no
timeout = {installation.settings.ring_seconds}
retry = 1
wrapuptime = 0
; Callers keep their place when nobody is there yet: somebody may come back in time.
joinempty = yes
leavewhenempty = no
autopause = no
musicclass = default

"""
        for queue in installation.queues
    )


def _extensions(installation: Installation, dialplan: str) -> str:
    numbers = "\n".join(
        f"exten => {number.number},1,Set(CALLERID(dnid)={number.number})\n"
        f" same => n,Set(CC_QUEUE={number.queue})\n"
        f" same => n,Goto(cc-start,s,1)"
        for number in installation.numbers
    )
    prefix = f"{installation.packaged_sounds}/" if installation.packaged_sounds else ""
    words = {
        "NUMBERS": numbers,
        "DEFAULT_QUEUE": installation.default_queue,
        "FALLBACK_SECONDS": str(installation.fallback_seconds),
        "RING_SECONDS": str(installation.settings.ring_seconds),
        "SORRY": installation.sorry,
        "PACKAGED_SORRY": f"{prefix}im-sorry&{prefix}please-try-call-later",
    }
    filled = re.sub(r"@([A-Z_]+)@", lambda match: words.pop(match[1], match[0]), dialplan)
    if words or re.search(r"^[^;]*@[A-Z_]+@", filled, re.MULTILINE):
        raise ConfigError("extensions.conf", "the template does not use each of its words exactly once")
    return filled
