"""Linking the nodes by which a caller leaves the flow, or waits."""

from ivr.flow import nodes, schema
from ivr.flow.linking.context import Linking


def callback(link: Linking, part: schema.CallbackPart) -> nodes.Callback:
    """Link a callback."""
    return nodes.Callback(
        number=link.value(part.number, ("number",)),
        queue=part.queue,
        attributes=tuple(part.attributes),
        taken=part.taken,
        refused=part.refused,
        failed=part.failed or part.refused,
    )


def enqueue(link: Linking, part: schema.EnqueuePart) -> nodes.Enqueue:
    """Link a queue."""
    otherwise = part.queue if isinstance(part.queue, str) else part.otherwise
    if otherwise is None:
        link.complain(("queue",), "a queue given by an expression needs an 'otherwise' for when it fails")
    return nodes.Enqueue(
        queue=link.name(part.queue, "queue") or otherwise or "",
        otherwise=otherwise or "",
        attributes=tuple(part.attributes),
        requirements={skill: link.value(level, ("requirements", skill)) for skill, level in part.requirements.items()},
        preferred_agent=link.value(part.preferred_agent, ("preferred_agent",)),
        preferred_for=part.preferred_for,
        head_start=link.value(part.head_start, ("head_start",)),
        treatment=part.treatment,
        survey=link.name(part.survey, "survey"),
    )


def voicemail(link: Linking, part: schema.VoicemailPart) -> nodes.Voicemail:
    """Link a message."""
    if part.review is not None and part.accept == part.again:
        link.complain(("again",), "accept and again are the same key")
    return nodes.Voicemail(
        mailbox=part.mailbox,
        greeting=link.prompt(part.greeting, ("greeting",)),
        longest=part.longest,
        silence=part.silence,
        shortest=part.shortest,
        end_keys=part.end_keys,
        review=link.optional_prompt(part.review, "review"),
        accept=part.accept,
        again=part.again,
        again_at_most=part.again_at_most,
        attributes=tuple(part.attributes),
        next=part.next,
        empty=part.empty or part.next,
        failed=part.failed or link.last_resort,
    )


def transfer(link: Linking, part: schema.TransferPart) -> nodes.Transfer:
    """Link a transfer."""
    given: list[tuple[nodes.TargetKind, str | schema.ComputedValue]] = []
    if part.queue is not None:
        given.append(("queue", part.queue))
    if part.agent is not None:
        given.append(("agent", part.agent))
    if part.number is not None:
        given.append(("number", part.number))
    if len(given) != 1:
        link.complain((), "give exactly one of 'queue', 'agent' and 'number'")
        given = [("queue", "")]
    to, name = given[0]
    return nodes.Transfer(
        to=to,
        name=link.name(name, to),
        timeout=part.timeout,
        attributes=tuple(part.attributes),
        busy=part.busy or link.last_resort,
        unanswered=part.unanswered or link.last_resort,
        failed=part.failed or link.last_resort,
    )
