"""SIP messages (RFC 3261) as the test phone needs them: reading, writing, digest authentication (RFC 2617)."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SipMessage:
    """One request or response as it stood on the wire."""

    start_line: str
    headers: tuple[tuple[str, str], ...]
    body: str

    @classmethod
    def parse(cls, data: bytes) -> SipMessage:
        """Read a datagram."""
        head, _, body = data.decode("utf-8", "replace").partition("\r\n\r\n")
        start_line, *lines = head.split("\r\n")
        pairs = (line.partition(":") for line in lines)
        return cls(start_line, tuple((name.strip().lower(), value.strip()) for name, _, value in pairs), body)

    def all(self, name: str) -> list[str]:
        """Return every value of a header, in order."""
        return [value for key, value in self.headers if key == name.lower()]

    def get(self, name: str) -> str:
        """Return the first value of a header, empty when there is none."""
        return next(iter(self.all(name)), "")

    @property
    def status(self) -> int:
        """The code of a response; 0 for a request."""
        return int(self.start_line.split()[1]) if self.start_line.startswith("SIP/2.0") else 0

    @property
    def method(self) -> str:
        """What it is, or what it answers: INVITE, BYE, ..."""
        return self.get("CSeq").partition(" ")[2]

    @property
    def sequence(self) -> int:
        """The number in CSeq."""
        return int(self.get("CSeq").partition(" ")[0])

    @property
    def contact(self) -> str:
        """The URI in Contact."""
        match = re.search(r"<([^>]+)>", self.get("Contact"))
        return match[1] if match else ""

    @property
    def media(self) -> tuple[str, int] | None:
        """Where the body's session description wants audio: address and port."""
        port, address = re.search(r"m=audio (\d+)", self.body), re.search(r"c=IN IP4 (\S+)", self.body)
        return (address[1], int(port[1])) if port and address else None


def compose(start_line: str, headers: list[tuple[str, str]], body: str = "") -> bytes:
    """Write a message; Content-Length and, with a body, Content-Type are added."""
    octets = body.encode()
    headers = [*headers, *([("Content-Type", "application/sdp")] if body else []), ("Content-Length", str(len(octets)))]
    return (
        "".join([f"{start_line}\r\n", *(f"{name}: {value}\r\n" for name, value in headers), "\r\n"]).encode(
            "utf-8", "surrogateescape"
        )
        + octets
    )


def session_description(port: int, version: int, direction: str = "sendrecv") -> str:
    """Offer or answer µ-law and telephone-events on the loopback (RFC 4566)."""
    lines = (
        "v=0", f"o=- 1 {version} IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0",
        f"m=audio {port} RTP/AVP 0 101", "a=rtpmap:0 PCMU/8000", "a=rtpmap:101 telephone-event/8000",
        "a=fmtp:101 0-15", "a=ptime:20", f"a={direction}",
    )  # fmt: skip
    return "".join(f"{line}\r\n" for line in lines)


def answer_challenge(challenge: str, method: str, uri: str, user: str, password: str) -> str:
    """Return the Authorization value for a WWW-Authenticate value."""
    given = dict(re.findall(r'(\w+)="?([^",]+)"?', challenge))

    def digest(text: str) -> str:
        return hashlib.md5(text.encode()).hexdigest()  # noqa: S324 -- RFC 2617 knows nothing else

    secret = digest(f"{user}:{given['realm']}:{password}")
    request = digest(f"{method}:{uri}")
    parts = {"username": user, "realm": given["realm"], "nonce": given["nonce"], "uri": uri, "algorithm": "MD5"}
    if "qop" in given:
        count, own = "00000001", "c0ffee00"
        response = digest(f"{secret}:{given['nonce']}:{count}:{own}:auth:{request}")
        extra = f', qop=auth, nc={count}, cnonce="{own}"'
    else:
        response, extra = digest(f"{secret}:{given['nonce']}:{request}"), ""
    if "opaque" in given:
        parts["opaque"] = given["opaque"]
    written = ", ".join(f'{name}="{value}"' for name, value in parts.items())
    return f'Digest {written}, response="{response}"{extra}'
