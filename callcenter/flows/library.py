"""The flows that the CTI server runs: what is live, and any older version that a call is still in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import structlog

from callcenter.domain.errors import ConfigError
from callcenter.flows.store import FlowStore
from callcenter.ports import Flows, PublishedFlow
from ivr.errors import FlowError
from ivr.flow.flow import Flow
from ivr.flow.house import House
from ivr.flow.loader import load_flows

LOOK_EVERY = 2.0  # seconds until a publication is noticed

_log = structlog.get_logger(__name__)


class FlowLibrary(Flows):
    """Published flows, read once each. A version that is published while calls are running takes the calls after it."""

    def __init__(self, store: FlowStore, house: House) -> None:
        self._store = store
        self._house = house
        self._live: dict[str, int] = {}
        self._read: dict[tuple[str, int], PublishedFlow] = {}
        self._unusable: set[tuple[str, int]] = set()

    def load(self) -> None:
        """Read all live versions. Raises `ConfigError` if one of them cannot be used."""
        for name, number in self._published().items():
            self._read[name, number] = self._load(name, number)
            self._live[name] = number

    def find(self, name: str, version: int | None = None) -> PublishedFlow | None:
        """Return the live version of a flow, or the one asked for; None if there is none that can be used."""
        number = self._live.get(name) if version is None else version
        if number is None:
            return None
        if (name, number) not in self._read:
            try:
                self._read[name, number] = self._load(name, number)
            except ConfigError as error:
                _log.error("flow_version_not_usable", flow=name, version=number, why=str(error))
                return self.find(name) if version is not None and name in self._live else None
        return self._read[name, number]

    def live(self) -> Mapping[str, Flow]:
        """Return the flows that new calls run."""
        return {name: self._read[name, number].flow for name, number in self._live.items()}

    def adopt(self, house: House) -> None:
        """Versions are checked against these names from now on; one that could not be used gets another chance."""
        self._house = house
        self._unusable.clear()

    async def follow(self, make_ready: Callable[[Flow], Awaitable[None]]) -> None:
        """Take up what is published, for ever. `make_ready` is awaited first: callers do not wait for what it does."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            await self.look(make_ready)

    async def look(self, make_ready: Callable[[Flow], Awaitable[None]]) -> None:
        """Take up what was published meanwhile. A version that cannot be used changes nothing, and is told once."""
        try:
            published = await asyncio.to_thread(self._published)
        except ConfigError as error:
            _log.error("flows_not_read", why=str(error))
            return
        for name, number in published.items():
            if self._live.get(name) == number or (name, number) in self._unusable:
                continue
            try:
                loaded = await asyncio.to_thread(self._load, name, number)
            except ConfigError as error:
                self._unusable.add((name, number))
                _log.error("flow_version_not_usable", flow=name, version=number, why=str(error))
                continue
            await make_ready(loaded.flow)
            self._read[name, number] = loaded
            self._live[name] = number
            _log.info("flow_version_taken_up", flow=name, version=number)

    def _published(self) -> dict[str, int]:
        releases = {name: self._store.live(name) for name in self._store.flows()}
        return {name: release.version for name, release in releases.items() if release is not None}

    def _load(self, name: str, number: int) -> PublishedFlow:
        version = self._store.version(name, number)
        texts = {f"{name} version {number}, {Path(file).name}": text for file, text in version.files.items()}
        try:
            flow = load_flows(texts, house=self._house)[name]
        except FlowError as error:
            raise ConfigError(f"flow {name} version {number}", str(error)) from error
        except KeyError:
            raise ConfigError(f"flow {name} version {number}", "does not hold the flow") from None
        return PublishedFlow(flow=flow, version=number)
