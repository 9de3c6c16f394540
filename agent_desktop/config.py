"""What the desktop server derives from the settings: its own addresses, and its times and limits."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from callcenter.config import DesktopSettings

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
EVERY_ADDRESS = ("0.0.0.0", "::", "")  # noqa: S104 -- compared, not listened on


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Times in seconds and limits of the desktops' connections. The defaults are right; tests shorten them."""

    heartbeat_s: float = 3.0
    alive_within_s: float = 9.0  # a page that has not said "alive" for this long is discarded or frozen
    gone_after_s: float = 8.0  # a desktop may be away this long, for a reload or a network change
    cti_doubt_s: float = 0.5  # a snapshot that takes longer, with nothing else heard, means: the CTI server is away
    cti_retry_s: float = 0.5
    session_check_s: float = 0.7  # a revoked session's connections are closed within a second
    seen_every_s: float = 60.0  # who gives commands is not idle, though he makes no request
    board_every_s: float = 0.5  # pages that are only watched are brought up to date this often
    slow_after_s: float = 2.0  # a page that took longer to take a frame gets a snapshot next
    stuck_after_s: float = 20.0  # and one that took this long is cut off
    close_within_s: float = 1.0
    messages_per_s: float = 20.0
    messages_at_once: int = 60


@dataclass(frozen=True, slots=True)
class Site:
    """The addresses under which people reach this server, and what follows for cookies and encryption."""

    origins: frozenset[str]

    @property
    def trustworthy(self) -> bool:
        """Whether browsers treat every address as secure: https, or this very machine (W3C Secure Contexts, 3.1)."""
        return all(origin.startswith("https://") or _is_loopback(origin) for origin in self.origins)

    @property
    def cookie(self) -> str:
        """Name of the session's cookie; with `__Host-` no other host or path can have set it (RFC 6265bis, 4.1.3)."""
        return "__Host-callcenter" if self.trustworthy else "callcenter"

    def origin_of(self, host: str) -> str | None:
        """Return our origin with this `Host`, or none: somebody else's name points to us (DNS rebinding)."""
        for origin in sorted(self.origins, reverse=True):  # https before http
            if origin.partition("://")[2] == host.lower():
                return origin
        return None


def site_of(settings: DesktopSettings) -> Site:
    """Derive the addresses: the public one, else where we listen; and this machine's own names if we listen there.

    Behind a public address the bare one is not answered to: a plain-text way in beside the encrypted one.
    """
    scheme = "https" if settings.tls_certificate else "http"
    listen = f"[{settings.listen}]" if ":" in settings.listen else settings.listen
    own = _origin(f"{scheme}://{listen}:{settings.port}")
    origins = {_origin(settings.public_url) if settings.public_url else own}
    if settings.listen in EVERY_ADDRESS or _is_loopback(own):
        origins |= {_origin(f"{scheme}://{name}:{settings.port}") for name in LOOPBACK_NAMES}
    return Site(frozenset(origins))


def _origin(url: str) -> str:
    """Return scheme, host and port as a browser writes them: lower case, without the scheme's own port."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if parts.hostname and ":" in parts.hostname else parts.hostname
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    port = "" if parts.port in (None, usual) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def _is_loopback(origin: str) -> bool:
    host = urlsplit(origin).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
