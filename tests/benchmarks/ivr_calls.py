"""A hundred keypad callers at once on a whole platform: first sound, barge-in, keys, CPU, and dying speech workers.

Most callers are SIPp's: they dial, play a capture with their keys, and stay until we hang up. A few are telephones of
the benchmark's own, which time every packet: when sound begins after the answer, and when it ends after a key.
Whether a key was lost is read from what the platform stored of each call, not from what anybody heard.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from sqlalchemy import select

from callcenter.demo.sound import Keys, Pause
from callcenter.domain.interaction import EventKind
from callcenter.storage.database import open_database
from callcenter.storage.tables import interaction_events
from tests.support.bench import Report, cpu_seconds, median, percentile, say
from tests.support.phone import Phone
from tests.support.platform import Platform, laid_out, one_queue
from tests.support.rtp import SAMPLES, Heard
from tests.support.rtp_capture import capture
from tests.support.servers import LOOPBACK, ServerFailed, free_port, program

NUMBER = "5550111"
CONCURRENT = 100
PROBES = 4
LOUD = 300.0
"""Root mean square of 16-bit samples from which a packet is sound; what Asterisk sends in a pause is 0."""
SETTLED = 0.3
"""Seconds without sound that make the end of a prompt: words have shorter pauses."""
KEYED = {"account_number": "48213579", "code": "2580", "reason": "billing"}
SPEECH = ("speech-1", "speech-2")

_FLOW = """\
version: 1
name: keys
languages: [en]
inputs: [caller_number]
start: welcome
person: to_queue
longest: 120
nodes:
  welcome:
    type: play
    prompt: { en: Welcome. Please listen to the following questions and answer each of them with your keys. }
    next: ask_account
  ask_account:
    type: collect
    prompt: { en: "Please key in your account number of eight digits now, followed by the pound key, thank you." }
    store: account_number
    min_digits: 8
    max_digits: 8
    no_input: { say: [{ en: We did not hear any key. }], then: to_queue }
    no_match: { say: [{ en: That was no account number. }], then: to_queue }
    next: repeat
  repeat:
    type: play
    interruptible: false
    prompt: { en: "You keyed {account_number:digits}, from {caller_number:digits}." }
    next: ask_code
  ask_code:
    type: collect
    prompt: { en: Please key in your code of four digits. }
    store: code
    min_digits: 4
    max_digits: 4
    no_input: { say: [{ en: We did not hear any key. }], then: to_queue }
    no_match: { say: [{ en: That was no code. }], then: to_queue }
    next: ask_reason
  ask_reason:
    type: menu
    prompt: { en: For billing press 1. For technical help press 2. }
    store: reason
    choices:
      "1": { value: billing }
      "2": { value: technical }
    no_input: { say: [{ en: We did not hear any key. }], then: to_queue }
    no_match: { say: [{ en: That key is not in use. }], then: to_queue }
    next: bye
  bye:
    type: hang_up
    prompt: { en: Thank you. Goodbye. }
  to_queue:
    type: enqueue
    queue: general
    attributes: []
"""


@dataclass(slots=True, kw_only=True)
class Sample:
    """What one run gave."""

    first_sound: list[float] = field(default_factory=list)  # seconds from the answer to the first loud packet
    barge_in: list[float] = field(default_factory=list)  # seconds from the key's end to the last loud packet
    calls: int = 0
    succeeded: int = 0
    stored: Counter[str] = field(default_factory=Counter)  # calls whose answers are: whole, wrong, to_person
    most_at_once: int = 0
    kills: int = 0
    seconds: float = 0.0
    cpu: dict[str, float] = field(default_factory=dict)


def measure(report: Report, quick: bool) -> None:
    """Run the platform and its callers; add the figures to the report."""
    calls, kills = (150, 3) if quick else (600, 10)
    house = one_queue()
    house["callcenter.yaml"] += f"  - {{ number: '{NUMBER}', flow: keys }}\n"
    house["flows/keys.yaml"] = _FLOW
    with (
        tempfile.TemporaryDirectory(prefix="bench-ivr-") as name,
        laid_out(Path(name), employees=(), catalogue=house) as platform,
    ):
        platform.asterisk.start()
        platform.start()
        sample = asyncio.run(_run(platform, Path(name), calls, kills, random.Random(report.seed)))
        asyncio.run(_read_stored(platform, sample))
    _tell(report, sample)


async def _run(platform: Platform, directory: Path, calls: int, kills: int, chance: random.Random) -> Sample:
    sample = Sample(calls=calls, kills=kills)
    pids = {"asterisk": platform.asterisk.pid, "cti": platform.pid("cti") or 0}
    before = {name: cpu_seconds(pid) for name, pid in pids.items()}
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with _callers(platform, directory, calls) as process, contextlib.AsyncExitStack() as stack:
        phones = [
            await stack.enter_async_context(Phone.open(server=platform.sip, user=f"0821000{number}"))
            for number in range(PROBES)
        ]
        probing = [asyncio.create_task(_probe(phone, sample, chance.uniform(0.2, 1.5))) for phone in phones]
        killing = asyncio.create_task(_kill_workers(platform, kills))
        watching = asyncio.create_task(_watch(platform, sample))
        await process.wait()
        sample.seconds = loop.time() - began
        sample.cpu = {name: cpu_seconds(pid) - before[name] for name, pid in pids.items()}
        await killing
        for task in (*probing, watching):
            task.cancel()
        await asyncio.gather(*probing, watching, return_exceptions=True)
    sample.succeeded = _successes(directory)
    return sample


@contextlib.asynccontextmanager
async def _callers(platform: Platform, directory: Path, calls: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """SIPp's callers, at most a hundred at once, each with a number of his own."""
    scenario = Path(__file__).with_name("caller.xml").read_text("utf-8")
    capture_file = directory / "keys.pcap"
    filled = {"number": "0711[call_number]", "name": "caller", "capture": str(capture_file), "patience": "60000"}
    for name, value in filled.items():
        scenario = scenario.replace(f"[{name}]", value)
    (directory / "callers.xml").write_text(scenario, encoding="utf-8")
    account, code = KEYED["account_number"], KEYED["code"]
    # The account while the question is still spoken, the code ahead of its question, the menu after a while.
    talk = (Pause(seconds=1.2), Keys(keys=account), Pause(seconds=0.8), Keys(keys=code), Pause(seconds=2.0))
    capture_file.write_bytes(capture((*talk, Keys(keys="1"), Pause(seconds=40.0))))
    with (directory / "sipp.log").open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *(program("setpriv"), "--pdeathsig", "KILL", "--"),
            *(program("sipp"), "-sf", str(directory / "callers.xml"), "-s", NUMBER),
            f"{platform.sip[0]}:{platform.sip[1]}",
            *("-i", LOOPBACK, "-mi", LOOPBACK),
            *("-mp", str(free_port()), "-r", "10", "-l", str(CONCURRENT), "-m", str(calls), "-nostdin"),
            *("-trace_stat", "-stf", str(directory / "stat.csv"), "-fd", "1"),
            cwd=directory,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def _successes(directory: Path) -> int:
    if not (directory / "stat.csv").exists():
        raise ServerFailed(f"SIPp did not run:\n{(directory / 'sipp.log').read_text(errors='replace')[-2000:]}")
    rows = [line.split(";") for line in (directory / "stat.csv").read_text(errors="replace").splitlines()]
    return int(rows[-1][rows[0].index("SuccessfulCall(C)")])


async def _probe(phone: Phone, sample: Sample, pause: float) -> None:
    """Call again and again: time the first sound, and how long a prompt sounds on after a key."""
    await asyncio.sleep(pause)
    while True:
        call = await phone.dial(NUMBER)
        await call.answered()
        answered = phone.now()
        await asyncio.sleep(2.0)
        loud = [heard.at for heard in call.audio.heard if _level(heard) > LOUD]
        if loud:
            sample.first_sound.append(loud[0] - answered)
        sounding = bool(loud) and phone.now() - loud[-1] < SETTLED
        call.audio.press("1")
        await asyncio.sleep(0.1)  # the key's own length; then its end is on the way
        released = phone.now()
        await asyncio.sleep(1.5)
        if sounding:
            after = [heard.at for heard in call.audio.heard if heard.at > released and _level(heard) > LOUD]
            end = released
            for at in after:
                if at - end > SETTLED:
                    break
                end = at
            sample.barge_in.append(end - released)
        call.bye()
        await call.ended()
        await asyncio.sleep(pause)


def _level(heard: Heard) -> float:
    samples = SAMPLES[np.frombuffer(heard.payload, dtype=np.uint8)].astype(float)
    return float(np.sqrt(np.mean(samples**2))) if len(samples) else 0.0


async def _kill_workers(platform: Platform, kills: int) -> None:
    """Kill one speech worker after the other, as a crash would; the supervisor starts each again."""
    for number in range(kills):
        await asyncio.sleep(3.0)
        pid = platform.pid(SPEECH[number % len(SPEECH)])
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
            say(f"speech worker killed, {number + 1} of {kills}")


async def _watch(platform: Platform, sample: Sample) -> None:
    """How many are on the line at once, by SIPp's own count."""
    stat = platform.home / "stat.csv"
    while True:
        await asyncio.sleep(1.0)
        with contextlib.suppress(OSError, ValueError, IndexError):
            rows = [line.split(";") for line in stat.read_text(errors="replace").splitlines()]
            sample.most_at_once = max(sample.most_at_once, int(rows[-1][rows[0].index("CurrentCall")]))


async def _read_stored(platform: Platform, sample: Sample) -> None:
    """Compare what was stored of every SIPp caller with what he keyed."""
    await asyncio.sleep(2.0)  # the drain is a quarter of a second behind
    answers: dict[str, dict[str, object]] = {}
    ours: set[str] = set()
    async with open_database(platform.settings.database_url) as database, database.connect() as connection:
        kinds = (EventKind.STARTED.value, EventKind.ANSWER_GIVEN.value)
        query = select(interaction_events).where(interaction_events.c.kind.in_(kinds))
        for row in (await connection.execute(query)).all():
            data: Mapping[str, object] = row.data if isinstance(row.data, dict) else json.loads(row.data)
            if row.kind == EventKind.STARTED.value:
                if str(data.get("calling_number", "")).startswith("0711"):
                    ours.add(row.interaction)
            else:
                answers.setdefault(row.interaction, {})[str(data["key"])] = data["value"]
    for interaction in ours:
        given = {key: str(value) for key, value in answers.get(interaction, {}).items() if key in KEYED}
        sample.stored["whole" if given == KEYED else "wrong"] += 1


def _tell(report: Report, sample: Sample) -> None:
    def ms(values: list[float], percent: float) -> float:
        return percentile(values, percent) * 1000

    first, barge = sample.first_sound, sample.barge_in
    failed = sample.calls - sample.succeeded
    report.add("concurrent keypad callers", sample.most_at_once, "", target=f"{CONCURRENT}", ok=None)
    report.add("calls failed", failed, "", target="none", ok=failed == 0)
    report.add(
        "calls with a key lost or doubled",
        sample.stored["wrong"] + sample.calls - sum(sample.stored.values()),
        "",
        target="none",
        ok=sample.stored["whole"] == sample.calls,
    )
    report.add(
        "first sound after answer, median", median(first) * 1000, "ms", target="60 ms", ok=median(first) <= 0.060
    )
    report.add("first sound after answer, p95", ms(first, 95), "ms", target="150 ms", ok=ms(first, 95) <= 150)
    report.add("sound after a key, median", median(barge) * 1000, "ms", target="stated", ok=None)
    report.add("sound after a key, p95", ms(barge, 95), "ms", target="150 ms", ok=ms(barge, 95) <= 150)
    for name, seconds in sample.cpu.items():
        report.add(f"CPU per call: {name}", seconds / sample.calls * 1000, "ms", target="stated", ok=None)
    report.add("speech workers killed", sample.kills, "", target="10", ok=None)
    report.notes.append(
        f"{sample.calls} SIPp callers in {sample.seconds:.0f} s, {PROBES} timed telephones beside them "
        f"({len(first)} first sounds, {len(barge)} barge-ins); each caller's own number is synthesised live."
    )
