"""Finds the foreign programs the platform starts, and says what to do about one that is missing."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from callcenter.domain.errors import ConfigError

OLDEST_ASTERISK = 22
"""Least major version: event filters and the WebSocket channel need it."""

_VERSION = re.compile(r"^Asterisk (\d+)((?:\.\d+)*)", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class AsteriskProgram:
    """An Asterisk that is new enough."""

    command: Path
    version: str
    directories: str  # lines for asterisk.conf about where its parts are; empty for a system's own
    modules: Path | None  # the folder of its modules, where known
    sounds: Path | None  # the folder of its packaged sounds, where known

    @property
    def major(self) -> int:
        """Its major version."""
        return int(self.version.partition(".")[0])


def find_asterisk(home: Path, command: Path | None = None) -> AsteriskProgram:
    """Return the given Asterisk, else the machine's own if new enough, else the private one. Raises `ConfigError`."""
    if command is not None:
        return _new_enough(command)
    on_path = shutil.which("asterisk")
    if on_path is not None:
        try:
            return _new_enough(Path(on_path))
        except ConfigError:
            pass  # too old; the private one was made for this
    private = home / "asterisk" / "current" / "asterisk"
    if not private.exists():
        raise ConfigError(str(private), f"no Asterisk {OLDEST_ASTERISK} on this machine; run scripts/install_asterisk")
    return _new_enough(private)


def _new_enough(command: Path) -> AsteriskProgram:
    try:
        said = subprocess.run([command, "-V"], capture_output=True, text=True, timeout=10, check=False)  # noqa: S603 -- a configured path, no shell
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ConfigError(str(command), f"does not run: {error}") from error
    found = _VERSION.search(said.stdout)
    if found is None:
        raise ConfigError(str(command), "does not say its version; is it Asterisk?")
    version = found[1] + found[2]
    if int(found[1]) < OLDEST_ASTERISK:
        raise ConfigError(str(command), f"is Asterisk {version}; {OLDEST_ASTERISK} or newer is needed")
    beside = command.resolve().parent / "directories.conf"
    directories = beside.read_text(encoding="utf-8") if beside.exists() else ""
    return AsteriskProgram(
        command=command,
        version=version,
        directories=directories,
        modules=_folder(directories, "astmoddir", sorted(Path("/usr/lib").glob("*/asterisk")), "modules"),
        sounds=_folder(directories, "astdatadir", [Path("/usr/share/asterisk"), Path("/var/lib/asterisk")], "sounds"),
    )


def _folder(directories: str, key: str, customary: list[Path], name: str) -> Path | None:
    """Return the folder that `directories` tells of, else the first customary one that exists."""
    told = re.search(rf"^{key} => (.+)$", directories, re.MULTILINE)
    if told:
        place = Path(told[1].strip())
        return place if place.name == name else place / name
    return next((place / name for place in customary if (place / name).is_dir()), None)


def find_redis() -> Path:
    """Return a program that is a Redis server when it is called ``redis-server``. Raises `ConfigError`.

    Debian's redis-tools, which brings no service, holds the server under the name of its database checker; it goes
    by the name it is called.
    """
    for name in ("redis-server", "redis-check-rdb"):
        if found := shutil.which(name):
            return Path(found)
    raise ConfigError("redis-server", "no Redis on this machine; apt-get install redis-tools, or set REDIS_URL")


def redis_command(folder: Path) -> Path:
    """Return what starts a Redis server, making a link of that name in `folder` if need be. Raises `ConfigError`."""
    program = find_redis()
    if program.name == "redis-server":
        return program
    link = folder / "redis-server"
    link.unlink(missing_ok=True)
    link.symlink_to(program)
    return link
