"""Linking the nodes that ask, or order, somebody who is not the caller."""

from ivr.flow import nodes, schema
from ivr.flow.linking.asking import check_lengths
from ivr.flow.linking.context import Linking, mapped


def lookup(link: Linking, part: schema.LookupPart) -> nodes.Lookup:
    """Link a question."""
    failed = part.failed or link.last_resort
    return nodes.Lookup(
        host=part.host,
        name=part.name,
        arguments=link.values(part.arguments, "arguments"),
        answers=mapped(part.answers),
        timeout=part.timeout,
        found=part.found,
        not_found=part.not_found or link.last_resort,
        failed=failed,
        late=part.late or failed,
        meanwhile=link.optional_prompt(part.meanwhile, "meanwhile"),
    )


def act(link: Linking, part: schema.ActPart) -> nodes.Act:
    """Link an act."""
    return nodes.Act(
        host=part.host,
        name=part.name,
        arguments=link.values(part.arguments, "arguments"),
        answers=mapped(part.answers),
        timeout=part.timeout,
        done=part.done,
        refused=part.refused or link.last_resort,
        failed=part.failed or link.last_resort,
        late=part.late or link.last_resort,
        meanwhile=link.optional_prompt(part.meanwhile, "meanwhile"),
    )


def hours(part: schema.HoursPart) -> nodes.Hours:
    """Link a calendar."""
    return nodes.Hours(
        calendar=part.calendar,
        open=part.open,
        closed=part.closed,
        holiday=part.holiday or part.closed,
        failed=part.failed or part.open,  # who cannot tell whether somebody is there lets the caller try
    )


def authenticate(link: Linking, part: schema.AuthenticatePart) -> nodes.Authenticate:
    """Link the keying of a PIN."""
    check_lengths(link, part.min_digits, part.max_digits)
    return nodes.Authenticate(
        host=part.host,
        name=part.name,
        arguments=link.values(part.arguments, "arguments"),
        prompt=link.prompt(part.prompt, ("prompt",)),
        min_digits=part.min_digits,
        max_digits=part.max_digits,
        terminator=part.terminator,
        first_timeout=part.first_timeout,
        digit_timeout=part.digit_timeout,
        entry_timeout=part.entry_timeout,
        attempts=part.attempts,
        meanwhile=link.prompt(part.meanwhile, ("meanwhile",)),
        verdict_after=part.verdict_after,
        timeout=part.timeout,
        no_input=link.retry(part.no_input, "no_input", part.attempts),
        refused=link.retry(part.refused, "refused", part.attempts),
        answers=mapped(part.answers),
        level=part.level,
        next=part.next,
        locked=part.locked or link.last_resort,
        failed=part.failed or link.last_resort,
    )
