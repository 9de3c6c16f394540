"""`callcenter customers export-person | erase-person | hold`: one person, over all stores of this installation."""

from __future__ import annotations

import asyncio
import os
import sys
import zipfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

from cyclopts import Parameter
from pydantic import ValidationError

from callcenter.api.records import Reader, Role
from callcenter.api.transfer import Erased, EraseRefused, HoldWanted, PersonExport
from callcenter.bus.traces import RedisTraces
from callcenter.clock import SystemClock, TimeOrderedIds
from callcenter.config import Settings, load_settings
from callcenter.customer_plan import load_master_plan
from callcenter.storage.database import open_database
from callcenter.storage.other_stores import sound_files
from callcenter.storage.privacy import SqlPrivacy, Stores
from callcenter.storage.schema import upgrade
from callcenter.storage.threads import open_threads

Config = Annotated[Path | None, Parameter(help="Settings file (TOML); without it the installation's own.")]
Person = Annotated[str, Parameter(help="Who does it, as it stands in the proof and the history.")]
Customer = Annotated[str, Parameter(help="The id or the code (account) of a customer.")]
T = TypeVar("T")


def export_person(customer: Customer, file: Path, *, person: Person = "console", config: Config = None) -> None:
    """Write everything that is kept about one person into a file: .json, or .zip with the recordings as well."""
    settings = load_settings(config)
    reader = Reader(person=person, role=Role.ADMINISTRATOR)
    export = asyncio.run(_with_privacy(settings, lambda privacy: privacy.export(customer, reader)))
    if export is None:
        sys.exit("there is no such customer")
    text = export.model_dump_json(indent=2) + "\n"
    # For its owner only, and never over a file that is there.
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        sys.exit(f"{file} is there already")
    with os.fdopen(handle, "wb") as opened:
        if file.suffix.lower() != ".zip":
            opened.write(text.encode())
        else:
            with zipfile.ZipFile(opened, "w", zipfile.ZIP_DEFLATED) as book:
                book.writestr("person.json", text)
                for path in _sounds(settings, export):
                    book.write(path, f"recordings/{path.name}")
    sys.stdout.write(f"all that is kept about the customer is in {file}\n")


def erase_person(
    customer: Customer,
    *,
    reason: Annotated[str, Parameter(help="Why; it stays with the proof, so name nobody in it.")],
    yes: Annotated[bool, Parameter(help="Do it; without this it is only said what would be done.")] = False,
    person: Person = "console",
    config: Config = None,
) -> None:
    """Erase one person everywhere. What stays for the figures is nameless; a proof stays without him."""
    settings = load_settings(config)
    reader = Reader(person=person, role=Role.ADMINISTRATOR)

    async def work(privacy: SqlPrivacy) -> PersonExport | Erased | EraseRefused | None:
        return await (privacy.erase(customer, reader, reason=reason) if yes else privacy.export(customer, reader))

    match asyncio.run(_with_privacy(settings, work)):
        case None:
            sys.exit("there is no such customer")
        case PersonExport(stores=stores):
            lines = [f"  {name:22} {len(rows)}" for name, rows in stores.items() if isinstance(rows, list) and rows]
            sys.stdout.write("\n".join(["would be erased (give --yes to do it):", *lines, ""]))
        case EraseRefused(code=code, text=text):
            sys.exit(f"{code}: {text.en}")
        case Erased() as erased:
            lines = [f"  {name:22} {count}" for name, count in sorted(erased.counts.items())]
            proof = f"proof {erased.erasure}, fingerprint {erased.fingerprint}"
            sys.stdout.write("\n".join(["erased:", *lines, proof, ""]))


def hold(
    customer: Customer,
    *,
    reason: Annotated[str | None, Parameter(help="Why nothing of the customer may be erased.")] = None,
    until: Annotated[str | None, Parameter(help="The last day (2027-12-31); without it until it is lifted.")] = None,
    lift: Annotated[bool, Parameter(help="Lift the hold.")] = False,
    person: Person = "console",
    config: Config = None,
) -> None:
    """Put a customer under legal hold, so that nothing of him can be erased; or lift it."""
    if lift == (reason is not None):
        sys.exit("give either --reason or --lift")
    reader = Reader(person=person, role=Role.ADMINISTRATOR)
    try:
        wanted = None if reason is None else HoldWanted(reason=reason, until=until)
    except ValidationError:
        sys.exit("a reason has 1 to 200 characters, and a day is written like 2027-12-31")
    found = asyncio.run(_with_privacy(load_settings(config), lambda privacy: privacy.hold(customer, wanted, reader)))
    if not found:
        sys.exit("there is no such customer")
    sys.stdout.write("the hold is lifted\n" if lift else "nothing of the customer can be erased now\n")


# -- within -----------------------------------------------------------------------------------------------------


async def _with_privacy(settings: Settings, work: Callable[[SqlPrivacy], Awaitable[T]]) -> T:
    clock = SystemClock()
    plan = load_master_plan(settings.routing.directory, settings.routing.country)
    stores = Stores.of(settings, RedisTraces(settings.redis_url, settings.redis.prefix))
    async with open_database(settings.database_url) as database, open_threads(database, 2) as threads:
        await upgrade(database)
        privacy = SqlPrivacy(database, threads, stores, plan=plan, clock=clock, ids=TimeOrderedIds(clock))
        return await work(privacy)


def _sounds(settings: Settings, export: PersonExport) -> tuple[Path, ...]:
    names = export.stores.get("sound_files")
    return sound_files(settings.voicemail, [Path(str(name)).stem for name in names] if isinstance(names, list) else [])
