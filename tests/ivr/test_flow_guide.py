"""The guide to flows: every example in it can be read, and the whole ones are sound and do what they say."""

import re

import pytest

from ivr.errors import FlowError
from ivr.flow.drawing.chart import chart
from ivr.flow.drawing.svg import svg
from ivr.flow.house import House
from ivr.flow.loader import load_flows
from ivr.simulation.rehearsal import rehearse
from ivr.simulation.script import read_scripts
from tests.ivr.flows import HEAD, ROOT

GUIDE = (ROOT / "docs" / "flows.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
WHOLE = [example for example in EXAMPLES if "version: 1" in example]
SCRIPTS = [example for example in EXAMPLES if example.startswith("flow:")]
NODES = [example for example in EXAMPLES if re.match(r"\w+:\s*(\{ )?\s*type:", example)]

# What an example leaves to the rest of its flow.
ELSEWHERE = re.compile(
    r"leads to .* no such node|can never be reached|nothing in the flow gives a value|there is no module|start:|"
    r"only a treatment waits"
)


def kinds(texts: list[str]) -> set[str]:
    return {kind for text in texts for kind in re.findall(r"type: (\w+)", text)}


def test_every_kind_of_node_has_an_example() -> None:
    assert kinds(NODES) | kinds(WHOLE) >= {
        "play", "hang_up", "menu", "collect", "ask", "language", "authenticate", "branch", "set", "hours", "lookup",
        "act", "enqueue", "transfer", "callback", "voicemail", "wait", "subflow", "return",
    }  # fmt: skip


@pytest.mark.parametrize("example", NODES, ids=lambda example: str(example).partition(":")[0])
def test_an_example_of_a_node_is_one(example: str) -> None:
    body = "".join(f"  {line}\n" for line in example.replace("  …\n", "").splitlines())
    try:
        load_flows({"guide.yaml": HEAD + body})
    except FlowError as error:
        others = [str(problem) for problem in error.problems if not ELSEWHERE.search(problem.what)]
        if "…" in example:  # shortened
            others = [problem for problem in others if "is missing" not in problem]
        assert others == []


@pytest.mark.parametrize("example", WHOLE, ids=lambda example: str(re.findall(r"name: (\w+)", example)[0]))
def test_a_whole_flow_in_the_guide_is_sound(example: str) -> None:
    load_flows({"guide.yaml": example}, house=House(queues=frozenset({"general"}), flows={}))


def test_the_first_flow_does_what_its_scripts_say() -> None:
    flow = load_flows({"guide.yaml": WHOLE[0]})["opening"]
    (scripts,) = SCRIPTS
    for script in read_scripts(scripts, source="guide"):
        assert rehearse(script, flow).failures == ()


def test_the_picture_in_the_guide_is_of_this_version() -> None:
    folder = ROOT / "config" / "flows"
    texts = {
        str(path): path.read_text(encoding="utf-8") for path in (*folder.glob("*.yaml"), *folder.glob("modules/*.yaml"))
    }
    picture = (ROOT / "docs" / "pictures" / "flow_waiting.svg").read_text(encoding="utf-8")
    assert picture == svg(chart(load_flows(texts)["waiting"])), (
        "callcenter flow show waiting -o docs/pictures/flow_waiting.svg"
    )


def test_the_links_within_the_guide_lead_somewhere() -> None:
    anchors = {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.*)$", GUIDE, re.MULTILINE)
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", GUIDE)) <= anchors
