"""Asking sources: each waited for only so long, its answers kept for a while, somebody else's record refused.

A source that is late goes on being asked: what it says then is there for whoever asks next. Its host system's own
time-outs and breaker (`callcenter.hosts`) end what never answers. Nothing of what is asked or said is logged.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Literal

import structlog

from callcenter.sources.model import By, SourcePlan, Told
from callcenter.sources.telling import is_about, plans_by
from ivr.errors import LookupUnavailable
from ivr.ports import HostSystems

MOST_KEPT = 10_000
KEEP_NOBODY = 5.0  # seconds that "there is no such customer" is believed: he may be entered any moment

_log = structlog.get_logger(__name__)
_Key = tuple[str, By, str]
_Answer = Told | Literal[False] | None
"""What a source says; none: it knows nobody; false: it failed, was late, or cannot be believed."""


class SourceDesk:
    """All sources of a house; made by `open_sources`. `monotonic` gives seconds."""

    def __init__(
        self,
        plans: Sequence[SourcePlan],
        hosts: HostSystems,
        tasks: asyncio.TaskGroup,
        *,
        country: str,
        monotonic: Callable[[], float],
    ) -> None:
        self.plans = tuple(plans)
        self._tasks = tasks
        self._hosts = hosts
        self._country = country
        self._monotonic = monotonic
        self._kept: OrderedDict[_Key, tuple[float, Told | None]] = OrderedDict()
        self._under_way: dict[_Key, asyncio.Task[_Answer]] = {}
        self._beside: set[asyncio.Task[None]] = set()

    async def ask(
        self, asked: Mapping[By, str], *, but: frozenset[str] = frozenset()
    ) -> tuple[tuple[Told, ...], tuple[str, ...]]:
        """Ask every source about one customer, by the account if it can be; `but` are left out.

        Returns what they said, and the names of those that did not answer in time, or nothing that can be believed.
        """
        wanted: dict[str, tuple[_Key, SourcePlan]] = {}
        for by in (By.ACCOUNT, By.NUMBER):
            for plan in plans_by(self.plans, by):
                if asked.get(by) and plan.name not in but:
                    wanted.setdefault(plan.name, ((plan.name, by, asked[by]), plan))
        answers = await asyncio.gather(*(self._answer(key, plan) for key, plan in wanted.values()))
        told = tuple(one for one in answers if isinstance(one, Told))
        late = tuple(name for name, one in zip(wanted, answers, strict=True) if one is False)
        return told, late

    def beside(self, work: Callable[[], Coroutine[None, None, None]]) -> None:
        """Do something that nobody waits for."""
        task = self._tasks.create_task(_to_its_end(work))
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)

    def close(self) -> None:
        """Give up what is still being asked or done."""
        for task in (*self._under_way.values(), *self._beside):
            task.cancel()

    # -- within -----------------------------------------------------------------------------------------------------

    async def _answer(self, key: _Key, plan: SourcePlan) -> _Answer:
        kept = self._kept.get(key)
        if kept is not None and self._monotonic() < kept[0]:
            return kept[1]
        task = self._under_way.get(key)
        if task is None:
            task = self._under_way[key] = self._tasks.create_task(self._asked(key, plan))
            task.add_done_callback(lambda _: self._under_way.pop(key))
        done, _ = await asyncio.wait({task}, timeout=plan.wait)
        if not done:
            _log.warning("source_late", source=plan.name, by=key[1].value)
            return False
        return task.result()

    async def _asked(self, key: _Key, plan: SourcePlan) -> _Answer:
        _, by, value = key
        question = plan.questions[by]
        try:
            answer = await self._hosts.look_up(plan.host, question.name, {question.argument: value})
        except (LookupUnavailable, TimeoutError):  # the host systems have logged which, and how
            return False
        except Exception as error:  # noqa: BLE001 -- it would end the process that leads the calls
            _log.error("source_failed", source=plan.name, why=type(error).__name__)
            return False
        told = Told(plan=plan, answer=answer) if answer else None
        if told is not None and not is_about(by, value, answer.get(question.key), self._country):
            _log.error("source_told_of_somebody_else", source=plan.name, question=question.name)
            return False
        self._kept[key] = (self._monotonic() + (plan.keep if told else min(plan.keep, KEEP_NOBODY)), told)
        self._kept.move_to_end(key)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return told


async def _to_its_end(work: Callable[[], Coroutine[None, None, None]]) -> None:
    try:
        await work()
    except Exception as error:  # noqa: BLE001 -- likewise; and its text may hold a customer's data
        _log.error("beside_a_source_failed", why=type(error).__name__)


@asynccontextmanager
async def open_sources(
    plans: Sequence[SourcePlan], hosts: HostSystems, *, country: str, monotonic: Callable[[], float]
) -> AsyncIterator[SourceDesk]:
    """Give the sources; what is still being asked at the end is given up."""
    async with asyncio.TaskGroup() as tasks:
        desk = SourceDesk(plans, hosts, tasks, country=country, monotonic=monotonic)
        try:
            yield desk
        finally:
            desk.close()
