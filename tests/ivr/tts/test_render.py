"""Rendering a flow before its first caller."""

from ivr.tts.render import Rendered, fixed_utterances, render_flow
from tests.fakes.speech import FakeSpeechSynthesizer
from tests.ivr.flows import HEAD, shipped_flow, small_flow

FLOW = small_flow(
    """
    begin: { type: play, prompt: { en: Hello., cmn: 您好。 }, next: offer }
    offer: { type: play, language: cmn, prompt: { cmn: 中文 }, next: ask }
    ask:
      type: menu
      prompt: { en: "For {language}, press 1. Press 2 for others.", cmn: 请按 1 }
      attempts: 2
      choices: { "1": { next: person } }
      no_input: { say: [{ en: Hello., cmn: 喂 }] }
      no_match: { say: [{ en: Recorded., cmn: 错 }] }
    """,
    head=HEAD.replace("languages: [en]", "languages: [en, cmn]").replace(
        "start:", "recordings: [{language: en, text: Recorded., file: r, seconds: 1}]\nstart:"
    ),
)


async def test_every_fixed_text_is_spoken_once_and_progress_is_told() -> None:
    synthesizer, progress = FakeSpeechSynthesizer(), list[tuple[int, int]]()
    rendered = await render_flow(FLOW, synthesizer, progress=lambda done, wanted: progress.append((done, wanted)))
    assert synthesizer.spoken == [
        ("Hello.", "en"), ("您好。", "cmn"), ("中文", "cmn"), ("Press 2 for others.", "en"), ("请按 1", "cmn"),
        ("喂", "cmn"), ("错", "cmn"),
    ]  # fmt: skip
    assert rendered.files[0] == "/speech/en/Hello."
    assert progress == [(number, 7) for number in range(1, 8)]


async def test_what_cannot_be_spoken_is_told_and_the_rest_is_done() -> None:
    rendered = await render_flow(FLOW, FakeSpeechSynthesizer(broken={"Hello.": "no"}))
    assert [(one.node, one.utterance.text, one.why) for one in rendered.failed] == [("begin", "Hello.", "no")]
    assert len(rendered.files) == 6
    assert await render_flow(shipped_flow("enqueue_only"), FakeSpeechSynthesizer()) == Rendered(files=(), failed=())


def test_the_support_line_speaks_both_languages() -> None:
    spoken = [utterance for _, utterance in fixed_utterances(shipped_flow("support"))]
    assert len(spoken) == len(set(spoken))
    assert {utterance.language for utterance in spoken} == {"en", "cmn"}
