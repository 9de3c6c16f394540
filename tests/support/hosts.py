"""Host systems for tests: one HTTP service with a question, an act and a check, at whatever address."""

from __future__ import annotations

import asyncio
import re
import threading
from dataclasses import replace
from typing import Any

from callcenter.hosts.model import (
    AnswerField,
    Argument,
    BreakerPlan,
    HttpHost,
    HttpOperation,
    OperationKind,
    SecretSource,
)

ACCOUNT = Argument(pattern=re.compile("[0-9]{4,10}"))
ANYTHING = Argument(pattern=re.compile(".*", re.DOTALL))


async def sqlite_at_rest() -> None:
    """Wait until no SQLite connection has a thread any more.

    The threads of connections that failed or were given up end by themselves, soon; none may outlive the event loop.
    """
    async with asyncio.timeout(10):
        while any("_connection_worker_thread" in thread.name for thread in threading.enumerate()):
            await asyncio.sleep(0.005)


def question(**changes: Any) -> HttpOperation:
    """Return a question: the balance of an account."""
    plain = HttpOperation(
        name="balance",
        kind=OperationKind.QUESTION,
        arguments={"account": ACCOUNT},
        answer={"balance": AnswerField(path=("balance",), type="decimal")},
        refusal={},
        root=(),
        timeout=0.5,
        retries=1,
        repeatable=True,
        method="GET",
        path="/v1/balance",
        query={"account": "account"},
        body={},
        fixed={},
        secret_as=None,
        not_found=frozenset({404}),
        refused=frozenset(),
        locked=frozenset(),
        verdict=None,
    )
    return replace(plain, **changes)


def act(**changes: Any) -> HttpOperation:
    """Return an act: a payment."""
    return question(
        **{
            "name": "pay",
            "kind": OperationKind.ACT,
            "method": "POST",
            "path": "/v1/payments",
            "query": {},
            "body": {"account": "account"},
            "answer": {"receipt": AnswerField(path=("receipt",))},
            "refusal": {"reason": AnswerField(path=("reason",), optional=True)},
            "not_found": frozenset(),
            "refused": frozenset({409}),
            "repeatable": False,
        }
        | changes
    )


def check(**changes: Any) -> HttpOperation:
    """Return a check of a PIN."""
    return question(
        **{
            "name": "pin",
            "kind": OperationKind.CHECK,
            "method": "POST",
            "path": "/v1/pin",
            "query": {},
            "body": {"account": "account"},
            "secret_as": "pin",
            "answer": {},
            "not_found": frozenset(),
            "refused": frozenset({401}),
            "locked": frozenset({423}),
            "repeatable": False,
        }
        | changes
    )


def service(url: str, *operations: HttpOperation, **changes: Any) -> HttpHost:
    """Return a host with these operations, or one of each kind."""
    plain = HttpHost(
        name="bank",
        base_url=url,
        ca_file=None,
        headers={},
        secret_headers={"Authorization": ("Bearer ", SecretSource(file="token"))},
        idempotency_header="Idempotency-Key",
        at_once=20,
        max_bytes=10_000,
        breaker=BreakerPlan(failures=100),
        operations={one.name: one for one in operations or (question(), act(), check())},
    )
    return replace(plain, **changes)
