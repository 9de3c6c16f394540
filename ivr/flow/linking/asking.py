"""Linking the nodes that ask the caller something."""

from ivr.flow import entries, nodes, schema
from ivr.flow.document import Path
from ivr.flow.linking.context import Linking, dotted


def menu(link: Linking, part: schema.MenuPart) -> nodes.Menu:
    """Link a menu."""
    choices = {
        key: nodes.Choice(
            value=choice.value, next=_target(link, choice.next or part.next, ("choices", key), "choice", "menu")
        )
        for key, choice in part.choices.items()
    }
    return nodes.Menu(
        prompt=link.prompt(part.prompt, ("prompt",)),
        choices=choices,
        store=part.store,
        attempts=part.attempts,
        timeout=part.timeout,
        no_input=link.retry(part.no_input, "no_input", part.attempts),
        no_match=link.retry(part.no_match, "no_match", part.attempts),
        interruptible=part.interruptible,
        flush=part.flush,
    )


def collect(link: Linking, part: schema.CollectPart) -> nodes.Collect:
    """Link an entry of digits."""
    check_lengths(link, part.min_digits, part.max_digits)
    check = _check(link, part)
    return nodes.Collect(
        prompt=link.prompt(part.prompt, ("prompt",)),
        store=part.store,
        min_digits=part.min_digits,
        max_digits=part.max_digits,
        terminator=part.terminator,
        first_timeout=part.first_timeout,
        digit_timeout=part.digit_timeout,
        entry_timeout=part.entry_timeout,
        attempts=part.attempts,
        no_input=link.retry(part.no_input, "no_input", part.attempts),
        no_match=link.retry(part.no_match, "no_match", part.attempts),
        next=part.next,
        shortcuts=part.shortcuts,
        check=check,
        sensitive=part.sensitive,
        interruptible=part.interruptible,
        flush=part.flush,
    )


def ask(link: Linking, part: schema.AskPart) -> nodes.Ask:
    """Link an open question."""
    answers: dict[str, nodes.Answer] = {}
    taken: dict[str, str] = {}
    for name, answer in part.answers.items():
        for key in answer.keys:
            if taken.setdefault(key, name) != name:
                link.complain(("answers", name, "keys"), f"answers.{name}: key {key} stands for {taken[key]} already")
        answers[name] = nodes.Answer(
            keys=tuple(answer.keys),
            phrases={language: tuple(phrases) for language, phrases in answer.phrases.items()},
            value=name if answer.value is None else answer.value,
            next=_target(link, answer.next or part.next, ("answers", name), "answer", "question"),
        )
    return nodes.Ask(
        prompt=link.prompt(part.prompt, ("prompt",)),
        spoken_prompt=link.optional_prompt(part.spoken_prompt, "spoken_prompt"),
        answers=answers,
        store=part.store,
        attempts=part.attempts,
        timeout=part.timeout,
        confidence=part.confidence,
        no_input=link.retry(part.no_input, "no_input", part.attempts),
        no_match=link.retry(part.no_match, "no_match", part.attempts),
        interruptible=part.interruptible,
        flush=part.flush,
    )


def language(link: Linking, part: schema.LanguagePart) -> nodes.Language:
    """Link a choice of languages."""
    choices: dict[str, str] = {}
    for language, offer in part.choices.items():
        if choices.setdefault(offer.key, language) != language:
            link.complain(
                ("choices", language, "key"),
                f"choices.{language}: key {offer.key} stands for {choices[offer.key]} already",
            )
    otherwise = part.otherwise or next(iter(part.choices))
    return nodes.Language(
        prompts={
            language: link.prompt({language: offer.prompt}, ("choices", language, "prompt"))
            for language, offer in part.choices.items()
        },
        choices=choices,
        timeout=part.timeout,
        attempts=part.attempts,
        otherwise=otherwise,
        next=part.next,
        flush=part.flush,
    )


def _check(link: Linking, part: schema.CollectPart) -> entries.EntryCheck | None:  # noqa: C901 (one case a kind of check)
    match part.check:
        case None:
            return None
        case schema.LuhnPart():
            return entries.Luhn()
        case schema.DatePart(form=form, earliest=earliest, latest=latest):
            if not part.min_digits <= len(form) <= part.max_digits:
                link.complain(("check",), f"check: {form} has {len(form)} digits, which may not be keyed here")
            return entries.DateEntry(form=form, earliest=earliest, latest=latest)
        case schema.AmountPart(decimals=decimals, least=least, most=most):
            if decimals and (part.terminator == entries.POINT or entries.POINT in part.shortcuts):
                link.complain(("check",), f"check: the key {entries.POINT} is the decimal point of an amount")
            if least > most:
                link.complain(("check",), "check: least is more than most")
            return entries.Amount(decimals=decimals, least=least, most=most)
        case schema.RangePart(least=least, most=most):
            if least > most:
                link.complain(("check",), "check: least is more than most")
            return entries.NumberRange(least=least, most=most)
        case schema.PatternsPart(patterns=patterns):
            for number, pattern in enumerate(patterns):
                if not part.min_digits <= len(pattern) <= part.max_digits:
                    link.complain(
                        ("check", "patterns", number),
                        f"check: {pattern} has {len(pattern)} digits, which may not be keyed here",
                    )
            return entries.Patterns(patterns=tuple(patterns))


def _target(link: Linking, target: str | None, where: Path, one: str, whole: str) -> str:
    if target is None:
        link.complain(where, f"{dotted(where)}: neither the {one} nor the {whole} has a 'next'")
        return link.last_resort
    return target


def check_lengths(link: Linking, least: int, most: int) -> None:
    """See to it that there is a length that an entry may have."""
    if least > most:
        link.complain(("min_digits",), "min_digits is more than max_digits")
