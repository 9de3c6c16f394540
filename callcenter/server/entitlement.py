"""What a customer is entitled to, as routing takes it, and as the journal keeps it for a restart. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError

from callcenter.api.card import RoutingHints
from callcenter.domain.catalogue import Catalogue
from callcenter.domain.interaction import FieldValue

CONTRACT = "contract"
"""What stands among the names of rules for the head start that a contract gives."""

MOST_PROFICIENT = 10
NO_HINTS = RoutingHints(priority=0, requirements={}, attributes={})


def entitled_to(hints: RoutingHints, catalogue: Catalogue) -> Mapping[str, int]:
    """Return the skills that a contract asks for. One that the house does not know would keep its customer waiting."""
    known = {skill.name for skill in catalogue.skills}
    return {
        skill: min(least, MOST_PROFICIENT)
        for skill, least in hints.requirements.items()
        if skill in known and least > 0
    }


def written_hints(hints: RoutingHints) -> str | None:
    """Return the hints as one field of an event; none: there are none."""
    return None if hints == NO_HINTS else hints.model_dump_json()


def read_hints(written: FieldValue) -> RoutingHints:
    """Return hints that were written; what an older or newer version wrote differently counts as none."""
    if not isinstance(written, str):
        return NO_HINTS
    try:
        return RoutingHints.model_validate_json(written)
    except ValidationError:
        return NO_HINTS
