"""A scripted caller against a flow, under virtual time: an hour of telephone menus in a millisecond.

Authors of flows write what a caller does, and look at what became of it; as a file (`ivr.simulation.script`), or::

    ended = simulate(
        flow,
        [Hear("account number"), Press("123456#"), Hear("For billing"), Press("1")],
        answers={"customer_by_account": lambda asked: {"customer": 7, "tier": "vip"}},
    )
    assert ended.queue == "billing"
"""

from ivr.simulation.caller import (
    Act,
    Answer,
    Hear,
    Leave,
    Listen,
    Place,
    Press,
    Say,
    SimulatedCall,
    Speak,
    Wait,
    simulate,
)
from ivr.simulation.line import ScriptError

__all__ = [
    "Act",
    "Answer",
    "Hear",
    "Leave",
    "Listen",
    "Place",
    "Press",
    "Say",
    "ScriptError",
    "SimulatedCall",
    "Speak",
    "Wait",
    "simulate",
]
