"""A speech synthesiser whose files are names, slow or failing on request."""

import asyncio
from collections.abc import Mapping

from ivr.errors import SynthesisFailed


class FakeSpeechSynthesizer:
    """Speaks every text into ``/speech/<language>/<text>``.

    Args:
        seconds: How long each text takes that is spoken for the first time.
        broken: Texts that cannot be spoken, and why.
    """

    def __init__(self, *, seconds: float = 0.0, broken: Mapping[str, str] | None = None) -> None:
        self._seconds = seconds
        self._broken = broken or {}
        self.spoken: list[tuple[str, str]] = []

    async def synthesize(self, text: str, language: str) -> str:
        if text in self._broken:
            raise SynthesisFailed(self._broken[text], retryable=False)
        if (text, language) not in self.spoken:
            await asyncio.sleep(self._seconds)
            self.spoken.append((text, language))
        return f"/speech/{language}/{text}"
