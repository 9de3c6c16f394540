"""The texts of Asterisk's files, one for each part, with the reasons that an operator wants to read in them. Pure."""

from __future__ import annotations

from callcenter.asterisk import places
from callcenter.asterisk.installation import Directories, Installation
from callcenter.asterisk.reader import WANTED_EVENTS

READ_RIGHTS = "system,call,agi,dtmf,user"
WRITE_RIGHTS = "call,agi,agent,originate,reporting"
"""What the one AMI login may do. `originate` could call anybody and run most applications: what is sent of it goes to
contexts of ours alone (`callcenter.asterisk.actions`), and without `system` it runs no programs."""


def asterisk(installation: Installation, directories: Directories) -> str:
    """Return asterisk.conf."""
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
app_bridgeaddchan app_controlplayback app_dial app_exec app_playback app_queue app_senddtmf app_stack app_userevent
bridge_builtin_features bridge_native_rtp bridge_simple bridge_softmix
chan_pjsip codec_alaw codec_resample codec_ulaw format_pcm format_sln format_wav
func_callerid func_channel func_global func_hangupcause func_logic func_strings func_timeout
pbx_config res_agi res_http_websocket res_manager_devicestate res_musiconhold res_pjsip res_pjsip_authenticator_digest
res_pjsip_dtmf_info res_pjsip_endpoint_identifier_ip res_pjsip_endpoint_identifier_user res_pjsip_nat
res_pjsip_registrar res_pjsip_sdp_rtp res_pjsip_session res_pjsip_transport_websocket res_rtp_asterisk
res_sorcery_config res_sorcery_memory res_srtp
""".split()  # noqa: SIM905 -- a list of names reads better as text
"""Without any of these calls go wrong, some silently (no func_timeout, no way out of a dead IVR): no start at all."""

WELCOME_MODULES = """
app_audiosocket app_verbose bridge_holding codec_g722
func_cut func_math res_audiosocket res_crypto res_format_attr_opus
res_geolocation res_pjproject res_pjsip_acl res_pjsip_caller_id res_pjsip_diversion res_pjsip_geolocation
res_pjsip_header_funcs res_pjsip_logger res_pjsip_outbound_authenticator_digest res_pjsip_outbound_registration
res_pjsip_path res_pjsip_pubsub res_pjsip_rfc3326 res_security_log res_sorcery_astdb res_speech res_timing_timerfd
""".split()  # noqa: SIM905 -- a list of names reads better as text
"""What the required ones lean on, and what an operator's own additions may want."""

MODULES = """\
; Named one by one: what is not loaded cannot be attacked, and Asterisk starts in a second.
[modules]
autoload = no
""" + "".join(
    [f"load = {name}.so\n" for name in WELCOME_MODULES] + [f"require = {name}.so\n" for name in REQUIRED_MODULES]
)

LOGGER = """\
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


INDICATIONS = """\
[general]
country = us
[us]
description = United States
ringcadence = 2000,4000
ring = 440+480/2000,0/4000
busy = 480+620/500,0/500
congestion = 480+620/250,0/250
"""

DEFAULTS = ("ccss.conf", "features.conf", "geolocation.conf", "pjproject.conf", "udptl.conf")


def http(installation: Installation) -> str:
    """Return http.conf."""
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


def rtp(installation: Installation) -> str:
    """Return rtp.conf."""
    settings = installation.settings
    return f"""\
[general]
rtpstart = {settings.rtp_first}
rtpend = {settings.rtp_last}
strictrtp = yes
icesupport = yes
"""


MANAGER_GENERAL = """\
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


def manager_login(installation: Installation) -> str:
    """Return the one section of manager.conf that is our login."""
    settings = installation.settings
    events = "\n".join(f"eventfilter(action(include),name({name})) =" for name in WANTED_EVENTS)
    return f"""\
; The one login of the CTI server. It cannot run programs, read files, or change configuration.
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


def pjsip_general(installation: Installation) -> str:
    """Return the part of pjsip.conf that belongs to the whole Asterisk."""
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


def trunks(installation: Installation) -> str:
    """Return the trunks of pjsip.conf; by the first calls go out, where a host takes them."""
    out = installation.settings.outbound_host
    return "".join(
        f"""\
[{places.TRUNK}{trunk.name}]
type = endpoint
transport = transport-udp
{f"aors = {places.TRUNK}{trunk.name}" if out and trunk is installation.trunks[0] else "; no calls go out here"}
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
        + (
            f"[{places.TRUNK}{trunk.name}]\ntype = aor\ncontact = sip:{out}\n\n"
            if out and trunk is installation.trunks[0]
            else ""
        )
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


def devices(installation: Installation) -> str:
    """Return the agents' devices of pjsip.conf."""
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


QUEUES_GENERAL = """\
[general]
; Members (agents' devices) are mirrored here over AMI; a restart of Asterisk must not forget them.
persistentmembers = yes
autofill = yes
shared_lastcall = yes

"""


def queues(installation: Installation) -> str:
    """Return the queues of queues.conf."""
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
