"""Rendering a flow's fixed prompts before its first caller, so that nobody waits for synthesis."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ivr.errors import SynthesisFailed
from ivr.flow.nodes import Flow, Play, prompts
from ivr.ports import SpeechSynthesizer
from ivr.prompts.prompt import Utterance


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """What rendering a flow gave: the files' paths (without extension), and what could not be spoken and why."""

    files: tuple[str, ...]
    failed: tuple[tuple[Utterance, str], ...]


def fixed_utterances(flow: Flow) -> Iterator[Utterance]:
    """Yield what a flow says alike to every caller and no recording replaces, once, in the order of the file."""
    seen: set[Utterance] = set()
    for node in flow.nodes.values():
        languages = flow.languages
        if isinstance(node, Play) and node.language is not None:
            languages = (node.language,)
        for _, prompt in prompts(node):
            for utterance in (one for language in languages for one in prompt.fixed_utterances(language)):
                if utterance not in seen and flow.catalog.recording(utterance) is None:
                    seen.add(utterance)
                    yield utterance


async def render_flow(
    flow: Flow, synthesizer: SpeechSynthesizer, *, progress: Callable[[int, int], None] = lambda _done, _all: None
) -> Rendered:
    """Synthesise all fixed prompts of a flow, one after the other.

    Args:
        flow: The flow.
        synthesizer: Its cache keeps the files.
        progress: Told after every prompt how many of how many are done.
    """
    wanted = tuple(fixed_utterances(flow))
    files: list[str] = []
    failed: list[tuple[Utterance, str]] = []
    for done, utterance in enumerate(wanted, start=1):
        try:
            files.append(await synthesizer.synthesize(utterance.text, utterance.language))
        except SynthesisFailed as failure:
            failed.append((utterance, str(failure)))
        progress(done, len(wanted))
    return Rendered(files=tuple(files), failed=tuple(failed))
