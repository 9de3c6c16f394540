"""Flow files become flows, or are refused with file, line and node."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.errors import FlowError, FlowProblem
from ivr.flow import nodes
from ivr.flow.loader import load_flow, load_flows
from ivr.flow.schema import flow_schema
from ivr.prompts.catalog import Recording
from ivr.prompts.prompt import Utterance
from ivr.simulation.script import script_schema
from tests.ivr.flows import HEAD, HOUSE, ROOT, shipped_flow, small_flow

SUPPORT = (ROOT / "config/flows/support.yaml").read_text(encoding="utf-8")


def problems(text: str) -> list[FlowProblem]:
    with pytest.raises(FlowError) as refused:
        load_flow(text, source="support.yaml", house=HOUSE)
    return list(refused.value.problems)


def test_the_shipped_flows_are_sound() -> None:
    assert shipped_flow("support").name == "support"
    assert list(shipped_flow("enqueue_only").nodes) == ["person"]


def test_what_a_file_leaves_out_has_its_default() -> None:
    flow = small_flow(
        """
        begin:
          type: menu
          prompt: { en: "Yes or no?" }
          choices: { "1": { value: yes }, "*": { next: person } }
          next: ask
        RETRIES
        ask:
          type: lookup
          name: who
          answers: [tier]
          found: person
        """
    )
    menu = flow.nodes["begin"]
    assert isinstance(menu, nodes.Menu)
    assert menu.choices == {"1": nodes.Choice(value="yes", next="ask"), "*": nodes.Choice(value=None, next="person")}
    assert (menu.attempts, menu.timeout, menu.no_input.exit, menu.no_match.exit) == (3, 5, "person", "person")
    lookup = flow.nodes["ask"]
    assert isinstance(lookup, nodes.Lookup)
    assert (lookup.not_found, lookup.failed, lookup.answers) == ("person", "person", {"tier": "tier"})


def test_recordings_replace_texts() -> None:
    head = HEAD.replace("start:", "recordings: [{language: en, text: Hello., file: people/hello, seconds: 1}]\nstart:")
    flow = small_flow("begin: { type: play, prompt: { en: Hello. }, next: person }\n", head=head)
    assert flow.catalog.recording(Utterance(text="Hello.", language="en")) == Recording(file="people/hello", seconds=1)


def _line(fragment: str, text: str = SUPPORT) -> int:
    return text[: text.index(fragment)].count("\n") + 1


@pytest.mark.parametrize(
    ("correct", "wrong", "node", "what"),
    [
        ("next: offer_mandarin", "next: nowhere", "greeting", "next leads to 'nowhere', and there is no such node"),
        ("longest: 300", "longest: [1]", None, "longest: Input should be a valid number"),
        ("version: 1", "version: 2", None, "version: Input should be 1"),
        ("start: greeting", "start: start", None, "start: there is no node 'start'"),
        ("person: general_queue", "person: connect", None, "person: 'connect' must be an enqueue node of this flow"),
        ("type: menu", "type: menus", "ask_reason", "'menus' found"),
        ("account != null", "account !=", "is_known", "cases.0.when: "),
        ("{account_number:digits}. Our", "{account_number:loudly}. Our", "account_not_found", "can be spoken as"),
        ("store: reason", "store: The-Reason", "ask_reason", "store: String should match pattern"),
        ("max_digits: 8", "max_digits: 3", "confirm_account", "min_digits is more than max_digits"),
    ],
)
def test_a_wrong_file_is_refused_with_line_and_node(correct: str, wrong: str, node: str | None, what: str) -> None:
    text = SUPPORT.replace(correct, wrong, 1)
    first = problems(text)[0]
    assert (first.source, first.node) == ("support.yaml", node)
    assert what in first.what
    # A problem of a whole node stands at the node's line, another at its own.
    assert first.line in {_line(wrong, text), _line(f"  {node}:\n", text) if node else 0, _line(wrong, text) - 1}
    assert f"support.yaml:{first.line}: " in str(first)


def test_all_problems_are_told_at_once() -> None:
    text = SUPPORT.replace("min_digits: 4", "min_digit: 4").replace("type: branch\n", "type: branch\n    colour: red\n")
    found = problems(text)
    assert [(problem.node, problem.what.split(":")[-1].strip()) for problem in found] == [
        ("is_known", "'colour' is no key that can stand here"),
        ("confirm_account", "'min_digit' is no key that can stand here"),
        ("ask_account", "'min_digit' is no key that can stand here"),
    ]


def test_a_value_that_fits_no_alternative_is_told_once() -> None:
    found = problems(SUPPORT.replace("{ expression: caller_number }", "[1]"))
    assert [problem.node for problem in found] == ["know_number"]


def test_a_choice_that_leads_nowhere_and_a_retry_without_words_are_refused() -> None:
    with pytest.raises(FlowError, match="neither the choice nor the menu"):
        small_flow('begin: { type: menu, prompt: { en: A }, choices: { "1": {} }, no_input: {}, no_match: {} }\n')
    with pytest.raises(FlowError, match="nothing is said before the next attempt"):
        small_flow(
            'begin: { type: menu, prompt: { en: A }, choices: { "1": { next: person } }, no_input: {}, no_match: {} }\n'
        )


def test_the_schema_is_a_json_schema_that_names_every_kind_of_node() -> None:
    schema = json.loads(json.dumps(flow_schema()))
    kinds = {
        "play", "menu", "collect", "ask", "language", "lookup", "act", "authenticate", "hours", "branch", "set",
        "subflow", "return", "enqueue", "wait", "callback", "voicemail", "transfer", "hang_up",
    }  # fmt: skip
    assert {definition["properties"]["type"]["const"] for definition in schema["$defs"].values()
            if "type" in definition["properties"]} == kinds  # fmt: skip
    assert schema["additionalProperties"] is False


def test_the_published_schemas_are_those_of_this_version() -> None:
    for name, schema in (("flow.schema.json", flow_schema()), ("tests/script.schema.json", script_schema())):
        published = (ROOT / "config" / "flows" / name).read_text(encoding="utf-8")
        assert json.loads(published) == schema, "run scripts/write_flow_schema"


@given(st.integers(0, len(SUPPORT) - 1), st.integers(0, 40), st.text(alphabet="abn:{}[]'\"-#*&!\n 019", max_size=6))
def test_a_damaged_file_is_loaded_or_refused(at: int, length: int, instead: str) -> None:
    damaged = SUPPORT[:at] + instead + SUPPORT[at + length :]
    try:
        lines = list(load_flow(damaged, source="damaged.yaml", house=HOUSE).lines.values())
    except FlowError as refused:
        lines = [problem.line for problem in refused.problems]
    assert lines
    assert all(1 <= line <= damaged.count("\n") + 2 for line in lines)


def test_a_prompt_of_ten_thousand_characters_is_refused_with_its_place() -> None:
    with pytest.raises(FlowError) as refused:
        small_flow(f"begin: {{ type: play, prompt: {{ en: {'a' * 10_000} }}, next: person }}")
    (problem,) = refused.value.problems
    assert (problem.node, problem.source) == ("begin", "small.yaml")
    assert "at most 1000 characters" in problem.what


RETRY = "no_input: { say: [{ en: N. }] }, no_match: { say: [{ en: N. }] }"
COLLECT = f"begin: {{ type: collect, prompt: {{ en: A. }}, store: a, max_digits: 6, next: person, {RETRY}, MORE }}\n"


@pytest.mark.parametrize(
    ("nodes", "complaint"),
    [
        (COLLECT.replace("MORE", "min_digits: 7"), "min_digits is more than max_digits"),
        (
            COLLECT.replace("MORE", "check: { kind: date, form: ddmmyyyy }"),
            "check: ddmmyyyy has 8 digits, which may not",
        ),
        (COLLECT.replace("MORE", "terminator: '*', check: { kind: amount }"), "the key * is the decimal point"),
        (COLLECT.replace("MORE", "shortcuts: { '*': person }, check: { kind: amount }"), "the key * is the decimal"),
        (COLLECT.replace("MORE", "check: { kind: amount, least: 9, most: 3 }"), "least is more than most"),
        (COLLECT.replace("MORE", "check: { kind: range, least: 9, most: 3 }"), "least is more than most"),
        (COLLECT.replace("MORE", "check: { kind: pattern, patterns: [XXXXXXX] }"), "check: XXXXXXX has 7 digits"),
        (COLLECT.replace("MORE", "check: { kind: pattern, patterns: [5a] }"), "String should match pattern"),
        (COLLECT.replace("MORE", "check: { kind: regex }"), "check: Input tag 'regex'"),
        (
            f"begin: {{ type: ask, prompt: {{ en: A. }}, answers: {{ a: {{ keys: ['1'] }}, b: {{ keys: ['1'] }} }}, "
            f"next: person, {RETRY} }}\n",
            "answers.b: key 1 stands for a already",
        ),
        (
            f"begin: {{ type: ask, prompt: {{ en: A. }}, answers: {{ a: {{ keys: ['1'] }} }}, {RETRY} }}\n",
            "answers.a: neither the answer nor the question has a 'next'",
        ),
        (
            "begin: { type: language, choices: { en: { key: '1', prompt: A. }, cmn: { key: '1', prompt: 好。 } }, "
            "next: person }\n",
            "choices.cmn: key 1 stands for en already",
        ),
        (
            "begin: { type: voicemail, mailbox: sales, greeting: { en: A. }, review: { en: B }, again: '1', next: e }\n"
            "e: { type: hang_up }\n",
            "accept and again are the same key",
        ),
        ("begin: { type: transfer, queue: sales, agent: anna }\n", "give exactly one of 'queue', 'agent' and 'number'"),
        ("begin: { type: transfer }\n", "give exactly one of"),
        ("begin: { type: enqueue, queue: { expression: a } }\n", "needs an 'otherwise'"),
        ("begin: { type: hang_up, hang_up: person }\n", "'hang_up' is no key that can stand here"),
        (
            "begin: { type: play, prompt: { en: A. }, next: person, hang_up: gone }\n",
            "hang_up leads to 'gone', and there is no such node",
        ),
        (
            "begin: { type: set, fields: { a: { expression: weather() } }, next: person }\n",
            "there is no function weather",
        ),
        ("begin: { type: play, prompt: { en: 'A {b' }, next: person }\n", "prompt.en: a brace that names no field"),
    ],
)
def test_what_does_not_fit_is_told_at_its_place(nodes: str, complaint: str) -> None:
    head = HEAD.replace("languages: [en]", "languages: [en, cmn]") if "cmn" in nodes else HEAD
    with pytest.raises(FlowError) as refused:
        small_flow(nodes, head=head)
    assert any(complaint in problem.what and problem.line == 9 and problem.node == "begin"
               for problem in refused.value.problems), refused.value  # fmt: skip


def test_the_file_around_the_nodes_names_nodes_that_are_there() -> None:
    head = HEAD.replace("start: begin", "start: gone\nhang_up: lost").replace("person: person\n", "person: begin\n", 1)
    with pytest.raises(FlowError) as refused:
        small_flow("begin: { type: hang_up }\n", head=head)
    assert [(problem.line, problem.what) for problem in refused.value.problems] == [
        (5, "start: there is no node 'gone'"),
        (6, "hang_up: there is no node 'lost'"),
        (7, "person: 'begin' must be an enqueue node of this flow"),
    ]


def test_a_flow_takes_over_its_modules_recordings_in_its_own_languages() -> None:
    recordings = "recordings:\n" + "".join(
        f"- {{ language: {language}, text: {text}, file: {file}, seconds: 2 }}\n"
        for language, text, file in (("en", "Deep.", "deep"), ("cmn", "深。", "shen"))
    )
    module = (
        "version: 1\nname: m\nkind: module\nlanguages: [en, cmn]\nstart: begin\nnodes:\n"
        "  begin: { type: play, prompt: { en: Deep., cmn: 深。 }, next: r }\n  r: { type: return }\n" + recordings
    )
    flow = load_flows({"a": HEAD + "  begin: { type: subflow, module: m, next: person }\n", "m": module}, house=HOUSE)[
        "small"
    ]
    assert flow.catalog.recordings == {Utterance(text="Deep.", language="en"): Recording(file="deep", seconds=2)}
