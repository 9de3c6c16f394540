"""One person, everywhere: all that is kept about him goes out, and away; the figures stay, and a proof without him."""

from __future__ import annotations

import csv
import json
import sqlite3
import threading
import zipfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import JsonValue
from redis import Redis
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.api.calls import CallDirection
from callcenter.api.card import Dealing, DealingKind, Medium
from callcenter.api.customers import Edit, MergeWanted, RelationKind
from callcenter.api.timeline import NewInteraction
from callcenter.api.transfer import DuplicateRule, Erased, EraseRefused, HoldWanted, ImportPlan
from callcenter.bus.traces import RedisTraces
from callcenter.clock import SystemClock, TimeOrderedIds
from callcenter.domain.errors import ExternalFailure
from callcenter.domain.interaction import EventKind, InteractionEvent
from callcenter.domain.recording_name import recording_name
from callcenter.storage.columns import metadata
from callcenter.storage.customer_tables import erasures
from callcenter.storage.database import writing
from callcenter.storage.history import counted_events, store_events
from callcenter.storage.imports import Importer, enter_import
from callcenter.storage.journal_file import JournalFile, Safety
from callcenter.storage.privacy import SqlPrivacy, Stores
from callcenter.storage.tables import interactions
from tests.fakes.clock import FakeClock
from tests.fakes.ids import CountingIds
from tests.support.dealings import dealing
from tests.support.interactions import START, Story, handled
from tests.support.masters import PLAN, SAM, Masters, masters_of

NAME, OTHER_NAME = "Zebedee Quillfeather", "Z. Quillfeather-Moss"
NUMBER, NATIONAL = "+12025550177", "202 555 0177"
MAIL = "zebedee@quillfeather.example"
ACCOUNT = "QF-778899"
SAID = "my heron Archibald"
SECRETS = ("quillfeather", "zebedee", "5550177", "archibald", "qf-778899")
"""What must be nowhere afterwards, in whatever case."""


class FakeTraces:
    """A bus; fails as often as `broken` says."""

    def __init__(self) -> None:
        self.entries = [f'{{"calling_number":"{NUMBER}"}}', '{"calling_number":"+12025550100"}']
        self.broken = 0

    async def speaking_of(self, texts: Sequence[str]) -> int:
        return sum(any(one in entry for one in texts) for entry in self.entries)

    async def forget(self, texts: Sequence[str]) -> int:
        if self.broken:
            self.broken -= 1
            raise ExternalFailure("away", retryable=True)
        found = await self.speaking_of(texts)
        self.entries = [entry for entry in self.entries if not any(one in entry for one in texts)]
        return found


@dataclass(kw_only=True)
class House:
    """An installation with one person in every store, and others beside him."""

    records: AsyncEngine
    masters: Masters
    stores: Stores
    bus: FakeTraces
    privacy: SqlPrivacy
    clock: FakeClock
    customer: str
    merged: str

    async def tables(self) -> str:
        """Return everything that the tables hold, as text."""
        async with self.records.connect() as connection:
            rows: list[str] = []
            for table in metadata.sorted_tables:
                found = (await connection.execute(select(table))).all()
                rows += [f"{table.name} {[str(value) for value in row]}" for row in found]
            if self.records.dialect.name == "sqlite":
                for words in ("customers_words", "interactions_words"):
                    await connection.execute(text(f"CREATE VIRTUAL TABLE temp.v USING fts5vocab(main, {words}, row)"))
                    found = (await connection.execute(text("SELECT term FROM temp.v"))).all()
                    rows += [f"{words} {[row[0] for row in found]}"]
                    await connection.execute(text("DROP TABLE temp.v"))
        return "\n".join(rows).casefold()

    def files(self) -> str:
        """Return what the files hold, and their names."""
        told = []
        for path in (self.stores.journal, *self.stores.sounds.iterdir(), *self.stores.spool.iterdir()):
            told.append(path.name)
            if zipfile.is_zipfile(path):
                with zipfile.ZipFile(path) as book:
                    told += [book.read(name).decode("utf-8", "replace") for name in book.namelist()]
            else:
                told.append(path.read_bytes().decode("utf-8", "replace"))
        wal = self.stores.journal.with_name(self.stores.journal.name + "-wal")
        told.append(wal.read_bytes().decode("utf-8", "replace") if wal.exists() else "")
        return "\n".join(told).casefold()


def journal(path: Path, *stories: Sequence[InteractionEvent]) -> None:
    file = JournalFile.open(path, Safety.PROCESS_DEATH)
    for story in stories:
        file.write(story, {})
    file.close()


def call(number: int, customer: str | None, *, calling: str = NUMBER, ended: bool = True) -> Story:
    """A call of theirs in which much was said."""
    story = Story(number)
    story.tell(EventKind.STARTED, called_number="8005550100", calling_number=calling, calling_name=NAME)
    if customer is not None:
        story.tell(EventKind.IDENTIFIED, 0.1, customer=customer, name=NAME, account=ACCOUNT, tier="gold", by="number")
    story.tell(EventKind.NODE_ENTERED, 1, node="menu", flow="support", version=1)
    story.tell(EventKind.ANSWER_GIVEN, 3, key="callback_number", value=NATIONAL, keyed=True)
    story.tell(EventKind.CALLBACK_PROMISED, 4, number=calling, queue="billing", until=1)
    story.tell(EventKind.QUEUED, 5, queue="billing", head_start=0, rules="", needs="")
    story.tell(EventKind.ANSWERED, 15, agent="ana")
    story.tell(EventKind.WENT_ELSEWHERE, 16, number=calling)
    story.tell(EventKind.NOTE_SAVED, 60, agent="ana", note=f"Asked for {SAID}.", disposition="resolved")
    story.tell(EventKind.TALK_ENDED, 75, agent="ana", ended_by="caller", cause="normal_clearing")
    if ended:
        story.tell(EventKind.ENDED, 75, outcome="handled", cause="normal_clearing")
        story.tell(EventKind.WRAP_UP_COMPLETED, 90, agent="ana", disposition="resolved", note=f"About {SAID}.")
        story.tell(EventKind.CLOSED, 90)
    return story


def message(number: int) -> tuple[Story, str]:
    story = Story(number)
    file = recording_name(story.interaction, epoch=1, session=1, step=1)
    story.tell(EventKind.STARTED, called_number="8005550100", calling_number=NUMBER, calling_name=NAME)
    story.tell(EventKind.VOICEMAIL_LEFT, 9, file=file, mailbox="billing", seconds=9.0, number=NUMBER)
    story.tell(EventKind.ENDED, 9, outcome="left_in_ivr", cause="normal_clearing")
    story.tell(EventKind.CLOSED, 9)
    return story, file


@pytest.fixture
async def house(records: AsyncEngine, tmp_path: Path) -> AsyncIterator[House]:
    async with made_house(records, tmp_path) as made:
        yield made


@asynccontextmanager
async def made_house(records: AsyncEngine, home: Path) -> AsyncIterator[House]:
    clock = FakeClock()
    async with masters_of(records, clock=clock) as masters:
        number: dict[str, JsonValue] = {"number": NUMBER, "label": "mobile", "shared": False}
        mail: dict[str, JsonValue] = {"mail": MAIL, "label": "", "shared": False}
        one = await masters.master.create(
            {"name": NAME, "account": ACCOUNT, "numbers": [number], "mails": [mail], "remark": SAID}, SAM
        )
        two = await masters.master.create({"name": OTHER_NAME, "account": "55-A"}, SAM)
        ann = await masters.master.create({"name": "Ann Other", "account": "77-B", "remark": "Stays"}, SAM)
        assert one.type == two.type == ann.type == "edited"
        customer, merged, other = (made.record.customer for made in (one, two, ann))
        edited = await masters.master.edit(
            Edit(customer=customer, version=1, changes={"given_name": "Zebedee", "family_name": "Quillfeather"}), SAM
        )
        assert edited is not None
        await masters.master.relate(customer, RelationKind.HOUSEHOLD, other, SAM)
        for whose, title in ((customer, f"Promised {SAID}"), (other, "Ann's router")):
            assert await masters.dealings.put(whose, _promise(whose, title), SAM) is None
        joined = await masters.master.merge(
            MergeWanted(survivor=customer, survivor_version=2, merged=merged, merged_version=1, takes={}), SAM
        )
        assert joined.type == "merged"
        await _import(masters, home)
        sounds, spool = home / "voicemail", home / "spool"
        left, file = message(103)
        async with writing(records, "storing") as connection:
            for story in (call(101, merged), call(102, None), left, handled(104, customer=other)):
                await store_events(connection, story.events)
        await masters.timeline.annotate(call(101, None).interaction, f"Wants {SAID}", SAM)
        await masters.timeline.add(_chat(customer))
        for folder in (sounds, spool):
            folder.mkdir()
        (sounds / f"{file}.wav").write_bytes(b"RIFF")
        (sounds / f"{recording_name(handled(104).interaction, epoch=1, session=1, step=1)}.wav").write_bytes(b"RIFF")
        (spool / "a").write_text(f"Name;Phone\n{NAME};{NATIONAL}\n", encoding="utf-8")
        (spool / "b").write_text("Name;Phone\nAnn Other;202 555 0100\n", encoding="utf-8")
        with zipfile.ZipFile(spool / "c", "w", zipfile.ZIP_DEFLATED) as book:
            book.writestr("xl/sharedStrings.xml", f"<t>{OTHER_NAME}</t>")
        journal(home / "journal.sqlite", call(105, customer).events)
        bus = FakeTraces()
        stores = Stores(journal=home / "journal.sqlite", sounds=sounds, spool=spool, bus=bus, salt="salt")
        yield House(
            records=records,
            masters=masters,
            stores=stores,
            bus=bus,
            privacy=SqlPrivacy(
                records, masters.threads, stores, plan=PLAN, clock=clock, ids=TimeOrderedIds(SystemClock())
            ),
            clock=clock,
            customer=customer,
            merged=merged,
        )


def _promise(whose: str, title: str) -> Dealing:
    of = f"00000000-0000-7000-8000-{abs(hash(title)) % 10**12:012d}"
    return dealing(of, DealingKind.PROMISE, title=title, opened_on="2026-01-01")


def _chat(customer: str) -> NewInteraction:
    return NewInteraction(
        interaction="00000000-0000-7000-8000-0000000000c7",
        medium=Medium.CHAT,
        direction=CallDirection.IN,
        started_at=1_767_600_000_000,
        ended_at=1_767_600_060_000,
        address=MAIL,
        subject=f"About {SAID}",
        customer=customer,
        queue="billing",
        agent="ana",
        outcome="handled",
        disposition=None,
        note=f"Told {NAME}",
        payload={"lines": [f"Good day, I am {NAME}"]},
    )


async def _import(masters: Masters, home: Path) -> None:
    """A file whose first row is refused, for the number is somebody's already."""
    file = home / "in.csv"
    with file.open("w", encoding="utf-8", newline="") as opened:
        rows = (("Code", "Name", "Phone"), ("99-C", NAME, NATIONAL), ("99-D", "Dora", "202 555 0155"))
        csv.writer(opened).writerows(rows)
    plan = ImportPlan(
        columns={"Code": "account", "Name": "name", "Phone": "numbers.work"},
        match_by=("account",),
        duplicates=DuplicateRule.REFUSE,
        encoding=None,
        delimiter=None,
        sheet=None,
        country="US",
        shared_numbers=False,
    )
    ids = CountingIds()
    importer = Importer(masters.threads, PLAN, new_id=lambda: f"imp-{ids.interaction_id()}", utc=masters.clock.utc)
    with masters.threads.writing("beginning") as connection:
        enter_import(connection, "the-import", file, plan, SAM, now=masters.clock.utc())
    importer.run("the-import", file, plan, SAM)
    file.unlink()


# -- out ----------------------------------------------------------------------------------------------------------


async def test_everything_goes_out(house: House) -> None:
    for asked in (house.merged, ACCOUNT):
        found = await house.privacy.export(asked, SAM)
        assert found is not None
        assert found.customer == house.customer
    export = await house.privacy.export(house.customer, SAM)
    assert export is not None
    told = export.model_dump_json()
    assert {name for name, rows in export.stores.items() if rows} == {
        *("records", "numbers", "mails", "relations", "dealings", "changes", "merges", "interactions", "events"),
        *("notes", "payloads", "voicemails", "sound_files", "reports_on_their_way", "files_on_their_way"),
    }
    for what in (NAME, OTHER_NAME, NUMBER, MAIL, ACCOUNT, SAID, "callback_number"):
        assert what in told, what
    assert "Stays" not in told
    assert "Ann's router" not in told
    assert len(export.stores["interactions"]) == 5  # type: ignore[arg-type]  # a list
    assert await house.privacy.export("nobody", SAM) is None


# -- away ---------------------------------------------------------------------------------------------------------


async def test_nothing_of_him_is_anywhere_afterwards(house: House) -> None:
    before = await house.tables() + house.files()
    assert all(secret in before for secret in SECRETS)
    erased = await house.privacy.erase(house.merged, SAM, reason="asked for in writing")
    assert isinstance(erased, Erased)
    after = await house.tables()
    for secret in SECRETS:
        assert secret not in after, [line for line in after.splitlines() if secret in line]
        assert secret not in house.files(), secret
    assert house.customer not in after
    assert house.bus.entries == ['{"calling_number":"+12025550100"}']
    assert "ann other" in after
    assert "ann's router" in after
    assert "explained the bill." in after
    assert "dora" in after
    assert sorted(path.name for path in house.stores.spool.iterdir()) == ["b"]
    assert len(list(house.stores.sounds.iterdir())) == 1
    assert erased.counts["interactions"] == 5
    assert erased.counts["sound_files"] == 1
    assert {"records": 2, "dealings": 1, "merges": 1, "notes": 1, "payloads": 1, "voicemails": 1}.items() <= (
        erased.counts.items()
    )


async def test_a_file_that_cannot_be_looked_into_keeps_nobody_from_being_erased(house: House) -> None:
    """What a person sends as a workbook may be anything; it goes as well, for nobody knows what is in it."""
    broken, locked = house.stores.spool / "d", house.stores.spool / "e"
    with zipfile.ZipFile(broken, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/sharedStrings.xml", NAME * 50)
    content = bytearray(broken.read_bytes())
    content[60:70] = b"\xff" * 10
    broken.write_bytes(content)
    with zipfile.ZipFile(locked, "w") as book:
        book.writestr("xl/sharedStrings.xml", NAME)
    content = bytearray(locked.read_bytes())
    for header, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(header) + flags] |= 1  # encrypted
    locked.write_bytes(content)
    (house.stores.spool / "f").symlink_to(house.stores.spool / "gone")
    assert await house.privacy.export(house.customer, SAM) is not None
    assert isinstance(await house.privacy.erase(house.customer, SAM, reason="asked for"), Erased)
    assert not broken.exists()
    assert not locked.exists()


async def test_files_are_looked_through_beside_the_pages(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dozens of megabytes: whoever waited for them in the event loop would keep every page waiting."""
    threads = []

    def looked(*_: object) -> list[Path]:
        threads.append(threading.current_thread())
        return []

    monkeypatch.setattr("callcenter.storage.privacy.files_speaking_of", looked)
    await house.privacy.export(house.customer, SAM)
    await house.privacy.erase(house.customer, SAM, reason="asked for")
    assert len(threads) == 2
    assert threading.main_thread() not in threads


async def test_the_figures_stay(house: House) -> None:
    since = START - timedelta(days=1)
    counted = await counted_events(house.records, since)
    await house.privacy.erase(house.customer, SAM, reason="asked")
    query = select(interactions).where(interactions.c.medium == "call").order_by(interactions.c.interaction)
    async with house.records.connect() as connection:
        rows = (await connection.execute(query)).all()
    assert [(row.queue, row.agent, row.outcome, row.talked_s) for row in rows[:2]] == [
        ("billing", "ana", "handled", 60.0)
    ] * 2
    assert all(row.customer is None and row.calling_number == "" for row in rows if row.agent == "ana" and row.n != 4)
    after = await counted_events(house.records, since)
    assert sorted((one.interaction, one.seq, one.kind) for one in after) == sorted(
        (one.interaction, one.seq, one.kind) for one in counted
    ) + sorted((one.interaction, one.seq, one.kind) for one in after if one.interaction == call(105, None).interaction)


async def test_once_more_changes_nothing_and_tells_the_proof(house: House) -> None:
    erased = await house.privacy.erase(house.customer, SAM, reason="asked")
    again = await house.privacy.erase(house.customer, SAM, reason="again")
    assert again == erased
    async with house.records.connect() as connection:
        (proof,) = (await connection.execute(select(erasures))).all()
    assert (proof.by, proof.reason) == ("sam", "asked")
    assert house.customer not in str(proof)
    assert await house.privacy.erase("nobody", SAM, reason="x") == EraseRefused(
        code="unknown", text=(await _refusal(house, "nobody")).text
    )


async def _refusal(house: House, customer: str) -> EraseRefused:
    refused = await house.privacy.erase(customer, SAM, reason="x")
    assert isinstance(refused, EraseRefused)
    return refused


async def test_a_crash_in_between_is_repeated(house: House) -> None:
    """The stores around the tables come first: he is found again, and what is gone already does not count."""
    house.bus.broken = 1
    with pytest.raises(ExternalFailure):
        await house.privacy.erase(house.customer, SAM, reason="asked")
    assert await house.masters.master.record(house.customer, SAM) is not None
    assert isinstance(await house.privacy.erase(house.customer, SAM, reason="asked"), Erased)
    left = await house.tables() + house.files()
    assert all(secret not in left for secret in SECRETS)


async def test_who_is_in_a_call_is_erased_when_it_is_over(house: House) -> None:
    for number, customer in ((106, house.customer), (107, None)):  # recognised, or only his number
        going = call(number, customer, ended=False)
        journal(house.stores.journal, going.events)
        assert (await _refusal(house, house.customer)).code == "in_a_call"
        going.tell(EventKind.ENDED, 75, outcome="handled", cause="normal_clearing")
        going.tell(EventKind.CLOSED, 90)
        journal(house.stores.journal, going.events)
    assert isinstance(await house.privacy.erase(house.customer, SAM, reason="asked"), Erased)
    left = await house.tables() + house.files()
    assert all(secret not in left for secret in SECRETS)


async def test_what_the_tables_would_not_take_is_erased_in_the_journal(house: House) -> None:
    """Such events stay in the journal for a person to look at: not those of this one."""
    await house.privacy.export(house.customer, SAM)  # drains
    journal(house.stores.journal, call(108, house.customer).events, handled(109).events)
    with sqlite3.connect(house.stores.journal) as file:
        file.execute("UPDATE events SET set_aside = 1")
        file.execute("UPDATE numbers SET value = (SELECT max(position) FROM events) WHERE name = 'drained'")
    file.close()
    erased = await house.privacy.erase(house.customer, SAM, reason="asked")
    assert isinstance(erased, Erased)
    assert erased.counts["journal"] == len(call(108, house.customer).events)
    assert all(secret not in house.files() for secret in SECRETS)
    with sqlite3.connect(house.stores.journal) as file:
        (left,) = file.execute("SELECT count(*) FROM events").fetchone()
    file.close()
    assert left == len(handled(109).events)


# -- held ---------------------------------------------------------------------------------------------------------


async def test_a_hold_keeps_him_until_it_is_lifted_or_over(house: House) -> None:
    assert await house.privacy.hold(house.merged, HoldWanted(reason="Court case 7", until="2026-01-20"), SAM)
    record = await house.masters.master.record(house.customer, SAM)
    assert record is not None
    assert record.hold is not None
    assert (record.hold.reason, record.hold.by) == ("Court case 7", "sam")
    assert (await _refusal(house, house.customer)).code == "on_hold"
    assert await house.masters.master.record(house.customer, SAM) is not None
    assert await house.privacy.hold(house.customer, None, SAM)
    assert await house.privacy.hold(house.customer, HoldWanted(reason="Court case 8", until="2026-01-20"), SAM)
    house.clock.set_utc(datetime(2026, 1, 21, 12, tzinfo=UTC))
    assert isinstance(await house.privacy.erase(house.customer, SAM, reason="asked"), Erased)
    assert not await house.privacy.hold("nobody", None, SAM)


# -- reports on their way --------------------------------------------------------------------------------------------


@pytest.mark.integration
async def test_reports_that_speak_of_him_are_removed_from_redis(redis_url: str) -> None:
    redis = Redis.from_url(redis_url)
    for number in range(1_200):
        whose = NUMBER if number % 100 == 7 else "+12025550100"
        redis.xadd("cc:reports", {"report": json.dumps({"calling_number": whose, "n": number})})
    redis.xadd("other:reports", {"report": NUMBER})
    redis.set("cc:key", NUMBER)
    traces = RedisTraces(redis_url, "cc:")
    assert await traces.speaking_of([NUMBER]) == 12
    assert await traces.forget([NUMBER, ""]) == 12
    assert await traces.speaking_of([NUMBER]) == 0
    assert redis.xlen("cc:reports") == 1_188
    assert redis.xlen("other:reports") == 1
    redis.close()
    with pytest.raises(ExternalFailure):
        await RedisTraces("redis://127.0.0.1:9/0", "cc:").forget([NUMBER])
