"""`callcenter reload`: lets a running platform read its configuration again, and says what changed or what is wrong."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from callcenter.api.client import CtiUnavailable
from callcenter.api.messages import ConfigurationApplied, Refused
from callcenter.bus.client import RedisCtiClient
from callcenter.clock import SystemClock
from callcenter.config import Settings, load_settings

NO_ANSWER = 2  # as a status


def reload(*, config: Path | None = None) -> None:
    """Apply what has changed in queues, skills, rules, media, opening hours, numbers and reasons, while calls run.

    All of it or nothing: when anything is wrong, every problem is printed with file and line, nothing changes, and the
    status is 1. Status 2: no CTI server answered.

    Parameters
    ----------
    config
        Settings file (TOML); without it the installation's own.
    """
    settings = load_settings(config)
    reply = asyncio.run(_reload(settings))
    if reply is None:
        sys.stderr.write("callcenter: no CTI server answers; is the platform running?\n")
        sys.exit(NO_ANSWER)
    if isinstance(reply, Refused):
        sys.stderr.write(f"callcenter: nothing was changed. {reply.message}\n")
        sys.exit(1)
    sys.stdout.write("".join(f"{line}\n" for line in reply.changes or ("nothing has changed",)))


async def _reload(settings: Settings) -> ConfigurationApplied | Refused | None:
    client = RedisCtiClient(settings.redis_url, prefix=settings.redis.prefix, clock=SystemClock())
    async with asyncio.TaskGroup() as tasks:
        carrying = tasks.create_task(client.run())
        try:
            await client.snapshot()  # which comes at once, or there is nobody: a new configuration may take its time
            return await client.reload()
        except CtiUnavailable:
            return None
        finally:
            carrying.cancel()
