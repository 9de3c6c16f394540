"""Rendering a flow's fixed prompts before its first caller, so that nobody waits for synthesis."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ivr.errors import SynthesisFailed
from ivr.flow.anatomy import prompts, spoken_in
from ivr.flow.flow import Flow
from ivr.ports import SpeechSynthesizer
from ivr.prompts.prompt import Utterance


@dataclass(frozen=True, slots=True, kw_only=True)
class Unspoken:
    """A text that could not be spoken: at which node, in which language, why."""

    node: str
    utterance: Utterance
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """What rendering a flow gave: the files' paths (without extension), and what could not be spoken."""

    files: tuple[str, ...]
    failed: tuple[Unspoken, ...]


def fixed_utterances(flow: Flow) -> Iterator[tuple[str, Utterance]]:
    """Yield what a flow says alike to every caller and no recording replaces, once, each with its (first) node."""
    seen: set[Utterance] = set()
    for one in (flow, *flow.modules.values()):
        for name, node in one.nodes.items():
            for where, prompt in prompts(node):
                # A module may speak more languages than the flow that runs it.
                languages = [
                    language for language in spoken_in(node, where, one.languages) if language in flow.languages
                ]
                for utterance in (fixed for language in languages for fixed in prompt.fixed_utterances(language)):
                    if utterance not in seen and flow.catalog.recording(utterance) is None:
                        seen.add(utterance)
                        yield name if one is flow else f"{one.name}.{name}", utterance


async def render_flow(
    flow: Flow, synthesizer: SpeechSynthesizer, *, progress: Callable[[int, int], None] = lambda _done, _all: None
) -> Rendered:
    """Synthesise all fixed prompts of a flow.

    One after the other: callers who are on the line meanwhile find the other workers free.

    Args:
        flow: The flow.
        synthesizer: Its cache keeps the files.
        progress: Told after every prompt how many of how many are done.
    """
    wanted = tuple(fixed_utterances(flow))
    files: list[str] = []
    failed: list[Unspoken] = []
    for done, (node, utterance) in enumerate(wanted, start=1):
        try:
            files.append(await synthesizer.synthesize(utterance.text, utterance.language))
        except SynthesisFailed as failure:
            failed.append(Unspoken(node=node, utterance=utterance, why=str(failure)))
        progress(done, len(wanted))
    return Rendered(files=tuple(files), failed=tuple(failed))
