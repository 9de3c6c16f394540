"""The journal's file: one SQLite database, and the few statements that are ever run on it.

Blocking, for use by one thread at a time. Two connections may be open at once, also from two processes: the writer's
(`callcenter.storage.journal`), which appends, and the drain's (`callcenter.storage.drain`), which reads, and deletes
what has safely arrived in SQL. SQLite's write-ahead log lets the one read while the other writes.

Position: every stored event has a `position`, given in the order of writing and never used again, so that "drained
up to here" is one number.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Self

from callcenter.domain.errors import ExternalFailure
from callcenter.domain.ids import AgentId, InteractionId
from callcenter.domain.interaction import EventKind, InteractionEvent
from callcenter.ports import Remembered

SCHEMA_VERSION = 1
_BUSY_MS = 5_000
_NUMBERS = ("calling_number", "called_number", "number", "to")  # where events have telephone numbers

_SCHEMA = """
CREATE TABLE events (
    position    INTEGER PRIMARY KEY AUTOINCREMENT,
    interaction TEXT NOT NULL,
    seq         INTEGER NOT NULL,
    at          TEXT NOT NULL,
    kind        TEXT NOT NULL,
    data        TEXT NOT NULL,
    set_aside   INTEGER NOT NULL DEFAULT 0,
    UNIQUE (interaction, seq)
);
CREATE INDEX events_kind ON events (kind, interaction);
CREATE TABLE agents (agent TEXT PRIMARY KEY, state TEXT NOT NULL);
CREATE TABLE numbers (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
INSERT INTO numbers VALUES ('epoch', 0), ('drained', 0);
"""


class Safety(StrEnum):
    """How hard a commit presses on the disk (SQLite's `synchronous`)."""

    POWER_CUT = "FULL"  # on disk when the commit returns
    PROCESS_DEATH = "NORMAL"  # a power cut may undo the last commits, in order; enough for what can be repeated


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvent:
    """One event with its place in the file."""

    position: int
    event: InteractionEvent


class JournalFile:
    """An open connection to the journal. Every method is one transaction and raises `ExternalFailure` if it fails."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path

    # -- opening and closing ------------------------------------------------------------------------------------

    @classmethod
    def open(cls, path: Path, safety: Safety) -> Self:
        """Open the file, create it (readable by its owner only) when it is not there. Raises `ExternalFailure`."""
        with _failures(path):
            path.touch(mode=0o600)
            # The connection is made by one thread and used by another, one at a time.
            connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=_BUSY_MS / 1000)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {safety.value}")
            connection.execute("PRAGMA secure_delete = ON")  # what has gone to SQL, or is erased, stands here no more
            journal = cls(connection, path)
            journal._create()
            return journal

    def close(self) -> None:
        """Close the connection; errors while closing change nothing any more."""
        try:
            self._connection.close()
        except sqlite3.Error:
            return

    # -- writing: what happened ---------------------------------------------------------------------------------

    def write(self, events: Sequence[InteractionEvent], choices: Mapping[AgentId, Mapping[str, str] | None]) -> None:
        """Store events and agents' choices (none: signed off), all or nothing. One that is there stays as it is."""
        with self._transaction() as connection:
            connection.executemany(
                "INSERT OR IGNORE INTO events (interaction, seq, at, kind, data) VALUES (?, ?, ?, ?, ?)",
                [
                    (e.interaction, e.seq, _to_text(e.at), e.kind.value, json.dumps(dict(e.data), default=str))
                    for e in events
                ],
            )
            for agent, state in choices.items():
                if state is None:
                    connection.execute("DELETE FROM agents WHERE agent = ?", (agent,))
                else:
                    connection.execute("INSERT OR REPLACE INTO agents VALUES (?, ?)", (agent, json.dumps(dict(state))))

    def next_epoch(self) -> int:
        """Return a number greater than any returned before from this file."""
        with self._transaction() as connection:
            row = connection.execute("UPDATE numbers SET value = value + 1 WHERE name = 'epoch' RETURNING value")
            return int(row.fetchone()[0])

    # -- reading: after a restart -------------------------------------------------------------------------------

    def unfinished(self) -> tuple[Remembered, ...]:
        """Return the interactions that started and have not been closed, with their events in order of `seq`."""
        with _failures(self._path):
            rows = self._connection.execute(
                "SELECT position, interaction, seq, at, kind, data FROM events WHERE interaction IN"
                " (SELECT interaction FROM events WHERE kind = ? EXCEPT SELECT interaction FROM events WHERE kind = ?)"
                " ORDER BY interaction, seq",
                (EventKind.STARTED.value, EventKind.CLOSED.value),
            ).fetchall()
            found: dict[InteractionId, list[InteractionEvent]] = {}
            for stored in map(_from_row, rows):
                found.setdefault(stored.event.interaction, []).append(stored.event)
        return tuple(Remembered(interaction=key, events=tuple(events)) for key, events in found.items())

    def agents(self) -> dict[AgentId, Mapping[str, str]]:
        """Return what each signed-on agent last chose."""
        with _failures(self._path):
            rows = self._connection.execute("SELECT agent, state FROM agents ORDER BY agent").fetchall()
        return {AgentId(agent): json.loads(state) for agent, state in rows}

    # -- draining -----------------------------------------------------------------------------------------------

    def undrained(self, limit: int) -> tuple[StoredEvent, ...]:
        """Return at most `limit` events that have not been drained yet, in order of writing."""
        with _failures(self._path):
            rows = self._connection.execute(
                "SELECT position, interaction, seq, at, kind, data FROM events"
                " WHERE position > (SELECT value FROM numbers WHERE name = 'drained') ORDER BY position LIMIT ?",
                (limit,),
            ).fetchall()
            return tuple(map(_from_row, rows))

    def drained(self, position: int, *, set_aside: Iterable[int] = ()) -> None:
        """Note that all events up to `position` are in SQL, and delete those that nobody needs here any more.

        Events of an interaction that is not closed stay: a restart needs them. Those whose positions are in
        `set_aside` could not be stored in SQL; they stay for ever, for a person to look at.
        """
        with self._transaction() as connection:
            connection.execute("UPDATE numbers SET value = max(value, ?) WHERE name = 'drained'", (position,))
            connection.executemany("UPDATE events SET set_aside = 1 WHERE position = ?", [(p,) for p in set_aside])
            connection.execute(
                "DELETE FROM events WHERE position <= :position AND NOT set_aside AND (interaction IN"
                " (SELECT interaction FROM events WHERE kind = :closed AND position <= :position)"
                # An event that came after its interaction was closed, drained and deleted.
                " OR NOT EXISTS (SELECT 1 FROM events AS first"
                "                WHERE first.interaction = events.interaction AND first.kind = :started))",
                {"position": position, "closed": EventKind.CLOSED.value, "started": EventKind.STARTED.value},
            )

    # -- one person ---------------------------------------------------------------------------------------------

    def speaking_of(self, *, interactions: Set[str], records: Set[str], numbers: Set[str]) -> tuple[StoredEvent, ...]:
        """Return all events of the interactions that are these, or were with one of these customers or numbers."""
        with _failures(self._path):
            rows = self._connection.execute(
                "SELECT position, interaction, seq, at, kind, data FROM events ORDER BY position"
            ).fetchall()
            stored = tuple(map(_from_row, rows))

        def speaks(event: InteractionEvent) -> bool:
            return (
                event.interaction in interactions
                or event.data.get("customer") in records
                or any(event.data.get(name) in numbers for name in _NUMBERS)
            )

        theirs = {one.event.interaction for one in stored if speaks(one.event)}
        return tuple(one for one in stored if one.event.interaction in theirs)

    def forget(self, positions: Sequence[int]) -> int:
        """Remove events for good; return how many there were."""
        with self._transaction() as connection:
            before = connection.total_changes
            connection.executemany("DELETE FROM events WHERE position = ?", [(one,) for one in positions])
            return connection.total_changes - before

    def empty_log(self) -> None:
        """Bring everything into the file, so that the log beside it does not hold what was removed."""
        with _failures(self._path):
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    # -- within -------------------------------------------------------------------------------------------------

    def _create(self) -> None:
        with self._transaction() as connection:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version == SCHEMA_VERSION:
                return
            if version != 0:
                raise ExternalFailure(
                    f"the journal {self._path} was written by another version (format {version}, "
                    f"this one reads {SCHEMA_VERSION})",
                    retryable=False,
                )
            for statement in filter(str.strip, _SCHEMA.split(";")):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with _failures(self._path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")


@contextmanager
def _failures(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError, ValueError) as error:
        # Full, read-only and busy disks may recover. Trying again does not help when the file is no database, is
        # damaged, or holds what a newer version wrote.
        damaged = not isinstance(error, sqlite3.OperationalError | OSError)
        raise ExternalFailure(f"journal {path}: {error}", retryable=not damaged) from error


def _to_text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _from_row(row: tuple[int, str, int, str, str, str]) -> StoredEvent:
    position, interaction, seq, at, kind, data = row
    event = InteractionEvent(
        interaction=InteractionId(interaction),
        seq=seq,
        at=datetime.fromisoformat(at),
        kind=EventKind(kind),
        data=json.loads(data),
    )
    return StoredEvent(position=position, event=event)
