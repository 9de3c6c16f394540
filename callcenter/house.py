"""What the house has configured, read and checked as one: its catalogue, its host systems, its published flows."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import replace

from acd.model import OverflowTo
from callcenter.catalogue import load_catalogue
from callcenter.config import Settings
from callcenter.customer_plan import load_master_plan
from callcenter.domain.catalogue import Catalogue, QueuePlan
from callcenter.domain.errors import ConfigError
from callcenter.flows.drafts import house_of
from callcenter.flows.library import FlowLibrary
from callcenter.flows.store import FlowStore
from callcenter.hosts.model import Host
from callcenter.hosts.reading import load_hosts
from callcenter.ports import Configuration, FoundConfiguration
from callcenter.sources.reading import load_sources
from callcenter.switch_files import tell_switch
from ivr.flow.flow import Flow, FlowKind
from ivr.flow.house import House


def read_catalogue(settings: Settings) -> Catalogue:
    """Read the configuration directory. Raises `ConfigError` that lists every problem with file and line."""
    return load_catalogue(
        settings.routing.directory, ring_seconds=settings.asterisk.ring_seconds, country=settings.routing.country
    )


def open_flows(settings: Settings, catalogue: Catalogue, hosts: Mapping[str, Host]) -> FlowLibrary:
    """Read the published flows. Raises `ConfigError` if one cannot be used, or a number's flow was never published."""
    library = FlowLibrary(FlowStore(settings.flows), names_in(catalogue, hosts))
    library.load()
    for number in catalogue.numbers:
        if library.find(number.flow) is None:
            raise ConfigError(
                str(settings.flows),
                f"number {number.number} is answered by flow {number.flow}, which is not published: "
                f"callcenter flow publish {number.flow}",
            )
    for plan in catalogue.queues.values():
        for name, kind in _flows_of(plan):
            published = library.find(name)
            if published is None or published.flow.kind is not kind:
                raise ConfigError(
                    str(settings.flows),
                    f"queue {plan.name} leads its callers to {name}: no {kind} flow of that name is published",
                )
    return library


def names_in(catalogue: Catalogue, hosts: Mapping[str, Host]) -> House:
    """Return the names that published flows may refer to."""
    return replace(house_of(catalogue, operations(hosts)), flows=None)


def operations(hosts: Mapping[str, Host]) -> dict[str, frozenset[str]]:
    """Return the operations of each host system, for flows to be checked against."""
    return {name: frozenset(host.operations) for name, host in hosts.items()}


def _flows_of(plan: QueuePlan) -> Iterator[tuple[str, FlowKind]]:
    """Yield the flows that a queue's callers may come to, and of what kind each has to be."""
    if plan.treatment is not None:
        yield plan.treatment, FlowKind.TREATMENT
    if plan.callbacks.greeting is not None:
        yield plan.callbacks.greeting, FlowKind.TREATMENT
    if plan.survey is not None:
        yield plan.survey, FlowKind.SURVEY
    for overflow in plan.routing.overflows:
        if overflow.to is not OverflowTo.QUEUE:
            yield overflow.name, FlowKind.CALL
    if plan.routing.limits is not None:
        yield plan.routing.limits.name, FlowKind.CALL


class HouseFiles(Configuration):
    """The configuration's files, for a CTI server that runs.

    `present` returns the configuration in force; `make_ready` renders the prompts of a flow; `taken_by` are told of
    each new configuration. Host systems and the plan of customer records hold connections and tables: a change of
    theirs takes effect at the next start, and is said.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        present: Callable[[], Catalogue],
        hosts: Mapping[str, Host],
        flows: FlowLibrary,
        make_ready: Callable[[Flow], Awaitable[None]],
        taken_by: Callable[[Catalogue], None],
    ) -> None:
        self._settings = settings
        self._present = present
        self._hosts = hosts
        self._customer_plan = load_master_plan(settings.routing.directory, settings.routing.country)
        self._sources = load_sources(settings.routing.directory, hosts)
        self._flows = flows
        self._make_ready = make_ready
        self._taken_by = taken_by
        self._one_at_a_time = asyncio.Lock()

    async def read(self) -> FoundConfiguration:
        """Read and check all files, take up what was published, tell the switch. Raises `ConfigError`."""
        async with self._one_at_a_time:
            catalogue, notes = await asyncio.to_thread(self._read)
            await self._flows.look(self._make_ready)
            if (note := await tell_switch(self._settings, self._present(), catalogue)) is not None:
                notes.append(note)
            return FoundConfiguration(catalogue=catalogue, notes=tuple(notes))

    def taken(self, catalogue: Catalogue) -> None:
        """Flows that are published from now on are checked against this one."""
        self._flows.adopt(names_in(catalogue, self._hosts))
        self._taken_by(catalogue)

    def _read(self) -> tuple[Catalogue, list[str]]:
        directory = self._settings.routing.directory
        catalogue = read_catalogue(self._settings)
        hosts = load_hosts(directory)
        plan = load_master_plan(directory, self._settings.routing.country)
        sources = load_sources(directory, hosts)
        open_flows(self._settings, catalogue, self._hosts)
        notes = []
        if hosts != self._hosts:
            notes.append("host systems: what has changed takes effect at the next start")
        if sources != self._sources:
            notes.append("sources of customers: what has changed takes effect at the next start")
        if plan != self._customer_plan:
            notes.append("customer records: what has changed takes effect at the next start")
        return catalogue, notes
