"""A prompt: what to say in each language, with fields of the call in it.

A text names fields in braces, with the way to speak them after a colon::

    Your account number is {account:digits}. You will wait about {wait:minutes}.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from ivr.fields import Fields
from ivr.prompts.spoken import SPOKEN_FORMS, speak

LANGUAGE_PATTERN = r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*"
"""A language tag (BCP 47), such as ``en`` or ``cmn``."""

_VARIABLE = re.compile(r"\{(?P<field>[a-z][a-z0-9_]*)(:(?P<form>[a-z]+))?\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """One text to be spoken in one language; nothing is left to fill in."""

    text: str = field(repr=False)
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A place in a text for a field's value, spoken in one of `SPOKEN_FORMS`."""

    field: str
    form: str


Part: TypeAlias = str | Variable


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What to say, by language."""

    texts: Mapping[str, tuple[Part, ...]]

    def utterance(self, language: str, fields: Fields) -> Utterance:
        """Return the text in `language`, its variables spoken; an unknown value is left out.

        Raises:
            KeyError: The prompt has no text in that language (the flow's checks see to it that it has).
        """
        spoken = (
            part if isinstance(part, str) else speak(fields.get(part.field), part.form, language)
            for part in self.texts[language]
        )
        return Utterance(text="".join(spoken).strip(), language=language)

    def variables(self) -> frozenset[str]:
        """Return the names of the fields that are spoken, in any language."""
        return frozenset(part.field for parts in self.texts.values() for part in parts if isinstance(part, Variable))


def parse_text(text: str) -> tuple[Part, ...]:
    """Split a text into its fixed parts and variables.

    Raises:
        ValueError: A brace that opens no variable, or a form that nobody can speak.
    """
    parts: list[Part] = []
    at = 0
    for match in _VARIABLE.finditer(text):
        parts.append(text[at : match.start()])
        form = match["form"] or "text"
        if form not in SPOKEN_FORMS:
            raise ValueError(f"{{{match['field']}:{form}}}: a value can be spoken as {', '.join(SPOKEN_FORMS)}")
        parts.append(Variable(field=match["field"], form=form))
        at = match.end()
    parts.append(text[at:])
    for part in parts:
        if isinstance(part, str) and ("{" in part or "}" in part):
            raise ValueError(f"a brace that names no field, near {part.strip()[:40]!r}; write {{field:form}}")
    return tuple(part for part in parts if part != "")
