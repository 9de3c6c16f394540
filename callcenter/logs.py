"""How every process of ours logs: one line a fact, key=value for people or JSON for machines, to standard error.

Values that may hold what a customer said, keyed or is called stand under keys with ``pii`` in them; they are blanked
here unless the level is debug, so that no ordinary log holds them.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from callcenter.config import LogSettings

_BLANK = "…"


def set_up_logs(settings: LogSettings, process: str) -> None:
    """Configure structlog, and the standard library's loggers of our dependencies, for this process."""
    level = getattr(logging, settings.level.upper())
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if settings.json_lines
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([] if settings.level == "debug" else [_blank_personal]),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    libraries = max(level, logging.WARNING)
    logging.basicConfig(level=libraries, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
    structlog.contextvars.bind_contextvars(process=process)


def _blank_personal(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key in event:
        if "pii" in key.split("_"):
            event[key] = _BLANK
    return event
