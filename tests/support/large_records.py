"""Records of a large firm: customers, their dealings and their interactions, the same for the same seed.

Rows are texts, as PostgreSQL's COPY and SQLite's column affinities both take them, and are never made into objects of
ours: ten million of them would take an hour. `tests/support/test_large_records.py` reads some back through the real
adapters and compares what stands beside them (numbers, words, keys) with what the platform would have written.

How many interactions a customer has is heavy-tailed: most have a few, some thousands, one has a two-hundredth of all.
One number is shared by 500 customers. One call in fifty is nobody's.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from callcenter.customers.duplicates import keys_of
from callcenter.customers.words import words_of

Row = Sequence[str | None]

SHARED_NUMBER = "+442079460000"
SHARING = 500
BUSIEST = 0  # the customer with the most interactions
_BUSIEST_SHARE = 200
_NOBODY_SHARE = 50
YEARS = 3
AGENTS = tuple(f"agent{number:03}" for number in range(200))
QUEUES = ("billing", "cards", "general", "sales", "technical")


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_GIVEN = _words(
    "Alice Ben Carla David Emma Felix Grace Henry Isabel Jack Karen Liam Maya Noah Olivia Peter Quinn Rosa Simon Tara "
    "Uma Victor Wendy Xavier Yara Zoe Arthur Bella Cedric Dora Edgar Flora Gustav Hanna Igor Julia Kevin Laura Marc "
    "Nina"
)
_FAMILY = _words(
    "Adams Brooks Carter Diaz Evans Foster Garcia Hughes Irving Jones Keller Lopez Moore Nolan Owens Patel Reed Silva "
    "Turner Usman Vance Walker Young Zimmer Abbott Becker Conrad Dalton Ellis Fischer Graham Holt Ingram Jensen "
    "Kaplan"
)
_FAMILY_ZH = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_GIVEN_ZH = (
    "伟",
    "芳",
    "娜",
    "秀英",
    "敏",
    "静",
    "丽",
    "强",
    "磊",
    "洋",
    "艳",
    "勇",
    "军",
    "杰",
    "娟",
    "涛",
    "明",
    "超",
)
_TRADES = _words("Metalworks Logistics Bakery Printing Optics Software Foods Textiles Motors Pharma")
_TOWNS = (
    ("London", "GB", "SW1A"),
    ("Berlin", "DE", "10115"),
    ("Boston", "US", "02108"),
    ("上海", "CN", "200000"),
    ("Lyon", "FR", "69001"),
    ("Madrid", "ES", "28001"),
    ("Toronto", "CA", "M5H"),
    ("北京", "CN", "100000"),
)
_NOTES = (
    "Invoice of last month explained.",
    "Charged twice; refund requested.",
    "Router restarted together; line is stable again.",
    "No connection since the storm; visit arranged.",
    "Interested in the larger plan; offer sent.",
    "Card lost; blocked and a new one ordered.",
    "已解释上个月的账单。",
    "重复扣款，已申请退款。",
    "对大套餐感兴趣，已发送报价。",
)
_dump = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

CUSTOMER_COLUMNS = (
    *("n", "customer", "created_at", "updated_at", "words", "kind", "name", "given_name", "family_name", "salutation"),
    *("name_reading", "aliases", "account", "numbers", "mails", "addresses", "contacts", "language", "tier"),
    *("credit_limit", "currency", "payment_terms_days", "payment_record", "tax_number", "website", "industry"),
    *("birthday", "owner", "territory", "source", "preferences", "remark", "custom"),
)
REACHED_COLUMNS = ("address", "customer", "contact", "shared")  # the first is named number or mail
DEALING_COLUMNS = (
    *("dealing", "customer", "kind", "number", "title", "state", "open", "by", "opened_on", "due_on", "amount"),
    *("unpaid", "currency", "level", "priority", "requirements", "blocks_sales", "note"),
)
INTERACTION_COLUMNS = (
    *("n", "interaction", "started_at", "called_number", "calling_number", "identified_as", "customer", "queue"),
    *("agent", "ended_at", "outcome", "cause", "waited_s", "talked_s", "disposition", "note", "closed", "story"),
    "words",
)
_PREFERENCES = _dump(
    {
        "no_calls": False,
        "no_mail": False,
        "no_post": False,
        "medium": "",
        "best_from": None,
        "best_until": None,
        "time_zone": "",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large the firm is."""

    customers: int
    interactions: int
    seed: int = 1


def customer_id(number: int) -> str:
    """Return the id of the customer with this number: as long and as ordered as the platform's own."""
    return f"01900000-{number >> 16 & 0xFFFF:04x}-7000-8000-{number:012x}"


def interaction_id(number: int) -> str:
    """Return the id of an interaction."""
    return f"01900000-{number >> 16 & 0xFFFF:04x}-7000-9000-{number:012x}"


def phone_number(number: int) -> str:
    """Return the first number of a customer: E.164, unique, in no order."""
    return f"+1{2_000_000_000 + number * 7_919 % 7_999_999_993}"


def account(number: int) -> str:
    """Return the code of a customer: digits, unique, in no order."""
    return str(10_000_000 + number * 7_919 % 89_999_993)


@dataclass(slots=True)
class CustomerRows:
    """The rows of some customers, by table."""

    customers: list[Row]
    numbers: list[Row]
    mails: list[Row]
    keys: list[Row]
    dealings: list[Row]


def customers(size: Size, now: datetime, chunk: int = 5_000) -> Iterator[CustomerRows]:
    """Yield all customers, so many at a time."""
    for begin in range(0, size.customers, chunk):
        rows = CustomerRows([], [], [], [], [])
        for number in range(begin, min(begin + chunk, size.customers)):
            _customer(rows, number, size, now)
        yield rows


def _customer(rows: CustomerRows, number: int, size: Size, now: datetime) -> None:
    who = customer_id(number)
    company = number % 10 == 7
    chinese = number % 5 == 4
    town, country, code = _TOWNS[number * 31 % len(_TOWNS)]
    given = family = ""
    if company:
        name = f"{_FAMILY[number * 13 % len(_FAMILY)]} {_TRADES[number // 10 % len(_TRADES)]} {number}"
    elif chinese:
        family, given = _FAMILY_ZH[number * 3 % len(_FAMILY_ZH)], _GIVEN_ZH[number // 5 % len(_GIVEN_ZH)]
        name = family + given
    else:
        given, family = _GIVEN[number % len(_GIVEN)], _FAMILY[number // 40 % len(_FAMILY)]
        name = f"{given} {family}"
    own: list[dict[str, Any]] = [{"number": phone_number(number), "label": "mobile", "shared": False}]
    if number < SHARING and size.customers > SHARING:
        own.append({"number": SHARED_NUMBER, "label": "main", "shared": True})
    mails: list[dict[str, Any]] = (
        [{"mail": f"c{number}@example.com", "label": "", "shared": False}] if number % 5 < 3 else []
    )
    contacts: list[dict[str, Any]] = []
    if company:
        person = f"{_GIVEN[number * 7 % len(_GIVEN)]} {_FAMILY[number * 11 % len(_FAMILY)]}"
        work: dict[str, Any] = {"number": f"+49{3_000_000_000 + number}", "label": "work", "shared": False}
        contacts.append(
            {
                "contact": "a",
                "name": person,
                "role": "Buyer",
                "language": "",
                "numbers": [work],
                "mails": [],
                "remark": "",
            }
        )
        rows.numbers.append((work["number"], who, "a", "0"))
    address = {
        "label": "postal",
        "street": f"{number % 300 + 1} Station Road",
        "extra": "",
        "postal_code": f"{code} {number // 8 % 10_000}",
        "city": town,
        "region": "",
        "country": country,
    }
    code_ = account(number)
    reached = [entry["number"] for entry in own] + [one["number"] for c in contacts for one in c["numbers"]]
    words = words_of(
        name,
        code_,
        given,
        family,
        *(one["name"] for one in contacts),
        *reached,
        *(entry["mail"] for entry in mails),
        town,
    )
    made = str(now - timedelta(days=365 * YEARS + number % 365))
    owner = AGENTS[number % len(AGENTS)] if number % 4 == 0 else None
    rows.customers.append(
        (
            *(str(number + 1), who, made, made, words, "company" if company else "person", name, given, family, "", ""),
            *("[]", code_, _dump(own), _dump(mails), _dump([address]), _dump(contacts)),
            *("zh" if chinese else "en", ("standard", "standard", "standard", "gold", "vip")[number * 7 % 5]),
            *(None, None, None, ("prompt", "late", "unknown", "poor")[number % 4], "", "", "", None, owner),
            *(("north", "south", "east", "west")[number % 4], "", _PREFERENCES, "", "{}"),
        )
    )
    rows.numbers += [(entry["number"], who, "", "1" if entry["shared"] else "0") for entry in own]
    rows.mails += [(entry["mail"], who, "", "0") for entry in mails]
    facts = SimpleNamespace(
        name=name,
        aliases=(),
        addresses=(SimpleNamespace(postal_code=address["postal_code"], city=town),),
        birthday=None,
        tax_number="",
    )
    rows.keys += [(key, who) for key in keys_of(facts)]  # type: ignore[arg-type]  # has what keys are made of
    _dealings(rows, number, who, now.date())


def _dealings(rows: CustomerRows, number: int, who: str, today: date) -> None:
    """An order for every second customer, a contract for two in five, now and then an invoice or a complaint."""

    def dealing(kind: str, state: str, opened: int, due: int | None, **more: str) -> Row:
        return (
            *(f"01900000-{number >> 16 & 0xFFFF:04x}-7000-a{len(kind):03x}-{number:012x}", who, kind),
            *(f"{kind[0].upper()}{number}", more.get("title", ""), state, more.get("open", "1"), None),
            *(str(today - timedelta(days=opened)), None if due is None else str(today + timedelta(days=due))),
            *(more.get("amount"), more.get("amount"), "EUR" if "amount" in more else None, more.get("level", "")),
            *(more.get("priority", "0"), more.get("requirements", "{}"), "0", ""),
        )

    if number % 2:
        rows.dealings.append(dealing("order", "delivered", number % 900, None, title="Router", open="0"))
    if number % 5 < 2:
        level, priority = ("basic", "0") if number % 3 else ("premium", "60")
        rows.dealings.append(
            dealing("contract", "active", 200, number % 400 - 60, title="Service", level=level, priority=priority)
        )
    if number % 20 == 3:
        rows.dealings.append(dealing("invoice", "open", 60, number % 60 - 30, amount="12900"))
    if number % 100 == 5:
        rows.dealings.append(dealing("complaint", "open", 10, None, title="Line drops every evening"))


def interactions(size: Size, now: datetime, chunk: int = 20_000) -> Iterator[list[Row]]:
    """Yield all interactions in the order of time, so many at a time."""
    chance = random.Random(size.seed)
    shapes = _shapes(random.Random(size.seed + 1))
    began = now - timedelta(days=365 * YEARS)
    step = timedelta(days=365 * YEARS) / size.interactions
    many, spread = size.customers, _coprime(611_953, size.customers)
    of_customer = [customer_id(number) for number in range(many)]
    chance_of, choice = chance.random, chance.randrange
    rows: list[Row] = []
    for number in range(size.interactions):
        shape = shapes[choice(len(shapes))]
        whom: str | None
        if number % _BUSIEST_SHARE == 0:
            place = BUSIEST
            whom = of_customer[place]
        elif number % _NOBODY_SHARE == 1:
            place, whom = number, None
        else:
            u = chance_of()
            place = int(many * u * u) * spread % many
            whom = of_customer[place]
        started = began + step * number
        middle = f"01900000-{number >> 16 & 0xFFFF:04x}-7000-9000-{number:012x}"
        rows.append(
            (
                *(str(number + 1), middle, started.isoformat(" ", "microseconds")[:26], "+442079460999"),
                *(f"+1{2_000_000_000 + place * 7_919 % 7_999_999_993}", whom, whom, shape.queue, shape.agent),
                *((started + shape.lasts).isoformat(" ", "microseconds")[:26], *shape.rest),
            )
        )
        if len(rows) == chunk:
            yield rows
            rows = []
    if rows:
        yield rows


@dataclass(frozen=True, slots=True)
class _Shape:
    """How a call went: what many rows have alike."""

    queue: str
    agent: str | None
    lasts: timedelta
    rest: tuple[str | None, ...]  # from the outcome on


def _shapes(chance: random.Random, many: int = 997) -> list[_Shape]:
    return [_shape(chance) for _ in range(many)]


def _shape(chance: random.Random) -> _Shape:
    queue, agent = chance.choice(QUEUES), chance.choice(AGENTS)
    heard, waited = round(chance.uniform(5, 30), 1), round(chance.expovariate(1 / 40), 1)
    talked = round(chance.lognormvariate(5, 0.8), 1)
    abandoned = chance.random() < 0.07
    path = [[0.0, "welcome"], [4.0, "which_matter"], [heard, "enqueue"]]
    segments: list[list[object]] = [["ivr", 0.0, heard, None, None, "queued"]]
    segments.append(["queue", heard, waited, queue, None, "abandoned" if abandoned else "answered"])
    answers = [[4.0, "which_matter", chance.choice("12345"), True]]
    note = None
    if abandoned:
        lasts = heard + waited
    else:
        segments.append(["talk", round(heard + waited, 1), talked, queue, agent, "caller"])
        segments.append(["wrap_up", round(heard + waited + talked, 1), 25.0, None, agent, ""])
        lasts = heard + waited + talked
        note = chance.choice(_NOTES) if chance.random() < 0.6 else None
    story = _dump({"segments": segments, "path": path, "answers": answers})
    return _Shape(
        queue=queue,
        agent=None if abandoned else agent,
        lasts=timedelta(seconds=lasts),
        rest=(
            *("abandoned" if abandoned else "handled", "normal_clearing", str(waited)),
            *(None if abandoned else str(talked), None if abandoned else "solved", note, "1", story),
            words_of(note or "", str(answers[0][2])),
        ),
    )


def _coprime(wanted: int, to: int) -> int:
    """Return a factor that scatters places over `to` of them without meeting one twice."""
    while math.gcd(wanted, to) != 1:
        wanted += 1
    return wanted


def people(count: int = len(AGENTS)) -> Iterator[tuple[str, str]]:
    """Yield the agents: sign-in name and name."""
    for number in range(count):
        yield AGENTS[number], f"{_GIVEN[number % len(_GIVEN)]} {_FAMILY[number * 7 % len(_FAMILY)]}"


def midnight(now: datetime) -> datetime:
    """Return the beginning of the day, so that the same day makes the same rows."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
