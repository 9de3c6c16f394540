"""What is wrong with flows that can be read."""

import pytest

from ivr.errors import FlowError
from ivr.flow.house import House
from ivr.flow.loader import load_flows
from tests.ivr.flows import HEAD, QUEUES, SURVEY_HEAD, TREATMENT_HEAD, small_flow, small_text

BILINGUAL = HEAD.replace("languages: [en]", "languages: [en, cmn]")


def complaint(nodes: str, head: str = HEAD) -> list[tuple[str | None, str]]:
    with pytest.raises(FlowError) as refused:
        small_flow(nodes, head=head)
    return [(problem.node, problem.what) for problem in refused.value.problems]


def test_a_node_that_nothing_leads_to() -> None:
    assert complaint(
        """
        begin: { type: play, prompt: { en: Hello. }, next: person }
        island: { type: play, prompt: { en: Help. }, next: person }
        """
    ) == [("island", "can never be reached")]


def test_a_prompt_that_lacks_a_language() -> None:
    assert complaint(
        """
        begin: { type: play, prompt: { en: Hello. }, next: offer }
        offer: { type: play, language: cmn, prompt: { cmn: 您好。 }, next: person }
        """,
        BILINGUAL,
    ) == [("begin", "prompt has no text in 'cmn'")]


def test_loops_that_a_silent_caller_never_leaves() -> None:
    assert complaint(
        """
        begin: { type: play, prompt: { en: Hello. }, next: again }
        again: { type: set, fields: { tier: gold }, next: begin }
        """
    ) == [(node, "is part of a loop that a silent caller never leaves") for node in ("begin", "again")]
    assert complaint(
        """
        begin:
          type: menu
          prompt: { en: Which? }
          choices: { "1": { next: person } }
          no_input: { say: [{ en: Hm. }], then: begin }
          no_match: { say: [{ en: Hm. }] }
        """
    ) == [("begin", "is part of a loop that a silent caller never leaves")]


def test_a_loop_that_a_key_keeps_going_is_allowed() -> None:
    small_flow(
        """
        begin:
          type: menu
          prompt: { en: Press 9 to hear this again. }
          choices: { "9": { next: begin } }
        RETRIES
        """
    )


def test_who_keys_nothing_useful_is_never_cut_off() -> None:
    assert complaint(
        """
        begin:
          type: menu
          prompt: { en: Which? }
          choices: { "1": { next: person } }
          no_input: { say: [{ en: Hm. }], then: bye }
          no_match: { say: [{ en: Hm. }] }
        bye: { type: play, prompt: { en: Bye. }, next: end }
        end: { type: hang_up }
        """
    ) == [("begin", "no_input leads to a hang-up; after the last attempt a caller must reach a person")]


def test_a_queue_that_does_not_exist() -> None:
    assert complaint("begin: { type: enqueue, queue: bilingual }") == [("begin", "there is no queue 'bilingual'")]
    assert complaint("begin: { type: enqueue, queue: { expression: caller_number }, otherwise: nowhere }") == [
        ("begin", "there is no queue 'nowhere'")
    ]


def test_fields_that_nothing_gives_a_value() -> None:
    assert complaint(
        """
        begin: { type: play, prompt: { en: "Hello {name}." }, next: choose }
        choose: { type: branch, cases: [{ when: age > 3, next: person }], otherwise: queue }
        queue: { type: enqueue, queue: general, attributes: [tier, caller_number] }
        """
    ) == [
        ("begin", "prompt speaks 'name', which nothing in the flow gives a value"),
        ("choose", "cases.0.when asks for 'age', which nothing in the flow gives a value"),
        ("queue", "attributes names 'tier', which nothing in the flow gives a value"),
    ]


def test_a_field_may_not_be_a_word_of_the_expression_language() -> None:
    assert complaint("begin: { type: set, fields: { in: 1 }, next: person }") == [
        ("begin", "'in' is a word of the expression language and cannot name a field")
    ]


def test_a_secret_is_neither_spoken_nor_copied_nor_passed_on() -> None:
    assert complaint(
        """
        begin:
          type: collect
          prompt: { en: Your PIN please. }
          store: pin
          max_digits: 4
          sensitive: true
          next: repeat
        RETRIES
        repeat: { type: play, prompt: { en: "You said {pin:digits}." }, next: copy }
        copy: { type: set, fields: { other: { expression: pin } }, next: queue }
        queue: { type: enqueue, queue: general, attributes: [pin] }
        """
    ) == [
        ("repeat", "prompt speaks 'pin', which is sensitive"),
        ("copy", "fields.other copies 'pin', which is sensitive"),
        ("queue", "attributes passes on 'pin', which is sensitive"),
    ]


# --- kinds of flow, modules, places -------------------------------------------------------------------------------

RETRY = "no_input: { say: [{ en: N. }] }, no_match: { say: [{ en: N. }] }"
RETURNS = "nodes:\nbegin: { type: return }\n"


def complaints_of_all(nodes: str, head: str = HEAD, **modules: str) -> list[str]:
    with pytest.raises(FlowError) as refused:
        small_flow(nodes, head=head, modules=modules)
    return [str(problem) for problem in refused.value.problems]


def test_nodes_that_a_kind_of_flow_does_not_have() -> None:
    assert complaint(
        """
        begin: { type: wait, next: back }
        back: { type: callback, number: "5", taken: end, refused: end }
        end: { type: return }
        """
    ) == [
        ("begin", "only a treatment waits: before the queue there is nothing to wait for"),
        ("back", "outside of a treatment a callback needs a 'queue'"),
        ("end", "a flow that answers calls cannot return: it ends in a queue, with a transfer or a hang-up"),
    ]


def test_a_call_flow_has_a_person_and_others_have_none() -> None:
    assert complaint("begin: { type: hang_up }\n", TREATMENT_HEAD.replace("kind: treatment\n", "")) == [
        (None, "'person' is missing: a flow that answers calls needs an enqueue node for everybody")
    ]
    head = SURVEY_HEAD.replace("start: begin", "start: begin\nperson: begin\noutputs: [caller_number]")
    assert [what for _, what in complaint("begin: { type: enqueue, queue: sales }\n", head)] == [
        "person: a survey has none",
        "outputs: only a module has them",
    ]


def test_a_treatment_that_cuts_off_who_waits() -> None:
    assert complaint(
        """
        begin: { type: play, prompt: { en: Bye. }, next: end }
        end: { type: hang_up }
        """,
        TREATMENT_HEAD,
    ) == [("begin", "a caller who waits and keys nothing is cut off")]


def test_music_may_go_on_for_ever() -> None:
    small_flow("begin: { type: wait, next: begin }\n", head=TREATMENT_HEAD)


def test_a_module_must_exist_and_take_and_give_what_is_named() -> None:
    assert complaints_of_all("begin: { type: subflow, module: gone, next: person }\n") == [
        "small.yaml:9: node 'begin': there is no module 'gone'"
    ]
    said = complaints_of_all(
        "begin: { type: subflow, module: m, inputs: { a: 1 }, outputs: [b], exits: { odd: person } }\n", m=RETURNS
    )
    assert [line.partition("'begin': ")[2] for line in said] == [
        "exits.done is missing, and there is no 'next'",
        "exits.odd: module 'm' has none of that name",
        "inputs.a: module 'm' has none of that name",
        "outputs.b: module 'm' has none of that name",
    ]


def test_a_module_returns_by_all_its_exits_and_by_no_others() -> None:
    said = complaints_of_all(
        "begin: { type: subflow, module: m, next: person }\n", m="exits: [good, bad]\nnodes:\nbegin: { type: return }\n"
    )
    assert said == [
        "m.yaml:1: exits: nothing returns by 'good'",
        "m.yaml:1: exits: nothing returns by 'bad'",
        "m.yaml:8: node 'begin': exit: 'done' is none of the exits (good, bad)",
    ]


def test_modules_that_run_one_another() -> None:
    run = "nodes:\nbegin: {{ type: subflow, module: {}, next: end }}\nend: {{ type: return }}\n"
    said = complaints_of_all(
        "begin: { type: subflow, module: a, next: person }\n", a=run.format("b"), b=run.format("a")
    )
    assert said == ["b.yaml:8: node 'begin': runs itself: a → b → a"]


def test_a_place_that_no_channel_can_carry() -> None:
    long = "b" + "x" * 30
    said = complaints_of_all(
        "begin: { type: subflow, module: m, next: person }\n",
        m=f"nodes:\nbegin: {{ type: play, prompt: {{ en: A. }}, next: {long} }}\n{long}: {{ type: subflow, module: n, "
        "next: r }\nr: { type: return }\n",
        n=RETURNS.replace(
            "begin: { type: return }", "begin: { type: set, fields: { f: 1 }, next: r }\nr: { type: return }"
        ),
    )
    assert said == [
        f"small.yaml:9: node 'begin': the place 'begin-{long}-begin' has more than 40 characters; "
        "shorten one of its names"
    ]


def test_a_module_that_only_a_key_leaves_makes_no_silent_loop() -> None:
    asks = f"""
    exits: [again, done]
    nodes:
    begin: {{ type: menu, prompt: {{ en: Again? }}, choices: {{ "1": {{ next: r }}, "2": {{ next: d }} }}, {RETRY} }}
    r: {{ type: return, exit: again }}
    d: {{ type: return }}
    """
    small_flow("begin: { type: subflow, module: m, exits: { again: begin, done: person } }\n", modules={"m": asks})
    assert complaints_of_all("begin: { type: subflow, module: m, next: begin }\n", m=RETURNS) == [
        "small.yaml:9: node 'begin': is part of a loop that a silent caller never leaves"
    ]


def test_a_module_that_does_not_speak_the_flows_languages() -> None:
    said = complaints_of_all("begin: { type: subflow, module: m, next: person }\n", BILINGUAL, m=RETURNS)
    assert said == ["small.yaml:9: node 'begin': module 'm' does not speak 'cmn'"]


# --- names of the house -------------------------------------------------------------------------------------------


def test_hosts_questions_calendars_skills_numbers_and_flows_must_exist() -> None:
    house = House(
        queues=QUEUES,
        skills=frozenset({"english"}),
        calendars=frozenset({"office"}),
        hosts={"bank": frozenset({"balance"})},
        numbers=frozenset({"branch"}),
        flows={},
    )
    text = small_text(
        """
        begin: { type: lookup, host: bank, name: weather, answers: [x], found: a, failed: a }
        a: { type: act, host: shop, name: pay, done: b }
        b: { type: hours, calendar: moon, open: c, closed: d }
        c: { type: transfer, number: police }
        d: { type: voicemail, mailbox: attic, greeting: { en: A. }, next: e }
        e: { type: enqueue, queue: sales, requirements: { magic: 3, english: 2 }, treatment: song, survey: small }
        """
    )
    with pytest.raises(FlowError) as refused:
        load_flows({"small.yaml": text}, house=house)
    assert [problem.what for problem in refused.value.problems] == [
        "there is no lookup of host system 'bank' 'weather'",
        "there is no host system 'shop'",
        "there is no calendar 'moon'",
        "there is no number 'police'",
        "there is no queue 'attic'",
        "there is no skill 'magic'",
        "treatment: there is no treatment 'song'",
        "survey: there is no survey 'small'",
    ]


# --- secrets ------------------------------------------------------------------------------------------------------


SECRET = (
    f"begin: {{ type: collect, prompt: {{ en: A. }}, store: pin, sensitive: true, max_digits: 4, next: n, {RETRY} }}\n"
)


def test_a_secret_that_would_get_out() -> None:
    for node, what in (
        ("{ type: transfer, number: x, attributes: [pin] }", "attributes passes on 'pin', which is sensitive"),
        ("{ type: callback, queue: sales, number: { expression: pin }, taken: person, refused: person }",
         "number copies 'pin', which is sensitive"),
        ("{ type: transfer, agent: { expression: pin } }", "agent copies 'pin', which is sensitive"),
        ("{ type: lookup, name: x, answers: [y], found: m, meanwhile: { en: 'Your {pin}' } }\nm: { type: hang_up }",
         "meanwhile speaks 'pin', which is sensitive"),
    ):  # fmt: skip
        assert ("n", what) in complaint(f"{SECRET}n: {node}\n")


def test_a_secret_may_be_handed_only_to_a_module_that_keeps_it() -> None:
    run = (
        "n: { type: subflow, module: m, inputs: { code: { expression: pin } }, outputs: { code: told }, "
        "next: person }\n"
    )
    body = "inputs: [code]\noutputs: [code]\nMOREnodes:\nbegin: { type: return }\n"
    assert [line.partition("'n': ")[2] for line in complaints_of_all(SECRET + run, m=body.replace("MORE", ""))] == [
        "inputs.code hands over a sensitive field, which module 'm' does not call sensitive"
    ]
    said = complaints_of_all(SECRET + run, m=body.replace("MORE", "sensitive: [code]\n"))
    assert [line.partition("'n': ")[2] for line in said] == [
        "outputs.code is sensitive; name 'told' under 'sensitive' too"
    ]
    small_flow(
        SECRET + run,
        head=HEAD.replace("start: begin", "start: begin\nsensitive: [told]"),
        modules={"m": body.replace("MORE", "sensitive: [code]\n")},
    )


def test_a_hang_up_leads_to_what_can_be_done_without_the_caller() -> None:
    assert complaint("begin: { type: play, prompt: { en: A. }, next: person, hang_up: person }\n") == [
        ("begin", "hang_up leads to 'person', where nothing can be done without the caller")
    ]
    head = HEAD.replace("start: begin", "start: begin\nhang_up: begin")
    assert complaint("begin: { type: play, prompt: { en: A. }, next: person }\n", head) == [
        (None, "hang_up leads to 'begin', where nothing can be done without the caller")
    ]
