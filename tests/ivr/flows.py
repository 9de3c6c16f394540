"""Flows for tests: the shipped ones, and small ones written in place."""

import textwrap
from pathlib import Path

from ivr.flow.flow import Flow
from ivr.flow.house import House
from ivr.flow.loader import load_flow

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

RETRIES = """\
    no_input: { say: [{ en: Nothing heard. }, { en: Still nothing heard. }] }
    no_match: { say: [{ en: Not understood. }, { en: Still not understood. }] }
"""


def small_flow(nodes: str, *, head: str = HEAD) -> Flow:
    """Return a flow of these nodes (YAML) and an enqueue node ``person``; a line RETRIES stands for usual retries."""
    return load_flow(small_text(nodes, head=head), source="small.yaml", house=HOUSE)


def small_text(nodes: str, *, head: str = HEAD) -> str:
    body = textwrap.indent(textwrap.dedent(nodes), "  ")
    return head + body.replace("  RETRIES\n", RETRIES)


def shipped_flow(name: str) -> Flow:
    path = ROOT / "config" / "flows" / f"{name}.yaml"
    return load_flow(path.read_text(encoding="utf-8"), source=path.name, house=HOUSE)
