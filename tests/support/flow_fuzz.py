"""Broken, odd and hostile flow files, and what must be true of each: it is read or refused, quickly, and what is read
can be run.

A file is made of a seed number alone, so that whatever is found can be found again.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from ivr import commands, events
from ivr.dialogue import Phase
from ivr.errors import FlowError
from ivr.flow.flow import Flow
from ivr.flow.house import House
from ivr.flow.loader import load_flows
from ivr.flow.nodes import KEYS
from ivr.interpreter import FlowInterpreter
from tests.ivr.flows import ROOT

LONGEST = 0.1
"""CPU seconds that reading and trying one file may take."""

HOUSE = House(queues=frozenset({"general", "billing", "sales", "technical", "cards"}), flows={})

KINDS = (
    "play", "menu", "collect", "ask", "language", "lookup", "act", "authenticate", "hours", "branch", "set",
    "subflow", "return", "enqueue", "wait", "callback", "voicemail", "transfer", "hang_up", "dance",
)  # fmt: skip
WORDS = (
    "begin", "person", "end", "en", "cmn", "next", "type", "prompt", "nodes", "1", "#", "*", "x", "a.b",
    "@last_resort", "tier", "language", "null", "{tier}", "{tier:money}", "{{", "}", "true", "1 / 0",
    "tier == 'vip'", "(((((", "é", "", "general", "-1", "9" * 30, "1e999", ".nan", "~", "\u202e", "日本", "x" * 1_200,
    "!!python/object:os.system", "&a", "*a",
)  # fmt: skip
KEYS_OF_PARTS = (
    "type", "prompt", "next", "choices", "answers", "store", "attempts", "timeout", "no_input", "no_match", "say",
    "then", "min_digits", "max_digits", "terminator", "check", "kind", "form", "patterns", "shortcuts", "sensitive",
    "flush", "interruptible", "host", "name", "arguments", "expression", "found", "not_found", "failed", "late",
    "done", "refused", "meanwhile", "locked", "level", "calendar", "open", "closed", "holiday", "cases", "when",
    "otherwise", "fields", "module", "inputs", "outputs", "exits", "exit", "queue", "attributes", "requirements",
    "preferred_agent", "head_start", "treatment", "survey", "seconds", "keys", "number", "taken", "mailbox",
    "greeting", "review", "accept", "again", "longest", "silence", "shortest", "agent", "busy", "unanswered",
    "cause", "hang_up", "phrases", "value", "key",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of one file: refused, read, or read and run; and the CPU seconds it took."""

    outcome: str
    seconds: float


def try_file(seed: int) -> Tried:
    """Read, and if it can be read run, the file of this seed. Whatever else it raises is a finding."""
    text = make_file(seed)
    begun = time.thread_time()
    try:
        flows = load_flows({"fuzzed.yaml": text}, house=HOUSE)
    except FlowError as refused:
        if not refused.problems or any(problem.line < 1 for problem in refused.problems):
            raise AssertionError("a refusal without a reason or a line") from refused
        outcome = "refused"
    else:
        for flow in flows.values():
            _run(flow, random.Random(seed))
        outcome = "run"
    return Tried(outcome, time.thread_time() - begun)


def make_file(seed: int) -> str:
    """Make the file of this seed."""
    chance = random.Random(seed)
    make: Callable[[random.Random], str] = chance.choice((_noise, _damaged, _damaged, _damaged, _built, _built, _mixed))
    return make(chance)


# --- files --------------------------------------------------------------------------------------------------------


@cache
def _sound_texts() -> tuple[str, ...]:
    """The flows that are damaged: the shipped ones, and small ones, which are damaged more thoroughly."""
    folder = ROOT / "config" / "flows"
    shipped = [path.read_text(encoding="utf-8") for path in sorted((*folder.glob("*.yaml"), *folder.glob("*/*.yaml")))]
    return (*[text for text in shipped if len(text) < 6_000], *_SMALL * 4)


_SMALL = (
    "version: 1\nname: f\nlanguages: [en]\nstart: begin\nperson: person\nnodes:\n"
    "  begin: { type: menu, prompt: { en: A. }, choices: { '1': { next: a }, '2': { next: b } },\n"
    "    no_input: { say: [{ en: B. }] }, no_match: { say: [{ en: C. }] } }\n"
    "  a: { type: collect, prompt: { en: 'D {tier}.' }, store: tier, max_digits: 5, sensitive: false, next: b,\n"
    "    check: { kind: amount }, no_input: { say: [{ en: E. }] }, no_match: { say: [{ en: F. }] } }\n"
    "  b: { type: branch, cases: [{ when: tier == null, next: c }], otherwise: person }\n"
    "  c: { type: act, host: h, name: pay, arguments: { x: { expression: tier } }, done: person }\n"
    "  person: { type: enqueue, queue: general, attributes: [tier] }\n",
    "version: 1\nname: f\nkind: treatment\nlanguages: [en, cmn]\ninputs: [position]\nstart: begin\nnodes:\n"
    "  begin: { type: play, prompt: { en: 'Number {position:ordinal}.', cmn: '第 {position} 位。' }, next: w }\n"
    "  w: { type: wait, seconds: 20, keys: { '1': v, '2': c }, next: begin }\n"
    "  v: { type: voicemail, greeting: { en: A., cmn: 好。 }, next: end }\n"
    "  c: { type: callback, number: '5', taken: end, refused: w }\n"
    "  end: { type: hang_up }\n",
    "version: 1\nname: f\nlanguages: [en]\nstart: begin\nperson: person\nnodes:\n"
    "  begin: { type: authenticate, host: h, name: pin, prompt: { en: A. }, meanwhile: { en: B. }, next: s,\n"
    "    no_input: { say: [{ en: C. }] }, refused: { say: [{ en: D. }] } }\n"
    "  s: { type: set, fields: { tier: { expression: 1 + 1 }, x: y }, next: h }\n"
    "  h: { type: hours, calendar: office, open: person, closed: t }\n"
    "  t: { type: transfer, number: branch }\n"
    "  person: { type: enqueue, queue: { expression: tier }, otherwise: sales }\n",
)


def _noise(chance: random.Random) -> str:
    letters = "abn:{}[]'\"-#*&!|>%@\n\t ,?0123456789\x00\ufeff\ud800é日"
    return "".join(chance.choice(letters) for _ in range(chance.randrange(200)))


def _damaged(chance: random.Random) -> str:
    text = chance.choice(_sound_texts())
    for _ in range(chance.randrange(1, 5)):
        lines = text.split("\n")
        place, other = chance.randrange(len(lines)), chance.randrange(len(lines))
        at = chance.randrange(len(text) + 1)
        match chance.randrange(8):
            case 0:
                del lines[place]
                text = "\n".join(lines)
            case 1:
                lines[place], lines[other] = lines[other], lines[place]
                text = "\n".join(lines)
            case 2:
                lines.insert(place, lines[other])
                text = "\n".join(lines)
            case 3:
                text = text[:at] + text[at + chance.randrange(1, 12) :]
            case 4:
                text = text[:at] + chance.choice(WORDS) + text[at:]
            case 5:
                words = text.split(" ")
                words[chance.randrange(len(words))] = chance.choice(WORDS)
                text = " ".join(words)
            case 6:
                one, two = chance.choice(KINDS), chance.choice(KINDS)
                text = text.replace(f"type: {one}", f"type: {two}", 1)
            case _:
                one, two = chance.choice(KEYS_OF_PARTS), chance.choice(KEYS_OF_PARTS)
                text = text.replace(f"{one}:", f"{two}:", 1)
    return text


def _built(chance: random.Random) -> str:
    """Make a file of the right shape with anything in it."""
    names = ["begin", "person", "end", "n1", "n2"][: chance.randrange(1, 6)]
    head = {
        "version": "1",
        "name": "f",
        "kind": chance.choice(("call", "call", "treatment", "survey", "module", "x")),
        "languages": "[en]",
        "start": chance.choice(names),
        "person": chance.choice(("person", "person", "gone")),
        "inputs": "[tier]",
    }
    lines = [f"{key}: {value}" for key, value in head.items() if chance.random() > 0.05]
    lines.append("nodes:")
    for name in names:
        parts = [f"type: {chance.choice(KINDS)}"]
        parts += [f"{chance.choice(KEYS_OF_PARTS)}: {_value(chance, names, 0)}" for _ in range(chance.randrange(9))]
        lines.append(f"  {name}: {{ {', '.join(dict.fromkeys(parts))} }}")
    return "\n".join(lines) + "\n"


def _value(chance: random.Random, names: list[str], depth: int) -> str:
    match chance.randrange(9 if depth < 4 else 5):
        case 0 | 1:
            return chance.choice(names)
        case 2:
            return f"{{ en: {chance.choice(('Hello.', 'You {tier}.', '{', '12'))!r} }}"
        case 3:
            return str(chance.choice((0, 1, 5, -1, 1e9, True, None)))
        case 4:
            return repr(chance.choice(WORDS))
        case 5 | 6:
            return f"[{', '.join(_value(chance, names, depth + 1) for _ in range(chance.randrange(4)))}]"
        case _:
            pairs = (
                f"{chance.choice((*KEYS_OF_PARTS, *KEYS, 'en', 'tier'))!r}: {_value(chance, names, depth + 1)}"
                for _ in range(chance.randrange(4))
            )
            return f"{{ {', '.join(pairs)} }}"


def _mixed(chance: random.Random) -> str:
    """Make a file that is built up to its limits: deep, wide, long."""
    depth = chance.randrange(1, 200)
    match chance.randrange(4):
        case 0:
            return "[" * depth + "]" * depth
        case 1:
            return "a: " * depth
        case 2:
            return "nodes:\n" + "".join(f"  n{number}: {{ type: play }}\n" for number in range(depth * 4))
        case _:
            return _SMALL[0].replace("tier == null", "(" * depth + "tier" + ")" * depth)


# --- calls --------------------------------------------------------------------------------------------------------


def _run(flow: Flow, chance: random.Random) -> None:
    """Lead a random caller through a flow that was read; a module is not led through alone."""
    call, now, step = FlowInterpreter(flow), 0.0, 0
    orders = call.handle(events.Started(call="c", fields={"tier": "vip", "position": 3}), now)
    for fact in _facts(chance):
        step = max([step, *(getattr(order, "step", 0) for order in orders)])
        if call.phase is Phase.ENDED:
            return
        deadline = call.next_deadline()
        if deadline is None:
            raise AssertionError(f"a caller waits for ever at {call.node}")
        if fact is None:
            now = deadline
            orders = call.handle_timer(now)
        else:
            orders = call.handle(fact(step), now)
    if any(isinstance(order, commands.CheckIdentity) for order in orders) and step < 1:
        raise AssertionError("a question without a step")


def _facts(chance: random.Random) -> Iterator[Callable[[int], events.Event] | None]:
    for _ in range(chance.randrange(40)):
        yield chance.choice(
            (
                None,
                lambda step: events.PromptsFinished(step=step),
                lambda _step: events.DigitPressed(digit=chance.choice(KEYS)),
                lambda step: events.LookupAnswered(step=step, fields={"tier": 5}),
                lambda step: events.ActAnswered(step=step, done=True, fields={}),
                lambda step: events.IdentityChecked(step=step, verdict=events.Verdict.REFUSED),
                lambda step: events.Recorded(step=step, seconds=9.0),
                lambda step: events.PromptsFailed(step=step, why="x"),
            )
        )
