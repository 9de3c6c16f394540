"""Whom agents may look up and call: colleagues with their state, queues, and the house's directory."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Literal

import acd.model
from callcenter.api.calls import AgentTarget, DirectoryEntry, NumberTarget, QueueTarget, SearchDirectory
from callcenter.domain.moment import Moment, milliseconds
from callcenter.server.callees import is_free
from callcenter.server.contact import Stage
from callcenter.server.floor import Desk, Floor


class Directory:
    """Search over what the floor knows: always as it is now."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    def search(self, request: SearchDirectory, now: Moment) -> tuple[DirectoryEntry, ...]:
        """Return who matches every word of the text, available ones first; without a text all.

        A word matches the beginning of any word of a name, label or detail, or digits anywhere in a number.
        """
        words = _folded(request.text).split()
        found = [entry for entry, text in self._all(request.agent, now) if _matches(words, _folded(text))]
        found.sort(key=lambda entry: (not entry.available, entry.label))
        return tuple(found[: request.limit])

    def _all(self, agent: str, now: Moment) -> Iterator[tuple[DirectoryEntry, str]]:
        for desk in self._floor.desks.values():
            if desk.record.agent != agent:
                entry = self._agent(desk, now)
                yield entry, f"{entry.label} {desk.record.agent} {entry.detail}"
        waiting: dict[str, list[int]] = {}
        for contact in self._floor.contacts.values():
            if contact.stage in (Stage.WAITING, Stage.FALLBACK) and contact.queue:
                waiting.setdefault(contact.queue, []).append(
                    milliseconds((contact.enqueued_at or contact.arrived_at).utc)
                )
        for plan in self._floor.catalogue.queues.values():
            if plan.leaving:
                continue
            since = waiting.get(plan.name, [])
            staffed = any(desk.state is not None and plan.name in desk.queues for desk in self._floor.desks.values())
            entry = DirectoryEntry(
                target=QueueTarget(queue=plan.name),
                label=plan.label.en,
                detail="",
                state=None,
                reason=None,
                since=None,
                waiting=len(since),
                longest_since=min(since, default=None),
                available=staffed,
            )
            yield entry, f"{plan.label.en} {plan.label.zh} {plan.name}"
        for row in self._floor.catalogue.dialling.directory:
            entry = DirectoryEntry(
                target=NumberTarget(number=row.number),
                label=row.en,
                detail=row.detail,
                state=None,
                reason=None,
                since=None,
                waiting=None,
                longest_since=None,
                available=True,
            )
            yield entry, f"{row.en} {row.zh} {row.detail} {row.number}"

    def _agent(self, desk: Desk, now: Moment) -> DirectoryEntry:
        state = desk.state
        reachable = desk.record.device in self._floor.in_service
        return DirectoryEntry(
            target=AgentTarget(agent=desk.record.agent),
            label=desk.record.name,
            detail=", ".join(self._floor.plan(queue).label.en for queue in desk.queues),
            state=_STATES[state.state] if state is not None else "null",
            reason=(str(state.reason) or None) if state is not None else None,
            since=milliseconds(now.utc_of(state.since if state is not None else desk.off_since)),
            waiting=None,
            longest_since=None,
            available=reachable and is_free(desk),
        )


_State = Literal["null", "not_ready", "ready", "busy", "working_after_call"]
_STATES: dict[acd.model.AgentState, _State] = {
    acd.model.AgentState.NULL: "null",
    acd.model.AgentState.NOT_READY: "not_ready",
    acd.model.AgentState.READY: "ready",
    acd.model.AgentState.BUSY: "busy",
    acd.model.AgentState.WORKING_AFTER_CALL: "working_after_call",
}


def _folded(text: str) -> str:
    """Small letters without accents, so that Zoe finds Zoë."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def _matches(words: list[str], text: str) -> bool:
    known = text.split()
    return all(any(word in one if word.isdigit() else one.startswith(word) for one in known) for word in words)
