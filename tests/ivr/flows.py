"""Flows for tests: the shipped ones, and small ones written in place."""

import textwrap
from collections.abc import Mapping
from pathlib import Path

from ivr.flow.flow import Flow
from ivr.flow.house import House
from ivr.flow.loader import load_flow, load_flows

ROOT = Path(__file__).parents[2]
QUEUES = frozenset({"general", "billing", "technical", "sales"})
HOUSE = House(queues=QUEUES)

HEAD = """\
version: 1
name: small
languages: [en]
inputs: [caller_number]
start: begin
person: person
nodes:
  person: { type: enqueue, queue: general, attributes: [caller_number] }
"""

OTHER_HEAD = """\
version: 1
name: small
kind: KIND
languages: [en]
inputs: [caller_number, position, expected_wait, expected_minutes]
start: begin
nodes:
"""
TREATMENT_HEAD = OTHER_HEAD.replace("KIND", "treatment")
SURVEY_HEAD = OTHER_HEAD.replace("KIND", "survey")

RETRIES = """\
    no_input: { say: [{ en: Nothing heard. }, { en: Still nothing heard. }] }
    no_match: { say: [{ en: Not understood. }, { en: Still not understood. }] }
"""


def small_flow(nodes: str, *, head: str = HEAD, modules: Mapping[str, str] | None = None) -> Flow:
    """Return a flow of these nodes (YAML) and an enqueue node ``person``; a line RETRIES stands for usual retries.

    A module is given by its name and nodes; lines before its nodes (inputs, outputs, exits) end with a line ``nodes:``.
    """
    texts = {"small.yaml": small_text(nodes, head=head)}
    for name, body in (modules or {}).items():
        above, _, below = textwrap.dedent(body).partition("nodes:\n")
        front = f"version: 1\nname: {name}\nkind: module\nlanguages: [en]\nstart: begin\n{above.strip()}\nnodes:\n"
        texts[f"{name}.yaml"] = small_text(below, head=front)
    return load_flows(texts, house=HOUSE)["small"]


def small_text(nodes: str, *, head: str = HEAD) -> str:
    body = textwrap.indent(textwrap.dedent(nodes), "  ")
    return head + body.replace("  RETRIES\n", RETRIES)


def shipped_flow(name: str) -> Flow:
    path = ROOT / "config" / "flows" / f"{name}.yaml"
    return load_flow(path.read_text(encoding="utf-8"), source=path.name, house=HOUSE)
