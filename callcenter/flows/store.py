"""Published versions of flows: files that are written once, and a history that says which of them is live.

::

    FLOW/
        versions/0001.json    the flow's text and its modules', as they were published; never changed
        history.json          who published or rolled back which version, when and why; the last entry is live

A file appears whole or not at all (it is written beside, and moved into place), a version's number is taken by whoever
links it first, and the history carries each version's digest: what was changed afterwards is not used.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Literal

from callcenter.domain.errors import ConfigError, Refusal, RequestRefused
from callcenter.domain.ids import is_configured_name

Action = Literal["published", "rolled_back"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One line of a flow's history: from `at` (UTC) on, this version was the live one."""

    version: int
    action: Action
    at: datetime
    by: str
    why: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What was published: the files by their names, the flow's own first."""

    flow: str
    number: int
    files: Mapping[str, str]


class FlowStore:
    """The versions under one directory, which need not exist yet."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def flows(self) -> list[str]:
        """Return the names of all flows that were ever published."""
        return sorted(path.parent.name for path in self._directory.glob("*/history.json"))

    def history(self, flow: str) -> tuple[Release, ...]:
        """Return a flow's history, oldest first; empty if it was never published. Raises `ConfigError`."""
        path = self._of(flow) / "history.json"
        try:
            lines = json.loads(path.read_text(encoding="utf-8"))
            return tuple(Release(**{**line, "at": datetime.fromisoformat(line["at"])}) for line in lines)
        except FileNotFoundError:
            return ()
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise ConfigError(str(path), f"is no history of a flow: {error}") from error

    def live(self, flow: str) -> Release | None:
        """Return which version is live; None if none was published. Raises `ConfigError`."""
        history = self.history(flow)
        return history[-1] if history else None

    def version(self, flow: str, number: int) -> Version:
        """Return a version. Raises `ConfigError` if it is not there, or is not what was published."""
        path = self._path(flow, number)
        digests = {release.digest for release in self.history(flow) if release.version == number}
        try:
            content = path.read_bytes()
            files = json.loads(content)["files"]
        except FileNotFoundError:
            raise ConfigError(str(path), f"flow {flow} has no version {number}") from None
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise ConfigError(str(path), f"cannot be read: {error}") from error
        if _digest(content) not in digests:
            raise ConfigError(str(path), "was changed after it was published; roll back to another version")
        return Version(flow=flow, number=number, files=files)

    def publish(self, flow: str, files: Mapping[str, str], *, by: str, why: str, at: datetime) -> Release:
        """Make these files the flow's live version; if they are the live one already, nothing changes.

        Raises:
            ConfigError: The directory cannot be written.
        """
        with self._alone():
            history = self.history(flow)
            if history and dict(self.version(flow, history[-1].version).files) == dict(files):
                return history[-1]
            number = max((release.version for release in history), default=0) + 1
            content = json.dumps({"flow": flow, "files": dict(files)}, ensure_ascii=False, indent=1).encode()
            path = self._path(flow, number)
            path.parent.mkdir(parents=True, exist_ok=True)
            while not _write_once(path, content):  # left by a publication that was cut off before it became live
                number += 1
                path = self._path(flow, number)
            return self._append(flow, history, number, "published", by=by, why=why, at=at, digest=_digest(content))

    def roll_back(self, flow: str, number: int | None, *, by: str, why: str, at: datetime) -> Release:
        """Make an older version live again; without a number, the one that was live before this one.

        Raises:
            RequestRefused: There is no such version, or none before this one.
            ConfigError: The version is not what was published, or the directory cannot be written.
        """
        with self._alone():
            history = self.history(flow)
            if not history:
                raise RequestRefused(Refusal.OPERATION, "no_such_flow", f"flow {flow} was never published")
            if number is None:
                earlier = [release.version for release in history if release.version != history[-1].version]
                if not earlier:
                    raise RequestRefused(Refusal.OPERATION, "no_version", f"flow {flow} has no version before this one")
                number = earlier[-1]
            if number not in {release.version for release in history}:
                raise RequestRefused(Refusal.OPERATION, "no_version", f"flow {flow} has no version {number}")
            if number == history[-1].version:
                return history[-1]
            self.version(flow, number)
            digest = next(release.digest for release in history if release.version == number)
            return self._append(flow, history, number, "rolled_back", by=by, why=why, at=at, digest=digest)

    # -- within --------------------------------------------------------------------------------------------------

    def _append(
        self,
        flow: str,
        history: tuple[Release, ...],
        number: int,
        action: Action,
        *,
        by: str,
        why: str,
        at: datetime,
        digest: str,
    ) -> Release:
        release = Release(version=number, action=action, at=at, by=by, why=why, digest=digest)
        lines: list[dict[str, Any]] = [{**asdict(one), "at": one.at.isoformat()} for one in (*history, release)]
        _replace(self._of(flow) / "history.json", json.dumps(lines, ensure_ascii=False, indent=1).encode())
        return release

    def _of(self, flow: str) -> Path:
        if not is_configured_name(flow):
            raise ConfigError(str(self._directory), f"{flow!r} can be no flow's name")
        return self._directory / flow

    def _path(self, flow: str, number: int) -> Path:
        return self._of(flow) / "versions" / f"{number:04}.json"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Let nobody else publish meanwhile."""
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            with (self._directory / ".lock").open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
        except OSError as error:
            raise ConfigError(str(error.filename or self._directory), f"cannot be written: {error.strerror}") from error


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _write_once(path: Path, content: bytes) -> bool:
    """Write a file that must not exist yet; tell whether it did not. What is there already is left as it is."""
    beside = _write_beside(path, content)
    try:
        beside.chmod(0o444)
        os.link(beside, path)
    except FileExistsError:
        return False
    finally:
        beside.unlink()
    _sync(path.parent)
    return True


def _replace(path: Path, content: bytes) -> None:
    beside = _write_beside(path, content)
    beside.chmod(0o644)
    beside.replace(path)
    _sync(path.parent)


def _write_beside(path: Path, content: bytes) -> Path:
    with NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return Path(file.name)


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
