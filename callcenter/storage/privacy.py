"""One person, everywhere: exported, erased, or held. The tables come last: after a crash he is found again."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol, Self

from pydantic import JsonValue
from sqlalchemy import Connection, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.api.customer_records import Privacy
from callcenter.api.customers import Hold, MasterPlan
from callcenter.api.records import Reader
from callcenter.api.shapes import Words
from callcenter.api.transfer import Erased, EraseRefused, HoldWanted, PersonExport
from callcenter.config import Settings
from callcenter.customers.changes import Difference
from callcenter.domain.interaction import EventKind
from callcenter.domain.moment import milliseconds
from callcenter.ports import Clock, IdSource
from callcenter.storage.customer_rows import Act, locked, remember_changes
from callcenter.storage.customer_tables import customers, erasures
from callcenter.storage.drain import Drain
from callcenter.storage.erasing import erase_rows, voicemail_files, write_proof
from callcenter.storage.journal_file import StoredEvent
from callcenter.storage.other_stores import files_speaking_of, forget_in_journal, journal_events, remove, sound_files
from callcenter.storage.person import Person, find_person, rows_of
from callcenter.storage.threads import Threads

MOST_BATCHES = 10_000  # of the journal that are drained before somebody is looked for

_REFUSALS = {
    "unknown": Words(en="There is no such customer.", zh="没有该客户。"),
    "on_hold": Words(en="The customer is under legal hold.", zh="该客户处于法律保留状态。"),
    "in_a_call": Words(
        en="The customer is in a call, or it is being completed. Try again afterwards.",
        zh="该客户正在通话或通话尚未完成，请稍后再试。",
    ),
}


class Traces(Protocol):
    """A store in memory that others keep: reports on their way."""

    async def speaking_of(self, texts: Sequence[str]) -> int:
        """Return how many entries have one of these texts. Raises `ExternalFailure`."""
        ...

    async def forget(self, texts: Sequence[str]) -> int:
        """Remove them, and return how many there were. Raises `ExternalFailure`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """What an installation keeps beside the tables.

    Attributes:
        journal: The journal's file.
        sounds: The folder of callers' recordings.
        spool: The folder of files on their way in and out.
        bus: Reports on their way; none: the installation has none.
        salt: What is hashed with ids, so that a proof tells nobody anything who does not know the id.
    """

    journal: Path
    sounds: Path
    spool: Path
    bus: Traces | None
    salt: str

    @classmethod
    def of(cls, settings: Settings, bus: Traces) -> Self:
        """Return where an installation keeps what is not in its tables. Raises `ConfigError` without its salt."""
        return cls(
            journal=settings.journal_path,
            sounds=settings.voicemail,
            spool=settings.home / "spool",
            bus=bus,
            salt=settings.secret("erasure-salt"),
        )


class SqlPrivacy(Privacy):
    """The port over all stores."""

    def __init__(
        self,
        records: AsyncEngine,
        threads: Threads,
        stores: Stores,
        *,
        plan: MasterPlan,
        clock: Clock,
        ids: IdSource,
    ) -> None:
        self._threads = threads
        self._stores = stores
        self._plan = plan
        self._clock = clock
        self._ids = ids
        self._drain = Drain(stores.journal, records)

    # -- out ------------------------------------------------------------------------------------------------------

    async def export(self, customer: str, reader: Reader) -> PersonExport | None:  # noqa: ARG002 -- who did it stands in the access log
        """Return everything that is kept about a customer, merged records included; none: there is no such customer."""
        await self._drained()
        stores = self._stores

        def work(connection: Connection) -> tuple[Person, dict[str, JsonValue], list[str]] | None:
            person = find_person(connection, customer)
            if person is None:
                return None
            return person, rows_of(connection, person), voicemail_files(connection, person)

        found = await self._threads.read("reading all about a customer", work)
        if found is None:
            return None
        person, rows, sounds = found
        left = await asyncio.to_thread(journal_events, stores.journal, person)
        files = await asyncio.to_thread(lambda: list(files_speaking_of(stores.spool, person)))
        return PersonExport(
            customer=person.customer,
            at=milliseconds(self._clock.utc()),
            stores={
                **rows,
                "journal": [_plain(one) for one in left],
                "sound_files": [str(path.name) for path in sound_files(stores.sounds, sounds)],
                "reports_on_their_way": await stores.bus.speaking_of(_told_by_bus(person)) if stores.bus else 0,
                "files_on_their_way": [path.name for path in files],
            },
        )

    # -- away -----------------------------------------------------------------------------------------------------

    async def erase(self, customer: str, reader: Reader, *, reason: str) -> Erased | EraseRefused:
        """Erase a customer; what stays for the figures is nameless. Once more changes nothing, and tells the proof."""
        await self._drained()
        stores = self._stores
        person = await self._threads.read("looking for a customer", lambda c: find_person(c, customer))
        if person is None:
            return await self._proof(customer) or _refused("unknown")
        if self._is_held(person):
            return _refused("on_hold")
        left = await asyncio.to_thread(journal_events, stores.journal, person)
        if _goes_on(left):
            return _refused("in_a_call")
        sounds = await self._threads.read("looking for recordings", lambda c: voicemail_files(c, person))
        counts = {
            "sound_files": await asyncio.to_thread(remove, sound_files(stores.sounds, sounds)),
            "journal": await asyncio.to_thread(forget_in_journal, stores.journal, left),
            "files_on_their_way": await asyncio.to_thread(lambda: remove(files_speaking_of(stores.spool, person))),
            "reports_on_their_way": await stores.bus.forget(_told_by_bus(person)) if stores.bus else 0,
        }
        counts = {name: count for name, count in counts.items() if count}
        return await self._erase_rows(person, reader, reason, counts)

    async def _erase_rows(
        self, person: Person, reader: Reader, reason: str, counts: dict[str, int]
    ) -> Erased | EraseRefused:
        """Do what is left, in one transaction, with what has come since he was looked for."""
        erasure = str(self._ids.interaction_id())
        at = self._clock.utc()
        fingerprint = self._fingerprint(person.customer)

        def work(connection: Connection) -> Erased | EraseRefused:
            locked(connection, person.records)
            now = find_person(connection, person.customer, calls=False)
            if now is None or now.records != person.records:
                return _refused("unknown" if now is None else "in_a_call")
            if self._is_held(now):
                return _refused("on_hold")
            whole = Person(
                customer=now.customer,
                records=now.records,
                holds=(),
                numbers=now.numbers,
                addresses=now.addresses,
                names=now.names,
                interactions=tuple(dict.fromkeys((*person.interactions, *now.interactions))),
            )
            erased = erase_rows(connection, whole)
            done = {**counts, **erased}
            proof = Erased(erasure=erasure, at=milliseconds(at), by=reader.person, fingerprint=fingerprint, counts=done)
            write_proof(connection, proof, reason, at)
            return proof

        done = await self._threads.write("erasing a customer", work)
        if self._threads.dialect.name == "sqlite":  # the log beside the file has what stood there before
            checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)"
            await self._threads.read("emptying the log", lambda c: c.exec_driver_sql(checkpoint).all())
        return done

    # -- kept -----------------------------------------------------------------------------------------------------

    async def hold(self, customer: str, wanted: HoldWanted | None, reader: Reader) -> bool:
        """Put a customer under legal hold, or lift it; false: there is no such customer."""
        now = self._clock.utc()
        act = Act(plan=self._plan, reader=reader, via="desktop", now=now)
        hold: JsonValue = None
        if wanted is not None:
            made = Hold(reason=wanted.reason, until=wanted.until, by=reader.person, at=milliseconds(now))
            hold = made.model_dump(mode="json")

        def work(connection: Connection) -> bool:
            person = find_person(connection, customer, calls=False)
            if person is None:
                return False
            rows = locked(connection, person.records)
            # On all of his records: each may stand alone again.
            change = update(customers).where(customers.c.customer.in_(person.records)).values(hold=hold)
            connection.execute(change)
            changed = {
                record: (0, [Difference("hold", row.hold, hold)]) for record, row in rows.items() if row.hold != hold
            }
            remember_changes(connection, changed, act)
            return True

        return await self._threads.write("holding a customer's records", work)

    # -- within ---------------------------------------------------------------------------------------------------

    async def _drained(self) -> None:
        """Bring to the tables what the journal still has; another drain may do the same meanwhile."""
        for _ in range(MOST_BATCHES):
            if not await self._drain.step():
                return

    def _is_held(self, person: Person) -> bool:
        today = self._clock.utc().astimezone().date()
        return any(hold.until is None or date.fromisoformat(hold.until) >= today for hold in person.holds)

    def _fingerprint(self, customer: str) -> str:
        return hashlib.sha256(f"{self._stores.salt}/{customer}".encode()).hexdigest()

    async def _proof(self, customer: str) -> Erased | None:
        """Return the proof that the customer with this id was erased."""
        query = select(erasures).where(erasures.c.fingerprint == self._fingerprint(customer))
        newest = query.order_by(erasures.c.at.desc()).limit(1)
        row = await self._threads.read("looking for a proof", lambda c: c.execute(newest).one_or_none())
        if row is None:
            return None
        return Erased(
            erasure=row.erasure, at=milliseconds(row.at), by=row.by, fingerprint=row.fingerprint, counts=row.counts
        )


def _goes_on(left: Sequence[StoredEvent]) -> bool:
    """Tell whether an interaction of these has not been closed."""
    closed = {one.event.interaction for one in left if one.event.kind is EventKind.CLOSED}
    return any(one.event.kind is EventKind.STARTED and one.event.interaction not in closed for one in left)


def _told_by_bus(person: Person) -> tuple[str, ...]:
    return (*person.records, *sorted(person.numbers))


def _plain(stored: StoredEvent) -> dict[str, JsonValue]:
    event = stored.event
    return {
        "interaction": event.interaction,
        "seq": event.seq,
        "at": event.at.isoformat(),
        "kind": event.kind.value,
        "data": dict(event.data),
    }


def _refused(code: str) -> EraseRefused:
    return EraseRefused(code=code, text=_REFUSALS[code])
