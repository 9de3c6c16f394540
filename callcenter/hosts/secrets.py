"""Reading the secrets of host systems. They are never logged, and in no error message."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from callcenter.domain.errors import ConfigError
from callcenter.hosts.model import SecretSource


def read_secret(source: SecretSource, *, directory: Path, environment: Mapping[str, str]) -> str:
    """Return a secret; a relative file is in `directory`. Raises `ConfigError`: it is missing, or is not one line."""
    if source.environment is not None:
        where, secret = f"environment variable {source.environment}", environment.get(source.environment, "")
    else:
        path = directory / (source.file or "")
        where = str(path)
        try:
            secret = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "is not UTF-8 text"
            raise ConfigError(where, f"a host system's secret cannot be read: {why}") from None
    if not secret:
        raise ConfigError(where, "a host system's secret is missing")
    if not secret.isprintable():
        raise ConfigError(where, "a host system's secret must be one line of printable characters")
    return secret
