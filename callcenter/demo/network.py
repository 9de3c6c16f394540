"""The simulated telephone network: one SIPp that takes the house's calls to numbers, so that they can be tried.

Nobody is called. What becomes of a call is decided by the number, see ``network.xml``. Emergency numbers (the only ones
that the dial plan lets through without a plus) are refused at once: they must not seem to be answered.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from callcenter.demo.sound import Pause, Speech, sound
from callcenter.demo.voices import spoken

_SPEECH = "Hello? Yes, speaking. I am only a simulated voice, but do go on."
_NEVER = str(10**9)


async def network_arguments(directory: Path, *, ring: float = 3.0, talk: float = 120.0) -> tuple[str, ...]:
    """Write what SIPp needs to be the network into `directory`, and return its arguments.

    Who answers does so after `ring` seconds, and hangs up after `talk` seconds. Raises `OSError`.
    """
    speech, script = directory / "network.ulaw", directory / "network.xml"
    speech.write_bytes(sound((Speech(samples=await spoken(_SPEECH, "en")), Pause(seconds=3))))
    script.write_text(scenario(speech=speech, ring=ring, talk=talk), "utf-8")
    # SIPp's watchdog would end it after some late moments; on a busy machine there are such.
    return ("-sf", str(script), "-watchdog_minor_maxtriggers", _NEVER, "-watchdog_major_maxtriggers", _NEVER)


def scenario(*, speech: Path, ring: float, talk: float) -> str:
    """Return SIPp's scenario; see `network_arguments`. `speech` is a file of µ-law."""
    # SIPp takes no variable as a time-out, nor in the name of a file to stream.
    text = resources.files("callcenter.demo").joinpath("network.xml").read_text("utf-8")
    words = {"speech": str(speech), "ring": str(round(1_000 * ring)), "talk": str(round(1_000 * talk))}
    for word, value in words.items():
        text = text.replace(f"[{word}]", value)
    return text
