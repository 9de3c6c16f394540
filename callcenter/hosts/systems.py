"""All host systems of a house behind the one port of the IVR: arguments checked, time limited, the sick left alone.

A question may be asked again after a failure that came early. An act is sent again only to a host that knows its key
and does it once, a check of a PIN never, unless nothing was sent at all. What a caller said, keyed or is told is in no
log: only which operation of which host failed, how, and after how long.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import structlog

from callcenter.hosts.arguments import check_arguments
from callcenter.hosts.breaker import BreakerState, CircuitBreaker
from callcenter.hosts.http import HttpAdapter, open_http
from callcenter.hosts.model import (
    Host,
    HostAnswer,
    HostFailed,
    HttpHost,
    HttpOperation,
    Operation,
    OperationKind,
    Outcome,
    SqlHost,
    SqlOperation,
    Trouble,
)
from callcenter.hosts.secrets import read_secret
from callcenter.hosts.sql import SqlAdapter, open_sql
from ivr.errors import ActFailed, LookupUnavailable
from ivr.events import Verdict
from ivr.fields import Fields, FieldValue
from ivr.ports import ActOutcome, IdentityOutcome

_log = structlog.get_logger(__name__)
_PROBE_SECONDS = 3.0
_PAUSE_SECONDS = 0.1
"""Before a question is asked again: a host that is being restarted, or a connection it just closed."""

_VERDICTS = {
    Outcome.DONE: Verdict.ACCEPTED,
    Outcome.REFUSED: Verdict.REFUSED,
    Outcome.NOT_FOUND: Verdict.REFUSED,  # an account that does not exist has no right PIN, and is not told apart
    Outcome.LOCKED: Verdict.LOCKED,
}

_Adapter = HttpAdapter | SqlAdapter


class ConfiguredHosts:
    """The `HostSystems` of real calls; made by `open_hosts`."""

    def __init__(self, hosts: Mapping[str, Host], adapters: Mapping[str, _Adapter]) -> None:
        self._hosts = hosts
        self._adapters = adapters
        self._breakers = {name: CircuitBreaker(host.breaker) for name, host in hosts.items()}

    async def look_up(self, host: str | None, name: str, arguments: Fields) -> Fields:
        """Answer a question; see `ivr.ports.HostSystems`."""
        try:
            answer = await self._ask(host, name, OperationKind.QUESTION, arguments)
        except HostFailed as failure:
            if failure.trouble is Trouble.LATE:
                raise TimeoutError from None
            raise LookupUnavailable(str(failure), retryable=failure.may_pass) from None
        return answer.fields if answer.outcome is Outcome.DONE else {}

    async def act(self, host: str, name: str, arguments: Fields, *, key: str) -> ActOutcome:
        """Do an act; see `ivr.ports.HostSystems`."""
        try:
            answer = await self._ask(host, name, OperationKind.ACT, arguments, key=key)
        except HostFailed as failure:
            unknown = not failure.nothing_happened
            raise ActFailed(str(failure), retryable=failure.may_pass, unknown=unknown) from None
        return ActOutcome(done=answer.outcome is Outcome.DONE, fields=answer.fields)

    async def check_identity(self, host: str, name: str, arguments: Fields, *, secret: str) -> IdentityOutcome:
        """Judge a PIN; see `ivr.ports.HostSystems`."""
        try:
            answer = await self._ask(host, name, OperationKind.CHECK, arguments, secret=secret)
        except HostFailed as failure:
            raise LookupUnavailable(str(failure), retryable=False) from None
        return IdentityOutcome(verdict=_VERDICTS[answer.outcome], fields=answer.fields)

    def state(self, host: str) -> BreakerState:
        """Return whether a host is being asked."""
        return self._breakers[host].state

    async def probe(self, host: str) -> None:
        """Look whether a host can be reached. Raises `HostFailed`."""
        try:
            async with asyncio.timeout(_PROBE_SECONDS):
                await self._adapters[host].probe()
        except TimeoutError:
            raise HostFailed(Trouble.LATE) from None

    async def _ask(
        self, host: str | None, name: str, kind: OperationKind, given: Fields, *, secret: str = "", key: str = ""
    ) -> HostAnswer:
        operation = self._operation(host, name, kind)
        if host is None or operation is None:
            _log.error("host_operation_unknown", host=host, operation=name, kind=kind.value)
            raise HostFailed(Trouble.UNKNOWN_OPERATION)
        clock, breaker = asyncio.get_running_loop().time, self._breakers[host]
        began = clock()
        try:
            arguments = check_arguments(operation.arguments, given)
            async with _judged(breaker, clock):
                return await self._persist(self._adapters[host], operation, arguments, secret, key)
        except HostFailed as failure:
            _log.warning(
                "host_failed",
                host=host,
                operation=name,
                trouble=failure.trouble.value,
                status=failure.status,
                seconds=round(clock() - began, 3),
                breaker=breaker.state.value,
            )
            raise

    def _operation(self, host: str | None, name: str, kind: OperationKind) -> Operation | None:
        plan = self._hosts.get(host or "")
        operation = plan.operations.get(name) if plan else None
        return operation if operation is not None and operation.kind is kind else None

    async def _persist(
        self, adapter: _Adapter, operation: Operation, arguments: Mapping[str, FieldValue], secret: str, key: str
    ) -> HostAnswer:
        try:
            async with asyncio.timeout(operation.timeout):
                for _ in range(operation.retries):
                    try:
                        return await _ask_once(adapter, operation, arguments, secret, key)
                    except HostFailed as failure:
                        if not failure.may_pass or not (operation.repeatable or failure.nothing_happened):
                            raise
                    await asyncio.sleep(_PAUSE_SECONDS)
                return await _ask_once(adapter, operation, arguments, secret, key)
        except TimeoutError:
            raise HostFailed(Trouble.LATE) from None


@asynccontextmanager
async def _judged(breaker: CircuitBreaker, clock: Callable[[], float]) -> AsyncIterator[None]:
    """Ask a host within this block if its breaker allows it, and tell the breaker what came of it."""
    if not breaker.allows(clock()):
        raise HostFailed(Trouble.LEFT_ALONE)
    try:
        yield
    except HostFailed as failure:
        if failure.host_is_sick:
            breaker.failed(clock())
        else:
            breaker.succeeded()
        raise
    except BaseException:
        breaker.abandoned()
        raise
    breaker.succeeded()


@asynccontextmanager
async def open_hosts(
    hosts: Mapping[str, Host], *, secrets: Path, environment: Mapping[str, str]
) -> AsyncIterator[ConfiguredHosts]:
    """Give all hosts; nothing is connected before it is asked.

    Args:
        hosts: What is configured, by name.
        secrets: The directory of relative secret files.
        environment: The process's environment variables.

    Raises `ConfigError`: a secret is missing, or an address is none.
    """
    async with AsyncExitStack() as stack:
        adapters: dict[str, _Adapter] = {}
        for name, host in hosts.items():
            match host:
                case HttpHost():
                    headers = dict(host.headers) | {
                        header: before + read_secret(source, directory=secrets, environment=environment)
                        for header, (before, source) in host.secret_headers.items()
                    }
                    adapters[name] = await stack.enter_async_context(open_http(host, headers))
                case SqlHost(url=url):
                    address = (
                        url if isinstance(url, str) else read_secret(url, directory=secrets, environment=environment)
                    )
                    adapters[name] = await stack.enter_async_context(open_sql(host, address))
        yield ConfiguredHosts(hosts, adapters)


async def _ask_once(
    adapter: _Adapter, operation: Operation, arguments: Mapping[str, FieldValue], secret: str, key: str
) -> HostAnswer:
    match adapter, operation:
        case HttpAdapter(), HttpOperation():
            return await adapter.ask(operation, arguments, secret=secret, key=key)
        case SqlAdapter(), SqlOperation():
            return await adapter.ask(operation, arguments)
        case _:
            raise HostFailed(Trouble.UNKNOWN_OPERATION)
