"""Random flows for properties: every kind of node, leading anywhere. Nothing has checked them: the interpreter alone
must keep its promises to the caller.
"""

from collections.abc import Mapping

from hypothesis import strategies as st

from ivr.flow import nodes
from ivr.flow.entries import Amount, DateEntry, Luhn, NumberRange, Patterns
from ivr.flow.expressions import compile_expression
from ivr.flow.flow import Flow, FlowKind
from ivr.flow.nodes import LAST_RESORT, Node
from ivr.prompts.catalog import Catalog
from ivr.prompts.prompt import Prompt, parse_text

FIELDS = ("tier", "name", "number")
EXPRESSIONS = tuple(
    compile_expression(source)
    for source in ("tier", "1 / 0", "number == '4711'", "tier == 'vip'", "size(name) > 3", "true", "caller_number")
)
TEXTS = ("Hello.", "You are {name}.", "Number {number:digits}. And {tier:money:EUR}.", "{name}", "x" * 400)


def _prompt(text: str) -> Prompt:
    return Prompt(texts={"en": parse_text(text)})


PROMPTS = st.sampled_from(TEXTS[:4]).map(_prompt) | st.just(_prompt(TEXTS[4]))
KEYS = st.sampled_from(nodes.KEYS)
FIELD = st.sampled_from(FIELDS)
VALUE: st.SearchStrategy[nodes.Value] = st.sampled_from([None, 5, "sales", "4711", *EXPRESSIONS])
CONDITION = st.sampled_from(EXPRESSIONS)
CHECKS = st.sampled_from(
    [
        None, Luhn(), DateEntry(form="mmyy"), Amount(decimals=2, least=0, most=100), NumberRange(least=1, most=9),
        Patterns(patterns=("4XXX",)),
    ]
)  # fmt: skip


def node(target: st.SearchStrategy[str], *, kind: FlowKind, module: str | None) -> st.SearchStrategy[Node]:
    """Return a strategy for one node whose exits lead to `target`."""
    retry = st.builds(nodes.Retry, wordings=st.lists(PROMPTS, min_size=1, max_size=2).map(tuple), exit=target)
    attempts = st.integers(1, 3)
    seconds = st.sampled_from([0.5, 3.0, 10.0])
    answers = st.dictionaries(st.sampled_from(["tier", "name"]), FIELD, max_size=2)
    arguments = st.dictionaries(FIELD, VALUE, max_size=2)
    flush, interruptible = st.booleans(), st.booleans()
    passed_on = st.lists(FIELD, max_size=2).map(tuple)
    choice = st.builds(nodes.Choice, value=st.sampled_from([None, "a", 5]), next=target)
    answer = st.builds(
        nodes.Answer,
        keys=st.lists(KEYS, min_size=1, max_size=2).map(tuple),
        phrases=st.sampled_from([{}, {"en": ("yes",)}]),
        value=st.just("a"),
        next=target,
    )
    kinds: list[st.SearchStrategy[Node]] = [
        st.builds(
            nodes.Play, prompt=PROMPTS, next=target, interruptible=interruptible, language=st.none(), flush=flush
        ),
        st.builds(
            nodes.Menu, prompt=PROMPTS, choices=st.dictionaries(KEYS, choice, min_size=1, max_size=3),
            store=st.none() | FIELD, attempts=attempts, timeout=seconds, no_input=retry, no_match=retry,
            interruptible=interruptible, flush=flush,
        ),
        st.builds(
            nodes.Collect, prompt=PROMPTS, store=FIELD, min_digits=st.integers(1, 2), max_digits=st.integers(2, 5),
            terminator=st.sampled_from(["#", None]), first_timeout=seconds, digit_timeout=seconds,
            entry_timeout=seconds, attempts=attempts, no_input=retry, no_match=retry, next=target,
            shortcuts=st.dictionaries(st.sampled_from("*A#"), target, max_size=1), check=CHECKS,
            sensitive=st.booleans(), interruptible=interruptible, flush=flush,
        ),
        st.builds(
            nodes.Ask, prompt=PROMPTS, spoken_prompt=st.none() | PROMPTS,
            answers=st.dictionaries(st.sampled_from(["one", "two"]), answer, min_size=1), store=st.none() | FIELD,
            attempts=attempts, timeout=seconds, confidence=st.just(0.6), no_input=retry, no_match=retry,
            interruptible=interruptible, flush=flush,
        ),
        st.builds(
            nodes.Language, prompts=st.just({"en": _prompt("English?")}), choices=st.just({"1": "en"}),
            timeout=seconds, attempts=attempts, otherwise=st.just("en"), next=target, flush=flush,
        ),
        st.builds(
            nodes.Branch, otherwise=target,
            cases=st.lists(st.builds(nodes.Case, when=CONDITION, next=target), min_size=1, max_size=3).map(tuple),
        ),
        st.builds(nodes.Set, fields=st.dictionaries(FIELD, VALUE, min_size=1, max_size=2), next=target),
        st.builds(
            nodes.Lookup, host=st.none(), name=st.just("q"), arguments=arguments, answers=answers, timeout=seconds,
            found=target, not_found=target, failed=target, late=target, meanwhile=st.none() | PROMPTS,
        ),
        st.builds(
            nodes.Act, host=st.just("h"), name=st.just("a"), arguments=arguments, answers=answers, timeout=seconds,
            done=target, refused=target, failed=target, late=target, meanwhile=st.none() | PROMPTS,
        ),
        st.builds(
            nodes.Authenticate, host=st.just("h"), name=st.just("p"), arguments=arguments, prompt=PROMPTS,
            min_digits=st.integers(1, 4), max_digits=st.just(4), terminator=st.sampled_from(["#", None]),
            first_timeout=seconds, digit_timeout=seconds, entry_timeout=seconds, attempts=attempts,
            meanwhile=PROMPTS, verdict_after=st.sampled_from([0.5, 2.0]), timeout=seconds, no_input=retry,
            refused=retry, answers=st.just({}), level=st.just("pin"), next=target, locked=target, failed=target,
        ),
        st.builds(
            nodes.Hours, calendar=st.just("c"), open=target, closed=target, holiday=target, failed=target
        ),
        st.builds(
            nodes.Voicemail, mailbox=st.just("sales"), greeting=PROMPTS, longest=st.just(20.0), silence=st.just(3.0),
            shortest=st.just(2.0), end_keys=st.just("#"), review=st.none() | PROMPTS, accept=st.just("1"),
            again=st.just("2"), again_at_most=st.integers(0, 2), attributes=passed_on, next=target, empty=target,
            failed=target,
        ),
        st.builds(
            nodes.Callback, number=VALUE, queue=st.just("sales"), attributes=passed_on, taken=target, refused=target,
            failed=target,
        ),
        st.builds(
            nodes.Transfer, to=st.sampled_from(["queue", "agent", "number"]), name=VALUE, timeout=seconds,
            attributes=passed_on, busy=target, unanswered=target, failed=target,
        ),
        st.builds(nodes.HangUp, prompt=st.none() | PROMPTS, cause=st.just(16)),
        st.builds(
            nodes.Enqueue, queue=st.just("sales") | CONDITION, otherwise=st.just("sales"), attributes=passed_on,
            requirements=st.dictionaries(st.just("english"), VALUE), preferred_agent=VALUE, head_start=VALUE,
            survey=st.none(),
        ),
    ]  # fmt: skip
    if kind is FlowKind.TREATMENT:
        kinds.append(
            st.builds(nodes.Wait, seconds=seconds, keys=st.dictionaries(KEYS, target, max_size=2), next=target)
        )
    if kind is not FlowKind.CALL:
        kinds.append(st.builds(nodes.Return, exit=st.just("done")))
    if module is not None:
        run = st.builds(
            nodes.Subflow,
            module=st.just(module),
            inputs=st.dictionaries(st.just("number"), VALUE, max_size=1),
            outputs=st.dictionaries(st.just("name"), FIELD, max_size=1),
            exits=target.map(lambda name: {"done": name}),
        )
        kinds += [run, run]
    return st.one_of(kinds)


@st.composite
def flows(draw: st.DrawFn, kind: FlowKind | None = None, *, within: bool = False) -> Flow:
    """Draw a flow, with a module that it may run, and one more within that."""
    chosen = kind or draw(st.sampled_from([FlowKind.CALL, FlowKind.CALL, FlowKind.TREATMENT, FlowKind.SURVEY]))
    module = draw(flows(FlowKind.MODULE, within=True)) if not within and draw(st.booleans()) else None
    names = [f"n{number}" for number in range(draw(st.integers(1, 6)))]
    person = "person" if chosen is FlowKind.CALL else None
    targets = st.sampled_from([*names, *names, person or LAST_RESORT])
    drawn: Mapping[str, Node] = {
        name: draw(node(targets, kind=chosen, module=module.name if module else None)) for name in names
    }
    queue = nodes.Enqueue(queue="general", otherwise="general", attributes=("name",), requirements={})
    return Flow(
        name="inner" if chosen is FlowKind.MODULE else "random",
        source="random.yaml",
        kind=chosen,
        languages=("en",),
        inputs=frozenset({"caller_number", "position", *FIELDS}),
        start="n0",
        person=person,
        longest=120.0,
        queues=frozenset({"sales", "general"}),
        nodes={**drawn, "person": queue} if person else drawn,
        lines={},
        catalog=Catalog(),
        outputs=frozenset({"name"}),
        exit_names=("done",),
        modules={module.name: module} if module else {},
        hang_up=draw(st.none() | st.sampled_from(names)),
    )
