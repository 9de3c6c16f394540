"""Callers by the hundred: SIPp dials a number at a steady rate, and its log tells when each INVITE went out."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.servers import LOOPBACK, ServerFailed, free_port, program

_SDP = """\
v=0
o=caller 53 23 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 0
a=rtpmap:0 PCMU/8000
"""

_HEADERS = """\
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:[series][call_number]@[local_ip]:[local_port]>;tag=[pid]c[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>{tag}
Call-ID: [call_id]
CSeq: {sequence}
Contact: <sip:caller@[local_ip]:[local_port]>
Max-Forwards: 70
"""

# Each caller's number is the series and the call's own number, so that the agent's INVITE tells whose call it is.
_SCENARIO = f"""\
<?xml version="1.0" encoding="UTF-8"?>
<scenario name="patient caller">
  <send retrans="500"><![CDATA[
INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
{_HEADERS.format(tag="", sequence="1 INVITE")}Content-Type: application/sdp
Content-Length: [len]

{_SDP}]]></send>
  <recv response="100" optional="true"/>
  <recv response="180" optional="true"/>
  <recv response="200" rrs="true"/>
  <send><![CDATA[
ACK [next_url] SIP/2.0
{_HEADERS.format(tag="[peer_tag_param]", sequence="1 ACK")}Content-Length: 0

]]></send>
  <recv request="BYE"/>
  <send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
</scenario>
"""


@dataclass(slots=True, kw_only=True)
class Traffic:
    """A running SIPp."""

    process: asyncio.subprocess.Process
    log: Path
    series: str

    @property
    def pid(self) -> int:
        """Its process."""
        return self.process.pid

    def dialled(self) -> dict[str, float]:
        """Return when each caller's first INVITE went out (monotonic seconds), by the caller's number."""
        offset = time.time() - time.monotonic()
        times: dict[str, float] = {}
        for line in self.log.read_text(errors="replace").splitlines():
            # date TAB time TAB epoch TAB S|R TAB call-id TAB CSeq TAB start line
            fields = line.split("\t")
            if len(fields) >= 7 and fields[3] == "S" and fields[6].startswith("INVITE "):
                times.setdefault(self.series + fields[4].partition("-")[0], float(fields[2]) - offset)
        return times


@contextlib.asynccontextmanager
async def callers(
    directory: Path, *, number: str, server: tuple[str, int], rate: float, calls: int, series: str = "1"
) -> AsyncIterator[Traffic]:
    """Let `calls` callers dial, `rate` a second; they stay until somebody hangs up. `series` begins their numbers."""
    scenario, log = directory / "callers.xml", directory / f"callers-{series}.log"
    scenario.write_text(_SCENARIO, encoding="utf-8")
    log.unlink(missing_ok=True)
    said = directory / f"sipp-{series}.log"
    with said.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *(program("setpriv"), "--pdeathsig", "KILL", "--"),
            *(program("sipp"), "-sf", str(scenario), "-s", number, f"{server[0]}:{server[1]}"),
            # SIPp finds a port for its SIP by itself; its echo port it would only take where it is told.
            *("-i", LOOPBACK, "-mi", LOOPBACK, "-mp", str(free_port())),
            # Without -l SIPp holds calls back when three rates' worth of them are open, and no queue ever fills.
            *("-r", str(round(rate * 100)), "-rp", "100000", "-l", str(calls), "-m", str(calls), "-nostdin"),
            *("-key", "series", series, "-trace_shortmsg", "-shortmessage_file", str(log)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        await asyncio.sleep(0.3)
        if process.returncode is not None:
            raise ServerFailed(
                f"SIPp ended with status {process.returncode}:\n{said.read_text(errors='replace')[-2000:]}"
            )
        yield Traffic(process=process, log=log, series=series)
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        await process.wait()
