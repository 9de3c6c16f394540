"""Pictures of flows: everything is in them, nothing lies on anything else, and no text of a flow is markup."""

from itertools import combinations
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.flow.drawing.chart import chart
from ivr.flow.drawing.layout import Size, lay_out
from ivr.flow.drawing.mermaid import mermaid
from ivr.flow.drawing.svg import svg
from tests.ivr.flows import TREATMENT_HEAD, shipped_flow, small_flow
from tests.ivr.simulation.test_script import BANK

SVG = "{http://www.w3.org/2000/svg}"


@st.composite
def graphs(draw: st.DrawFn) -> tuple[dict[str, Size], list[tuple[str, str, float]]]:
    names = [f"n{number}" for number in range(draw(st.integers(1, 12)))]
    sizes = st.builds(Size, st.floats(60, 200), st.floats(30, 80))
    ends = st.sampled_from(names)
    arrows = draw(st.lists(st.tuples(ends, ends, st.floats(0, 120)), max_size=24))
    return {name: draw(sizes) for name in names}, arrows


@settings(deadline=None)
@given(graphs())
def test_no_box_and_no_label_lies_on_a_box_and_every_arrow_goes_from_box_to_box(
    graph: tuple[dict[str, Size], list[tuple[str, str, float]]],
) -> None:
    boxes, arrows = graph
    layout = lay_out(boxes, arrows)
    for one, other in combinations(boxes, 2):
        assert _apart(layout.centres[one], boxes[one], layout.centres[other], boxes[other])
    for (source, target, width), route, label in zip(arrows, layout.routes, layout.labels, strict=True):
        if source == target:
            assert route == []
            continue
        assert _touches(route[0], layout.centres[source], boxes[source])
        assert _touches(route[-1], layout.centres[target], boxes[target])
        for name, size in boxes.items():
            assert _apart(label, Size(width, 18), layout.centres[name], size)
    for x, y in layout.centres.values():
        assert 0 < x < layout.width
        assert 0 < y < layout.height
    assert lay_out(boxes, arrows) == layout


def test_a_straight_line_is_drawn_straight() -> None:
    sizes = {name: Size(100, 40) for name in "abc"}
    layout = lay_out(sizes, [("a", "b", 0), ("b", "c", 0)])
    assert len({x for x, _ in layout.centres.values()}) == 1
    assert layout.centres["a"][1] < layout.centres["b"][1] < layout.centres["c"][1]


@pytest.mark.parametrize(
    "flow", [shipped_flow("support"), shipped_flow("enqueue_only"), BANK], ids=lambda one: one.name
)
def test_every_node_and_way_is_in_the_picture(flow: object) -> None:
    drawn = chart(flow)  # type: ignore[arg-type]
    root = ET.fromstring(svg(drawn))  # noqa: S314 (our own picture)
    texts = {text.text for text in root.iter(f"{SVG}text")}
    assert {box.name for box in drawn.boxes if not box.name.startswith("@")} <= texts
    assert {arrow.label for arrow in drawn.arrows if arrow.label} <= texts
    assert len(list(root.iter(f"{SVG}path"))) == len(drawn.arrows) + 1  # and the head
    description = root.find(f"{SVG}desc")
    assert description is not None
    assert drawn.boxes[0].name in str(description.text)
    text = mermaid(drawn)
    assert text.count("-->") + text.count("-.->") == len(drawn.arrows)
    assert all(f"<b>{box.name}</b>" in text for box in drawn.boxes if not box.name.startswith("@"))


def test_exits_to_one_node_are_one_arrow_and_what_goes_wrong_is_apart() -> None:
    drawn = chart(shipped_flow("support"))
    from_reason = {(arrow.label, arrow.target, arrow.aside) for arrow in drawn.arrows if arrow.source == "ask_reason"}
    assert from_reason == {("1, 2, 3, 0", "connect", False), ("no_input, no_match", "connect", True)}


def test_prompts_are_shown_in_the_language_asked_for() -> None:
    drawn = chart(shipped_flow("support"), "cmn")
    assert drawn.boxes[0].detail == "欢迎致电客户服务中心。"


def test_the_last_resort_is_drawn_where_it_is_no_node() -> None:
    flow = small_flow(
        """
        begin: { type: wait, keys: { "1": ask }, next: begin }
        ask: { type: menu, prompt: { en: Sure? }, choices: { "1": { next: begin } } }
        RETRIES
        """.replace('{ "1": { next: begin } } }', '{ "1": { next: begin } }, no_input: { say: [{ en: N. }] }, '
                    'no_match: { say: [{ en: N. }] } }').replace("RETRIES\n", ""),
        head=TREATMENT_HEAD,
    )  # fmt: skip
    drawn = chart(flow)
    assert (drawn.boxes[-1].detail, drawn.boxes[-1].shape) == ("waits on", "end")


def test_no_text_of_a_flow_is_markup() -> None:
    evil = '<script>alert(1)</script> "]; click n0 href "javascript:x" %% & #'
    flow = small_flow(f"begin: {{ type: play, prompt: {{ en: '{evil}' }}, next: person }}\n")
    drawn = chart(flow)
    picture = svg(drawn)
    assert "<script" not in picture
    assert ET.fromstring(picture) is not None  # noqa: S314 (our own picture)
    text = mermaid(drawn)
    assert "<script" not in text
    assert '"];' not in text
    assert "%%" not in text


def _apart(one: tuple[float, float], size: Size, other: tuple[float, float], other_size: Size) -> bool:
    return (
        abs(one[0] - other[0]) >= (size.width + other_size.width) / 2 - 0.01
        or abs(one[1] - other[1]) >= (size.height + other_size.height) / 2 - 0.01
    )


def _touches(point: tuple[float, float], centre: tuple[float, float], size: Size) -> bool:
    return abs(point[0] - centre[0]) <= size.width / 2 and abs(abs(point[1] - centre[1]) - size.height / 2) < 0.01
