"""A prompt: what to say in each language, with fields of the call in it.

A text names fields in braces, with the way to speak them after a colon (see `ivr.prompts.spoken`)::

    Your balance is {balance:money:currency}. You have {messages:count:new message|new messages}.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from ivr.fields import Fields
from ivr.prompts.spoken import SPOKEN_FORMS, check_form, speak

LANGUAGE_PATTERN = r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*"
"""A language tag (BCP 47), such as ``en`` or ``cmn``."""

_VARIABLE = re.compile(r"\{(?P<field>[a-z][a-z0-9_]*)(:(?P<form>[a-z]+)(:(?P<argument>[^{}:]+))?)?\}")

# A Latin sentence ends before a blank and a capital letter, so that no "a.m." is cut; a Chinese one needs no blank.
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z])|(?<=[。！？])\s*(?=[^\s”’」）])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """One text to be spoken in one language; nothing is left to fill in."""

    text: str = field(repr=False)
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A place in a text for a field's value, spoken in one of `SPOKEN_FORMS`, with the form's argument."""

    field: str
    form: str
    argument: str = ""

    def fields(self) -> frozenset[str]:
        """Return the names of the fields it speaks: its own, and the one that holds its argument."""
        return frozenset({self.field, self.argument}) if self._argument_is_field() else frozenset({self.field})

    def words(self, fields: Fields, language: str) -> str:
        """Return what is said in its place."""
        argument = str(fields.get(self.argument) or "") if self._argument_is_field() else self.argument
        return speak(fields.get(self.field), self.form, language, argument)

    def _argument_is_field(self) -> bool:
        return SPOKEN_FORMS[self.form].of_field and self.argument.islower()


Stretch: TypeAlias = str | tuple[str | Variable, ...]
"""A stretch of a text: sentences without variables, or one sentence with variables in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What to say, by language: stretches of text that are spoken one after the other.

    The fixed stretches are the same for every caller, so their sound is there before the first one rings; only a
    sentence with a variable in it is ever spoken for one caller.
    """

    texts: Mapping[str, tuple[Stretch, ...]]
    _fixed: Mapping[str, tuple[Utterance, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # A text without variables is put into words once, not for every caller.
        fixed = {
            language: self.fixed_utterances(language)
            for language, stretches in self.texts.items()
            if all(isinstance(stretch, str) for stretch in stretches)
        }
        object.__setattr__(self, "_fixed", fixed)

    def utterances(self, language: str, fields: Fields) -> tuple[Utterance, ...]:
        """Return what is said in `language`, its variables spoken; an unknown value is left out.

        Raises:
            KeyError: The prompt has no text in that language (the flow's checks see to it that it has).
        """
        if (fixed := self._fixed.get(language)) is not None:
            return fixed
        said = (
            stretch
            if isinstance(stretch, str)
            else "".join(part if isinstance(part, str) else part.words(fields, language) for part in stretch).strip()
            for stretch in self.texts[language]
        )
        return tuple(Utterance(text=text, language=language) for text in said if text)

    def fixed_utterances(self, language: str) -> tuple[Utterance, ...]:
        """Return those utterances that are the same for every caller."""
        fixed = (stretch for stretch in self.texts.get(language, ()) if isinstance(stretch, str))
        return tuple(Utterance(text=text, language=language) for text in fixed)

    def variables(self) -> frozenset[str]:
        """Return the names of the fields that are spoken, in any language."""
        dynamic = (stretch for text in self.texts.values() for stretch in text if not isinstance(stretch, str))
        return frozenset(
            name for stretch in dynamic for part in stretch if isinstance(part, Variable) for name in part.fields()
        )


def parse_text(text: str) -> tuple[Stretch, ...]:
    """Read a text: its variables, and the stretches it is spoken in. A text without variables is one stretch.

    Raises:
        ValueError: A brace that opens no variable, a form that nobody can speak, or an argument it does not take.
    """
    sentences: list[list[str | Variable]] = [[]]
    at = 0
    for match in _VARIABLE.finditer(text):
        _add_fixed(sentences, text[at : match.start()])
        sentences[-1].append(_variable(match))
        at = match.end()
    _add_fixed(sentences, text[at:])
    joined: list[Stretch] = []
    for sentence in sentences:
        if any(isinstance(part, Variable) for part in sentence):
            joined.append(tuple(part for part in sentence if part != ""))
        elif joined and isinstance(joined[-1], str):
            joined[-1] += "".join(map(str, sentence))
        else:
            joined.append("".join(map(str, sentence)))
    stripped = (stretch.strip() if isinstance(stretch, str) else stretch for stretch in joined)
    return tuple(stretch for stretch in stripped if stretch)


def _add_fixed(sentences: list[list[str | Variable]], text: str) -> None:
    if "{" in text or "}" in text:
        raise ValueError(f"a brace that names no field, near {text.strip()[:40]!r}; write {{field:form}}")
    at = 0
    for end in _SENTENCE_END.finditer(text):
        sentences[-1].append(text[at : end.end()])
        sentences.append([])
        at = end.end()
    sentences[-1].append(text[at:])


def _variable(match: re.Match[str]) -> Variable:
    form = match["form"] or "text"
    try:
        check_form(form, match["argument"])
    except ValueError as error:
        raise ValueError(f"{match[0]}: {error}") from None
    return Variable(field=match["field"], form=form, argument=match["argument"] or "")
