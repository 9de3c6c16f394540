"""What a newcomer finds: two agents, a supervisor, an administrator, and two hundred customers with a past.

Nobody here exists. The telephone numbers are set aside for fiction (555-01xx in North America, Ofcom's 07700 900).
Only an installation without any people gets them, once; the passwords are random and must be changed at the first
sign-in.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from argon2 import PasswordHasher
from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncEngine

from acd.matching import mentioned_skills
from callcenter.api.customers import CustomerFields, NumberEntry, NumberLabel
from callcenter.api.records import Role
from callcenter.api.shapes import Tier
from callcenter.clock import SystemClock
from callcenter.customers.record import new_fields
from callcenter.customers.written import all_written
from callcenter.domain.catalogue import Catalogue, QueuePlan
from callcenter.domain.ids import InteractionId
from callcenter.domain.interaction import EventKind, FieldValue, InteractionEvent
from callcenter.storage.customer_rows import insert_records
from callcenter.storage.customer_tables import customers
from callcenter.storage.database import reading, writing
from callcenter.storage.history import store_events
from callcenter.storage.passwords import one_time_password, open_passwords
from callcenter.storage.people import NewPerson, insert_person
from callcenter.storage.tables import people

FIRST_SIGN_IN = "first-sign-in.txt"

PEOPLE = (
    NewPerson(
        person="ana",
        name="Ana Torres",
        role=Role.AGENT,
        device="agent-ana",
        skills={"billing": 8, "technical": 9, "sales": 6, "cards": 9},
    ),
    NewPerson(person="bo", name="Bo Lin", role=Role.AGENT, device="agent-bo", skills={"billing": 4, "sales": 5}),
    NewPerson(person="sam", name="Sam Okafor", role=Role.SUPERVISOR),
    NewPerson(person="admin", name="Administrator", role=Role.ADMINISTRATOR),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoCaller:
    """A customer who may ring in. `name` is ASCII, as telephone networks deliver it."""

    number: str
    name: str
    account: str
    language: str
    tier: Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoCustomer:
    """A customer as other systems of the firm know him, too."""

    account: str
    name: str
    language: str


async def plant_demo(
    database: AsyncEngine,
    catalogue: Catalogue,
    home: Path,
    *,
    now: datetime | None = None,
    hasher: PasswordHasher | None = None,
) -> bool:
    """Put the demonstration into records that have no people yet; tell whether that was done.

    The one-time passwords go to ``first-sign-in.txt`` under `home`, readable by its owner only. Raises
    `ExternalFailure`.
    """
    if await _has_people(database):
        return False
    passwords = {new.person: one_time_password() for new in PEOPLE}
    async with open_passwords(hasher) as hashing:
        hashes = {person: await hashing.hash(password) for person, password in passwords.items()}
    async with writing(database, "planting the demonstration") as connection:
        for new in PEOPLE:
            await insert_person(connection, new, password_hash=hashes[new.person])
        now = now or SystemClock().utc()
        records = all_written((one.customer, one.fields()) for one in _CUSTOMERS)
        await connection.run_sync(insert_records, records, now)
        await store_events(connection, list(_past(catalogue, now)))
        # Last, so that there is no file without people; and before the commit, so that nobody has an unknown password.
        _write_privately(home / FIRST_SIGN_IN, _sign_in_text(passwords))
    return True


async def demo_callers(database: AsyncEngine) -> Sequence[DemoCaller]:
    """Return the customers of the demonstration who are in the records. Raises `ExternalFailure`."""
    async with reading(database, "reading the demonstration's customers") as connection:
        there = set((await connection.execute(select(customers.c.customer))).scalars())
    return tuple(
        DemoCaller(
            number=one.numbers[0], name=one.ascii_name, account=one.account, language=one.language, tier=one.tier
        )
        for one in _CUSTOMERS
        if one.customer in there
    )


def demo_customers() -> Sequence[DemoCustomer]:
    """Return all customers of the demonstration, whether they are in the records or not."""
    return tuple(DemoCustomer(account=one.account, name=one.name, language=one.language) for one in _CUSTOMERS)


# -- people -----------------------------------------------------------------------------------------------------


async def _has_people(database: AsyncEngine) -> bool:
    async with reading(database, "looking for people") as connection:
        return bool((await connection.execute(select(exists(select(people.c.person))))).scalar())


def _sign_in_text(passwords: dict[str, str]) -> str:
    width = max(len(new.role) for new in PEOPLE)
    lines = [f"  {new.role:{width}}  {new.person:6}  {passwords[new.person]}" for new in PEOPLE]
    return "\n".join(["One-time passwords: each is changed at the first sign-in.", "", *lines, ""])


def _write_privately(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)  # one from a start that did not get to the end
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


# -- customers --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Customer:
    customer: str
    name: str
    ascii_name: str
    account: str
    tier: Tier
    language: str
    numbers: tuple[str, ...]

    def fields(self) -> CustomerFields:
        numbers = tuple(
            NumberEntry(number=number, label=NumberLabel.MOBILE, shared=number == _FAMILY_TELEPHONE)
            for number in self.numbers
        )
        return new_fields(name=self.name, account=self.account, tier=self.tier, language=self.language, numbers=numbers)


_GIVEN = (
    "Alice Ben Carla David Emma Felix Grace Henry Isabel Jack Karen Liam Maya Noah Olivia Peter Quinn Rosa Simon Tara"
)
_FAMILY = (
    "Adams Brooks Carter Diaz Evans Foster Garcia Hughes Irving Jones Keller Lopez Moore Nolan Owens Patel Reed Silva"
)
_FAMILY_ZH = (
    ("王", "Wang"),
    ("李", "Li"),
    ("张", "Zhang"),
    ("刘", "Liu"),
    ("陈", "Chen"),
    ("杨", "Yang"),
    ("赵", "Zhao"),
)
_GIVEN_ZH = (
    ("伟", "Wei"),
    ("芳", "Fang"),
    ("娜", "Na"),
    ("秀英", "Xiuying"),
    ("敏", "Min"),
    ("静", "Jing"),
    ("丽", "Li"),
    ("强", "Qiang"),
    ("磊", "Lei"),
    ("洋", "Yang"),
    ("子涵", "Zihan"),
)


_FAMILY_TELEPHONE = "+447700900999"


def _customer(number: int) -> _Customer:
    given, family = _GIVEN.split(), _FAMILY.split()
    if number % 5 == 4:  # every fifth speaks Chinese
        family_zh, given_zh = _FAMILY_ZH[number % len(_FAMILY_ZH)], _GIVEN_ZH[number % len(_GIVEN_ZH)]
        name, ascii_name, language = family_zh[0] + given_zh[0], f"{given_zh[1]} {family_zh[1]}", "zh"
    else:
        name = ascii_name = f"{given[number % len(given)]} {family[number * 7 % len(family)]}"
        language = "en"
    numbers = [f"+1{202 if number < 100 else 415}55501{number % 100:02}"]
    if number % 9 == 0:
        numbers.append(f"+447700900{number:03}")
    if number in (41, 42):  # a family with one telephone: the number alone does not tell who calls
        numbers.append(_FAMILY_TELEPHONE)
    tier = Tier.VIP if number % 20 == 4 or number % 20 == 10 else Tier.GOLD if number % 6 == 0 else Tier.STANDARD
    return _Customer(
        customer=f"demo-{number + 1:03}",
        name=name,
        ascii_name=ascii_name,
        account=str(40_001 + number * 13),
        tier=tier,
        language=language,
        numbers=tuple(numbers),
    )


_CUSTOMERS = tuple(_customer(number) for number in range(200))


# -- their past -------------------------------------------------------------------------------------------------

_NAMESPACE = uuid.UUID("6f1d2a6e-8c0f-5b3c-9d53-2f7f0c6f7b11")
_NOTES = {
    "billing": (
        ("Invoice of last month explained.", "已解释上个月的账单。"),
        ("Charged twice; refund requested.", "重复扣款，已申请退款。"),
        ("Wants invoices by e-mail from now on.", "希望以后通过电子邮件接收账单。"),
    ),
    "technical": (
        ("Router restarted together; line is stable again.", "已协助重启路由器，线路恢复稳定。"),
        ("No connection since the storm; visit arranged.", "暴雨后断网，已安排上门。"),
        ("Set up the new telephone.", "已协助设置新电话。"),
    ),
    "sales": (
        ("Interested in the larger plan; offer sent.", "对大套餐感兴趣，已发送报价。"),
        ("Compares prices, will decide next week.", "正在比较价格，下周决定。"),
    ),
}
_ANY_NOTES = (
    ("Question answered.", "问题已解答。"),
    ("Will call again with the papers at hand.", "准备好材料后会再来电。"),
)


def _past(catalogue: Catalogue, now: datetime) -> Iterator[InteractionEvent]:
    """Yield the events of what customers called about in the last months; two of three have called before."""
    queues = list(catalogue.queues.values())
    dialled = catalogue.numbers[0].number if catalogue.numbers else ""
    for place, customer in enumerate(_CUSTOMERS):
        for call in range(place % 3 * (place % 4)):
            days = 1 + (place * 5 + call * 17) % 80
            start = now - timedelta(days=days, minutes=(place * 37 + call * 101) % 480)
            yield from _call(customer, queues[(place + call) % len(queues)], dialled, start, place * 10 + call)


def _call(
    customer: _Customer, queue: QueuePlan, dialled: str, start: datetime, number: int
) -> Iterator[InteractionEvent]:
    interaction = InteractionId(str(uuid.uuid5(_NAMESPACE, str(number))))
    seq = 0

    def event(kind: EventKind, after: float, **data: FieldValue) -> InteractionEvent:
        nonlocal seq
        seq += 1
        at = start + timedelta(seconds=after)
        return InteractionEvent(interaction=interaction, seq=seq, at=at, kind=kind, data=data)

    waited = 4.0 + number * 7 % 90
    talked = 60.0 + number * 29 % 540
    agent = "bo" if number % 3 == 0 and "technical" not in mentioned_skills(queue.routing.requirements) else "ana"
    yield event(
        EventKind.STARTED,
        0,
        called_number=dialled,
        calling_number=customer.numbers[0],
        calling_name=customer.ascii_name,
    )
    yield event(
        EventKind.IDENTIFIED, 0, customer=customer.customer, name=customer.name, tier=customer.tier.value, by="number"
    )
    yield event(EventKind.QUEUED, 20, queue=queue.name, head_start=0)
    if number % 11 == 0:
        yield event(EventKind.ENDED, 20 + waited, outcome="abandoned", cause="normal_clearing")
        yield event(EventKind.CLOSED, 20 + waited)
        return
    ended = 20 + waited + talked
    notes = _NOTES.get(queue.name, _ANY_NOTES)
    note = notes[number % len(notes)][1 if customer.language == "zh" else 0]
    disposition = queue.dispositions[number % len(queue.dispositions)].name if queue.dispositions else None
    yield event(EventKind.ANSWERED, 20 + waited, agent=agent)
    yield event(EventKind.TALK_ENDED, ended, agent=agent, ended_by="caller", cause="normal_clearing")
    yield event(EventKind.ENDED, ended, outcome="handled", cause="normal_clearing")
    yield event(EventKind.WRAP_UP_COMPLETED, ended + 25, agent=agent, disposition=disposition, note=note)
    yield event(EventKind.CLOSED, ended + 25)
