"""Erasing a person in the tables: what is his goes, what the figures need stays without him; and the proof."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    Column,
    Connection,
    Table,
    bindparam,
    delete,
    insert,
    null,
    or_,
    select,
    text,
    update,
)

from callcenter.api.transfer import Erased
from callcenter.customers.nameless import nameless_event, nameless_story
from callcenter.storage.customer_rows import delete_records
from callcenter.storage.customer_tables import (
    customer_changes,
    customer_merges,
    dealings,
    erasures,
    import_rows,
    merge_moves,
)
from callcenter.storage.person import Person, chunks
from callcenter.storage.tables import (
    interaction_events,
    interaction_notes,
    interaction_payloads,
    interactions,
    voicemails,
)

_IT, _EV = interactions.c, interaction_events.c
_TELLING_DIGITS = 8  # of a number, from its end: before them stands its country's code, or not


def erase_rows(connection: Connection, person: Person) -> dict[str, int]:
    """Erase a person, in a transaction; return what was erased or made nameless, by what it is."""
    if connection.dialect.name == "sqlite":
        connection.execute(text("PRAGMA secure_delete = ON"))  # what is freed is overwritten
    counts = {
        "records": len(person.records),
        "dealings": _delete(connection, dealings, dealings.c.customer, person.records),
        "changes": _delete(connection, customer_changes, customer_changes.c.customer, person.records),
        "merges": _merges(connection, person),
        "import_rows": _import_rows(connection, person),
        "interactions": _interactions(connection, person),
        "events": _events(connection, person),
    }
    for name, table in (
        ("notes", interaction_notes),
        ("payloads", interaction_payloads),
        ("voicemails", voicemails),
    ):
        counts[name] = _delete(connection, table, table.c.interaction, person.interactions)
    counts["voicemails"] += _delete(connection, voicemails, voicemails.c.number, sorted(person.numbers))
    delete_records(connection, person.records)  # numbers, mails, keys, pairs and relations go with them
    return {name: count for name, count in counts.items() if count}


def write_proof(connection: Connection, proof: Erased, reason: str, at: datetime) -> None:
    """Write down that somebody was erased: when, by whom, why, how much; and nothing of who it was."""
    row = {
        "erasure": proof.erasure,
        "at": at,
        "by": proof.by,
        "reason": reason,
        "fingerprint": proof.fingerprint,
        "counts": dict(proof.counts),
    }
    connection.execute(insert(erasures).values(row))


def voicemail_files(connection: Connection, person: Person) -> list[str]:
    """Return the names of the sound files that a person has left."""
    found = set(
        connection.execute(select(voicemails.c.file).where(voicemails.c.number.in_(sorted(person.numbers)))).scalars()
    )
    for some in chunks(person.interactions):
        found |= set(connection.execute(select(voicemails.c.file).where(voicemails.c.interaction.in_(some))).scalars())
    return sorted(found)


# -- within -----------------------------------------------------------------------------------------------------


def _delete(connection: Connection, table: Table, column: Column[Any], wanted: Sequence[str]) -> int:
    return sum(connection.execute(delete(table).where(column.in_(some))).rowcount for some in chunks(wanted))


def _merges(connection: Connection, person: Person) -> int:
    merge = customer_merges.c
    theirs = or_(merge.survivor.in_(person.records), merge.merged.in_(person.records))
    gone = list(connection.execute(select(merge.merge).where(theirs)).scalars())
    _delete(connection, merge_moves, merge_moves.c.merge, gone)
    return _delete(connection, customer_merges, merge.merge, gone)


def _import_rows(connection: Connection, person: Person) -> int:
    """Blank what imports have kept: of his rows, and of refused rows that have one of his numbers or addresses."""
    row = import_rows.c
    refused = select(row["import"].label("of"), row.line, row.cells).where(
        row.customer.is_(None), row.cells.is_not(None)
    )
    addresses = {address.casefold() for address in person.addresses}
    ends = {number[-_TELLING_DIGITS:] for number in person.numbers}
    theirs = [
        {"of_import": one.of, "of_line": one.line}
        for one in connection.execute(refused)
        if any(_is_his(str(cell), addresses, ends) for cell in _cells(one.cells))
    ]
    blank = {name: null() for name in ("customer", "version", "before", "problems", "cells")}
    change = update(import_rows).values(blank)
    if theirs:
        this = (row["import"] == bindparam("of_import"), row.line == bindparam("of_line"))
        connection.execute(change.where(*this), theirs)
    return len(theirs) + connection.execute(change.where(row.customer.in_(person.records))).rowcount


def _cells(stored: Any) -> Iterable[Any]:
    return stored.values() if isinstance(stored, dict) else stored


def _is_his(cell: str, addresses: Set[str], ends: Set[str]) -> bool:
    """Tell whether a cell is an address of his, or his number however it was written."""
    digits = "".join(filter(str.isdigit, cell))
    return cell.strip().casefold() in addresses or (
        len(digits) >= _TELLING_DIGITS and digits[-_TELLING_DIGITS:] in ends
    )


def _interactions(connection: Connection, person: Person) -> int:
    """Take the customer out of what happened. Times, queue, agent and outcome stay: the figures are made of them."""
    the: BindParameter[str] = bindparam("of_interaction")
    story: BindParameter[Any] = bindparam("kept_story", type_=_IT.story.type)
    called: BindParameter[str] = bindparam("kept_called")
    change = update(interactions).where(_IT.interaction == the)
    change = change.values(
        customer=None,
        identified_as=None,
        calling_number="",
        calling_name="",
        called_number=called,
        subject="",
        note=None,
        words="",
        story=story,
    )
    count = 0
    for some in chunks(person.interactions):
        query = select(_IT.interaction, _IT.called_number, _IT.story).where(_IT.interaction.in_(some))
        rows = [
            {
                "of_interaction": row.interaction,
                "kept_story": nameless_story(row.story),
                "kept_called": "" if row.called_number in person.numbers else row.called_number,
            }
            for row in connection.execute(query)
        ]
        if rows:
            connection.execute(change, rows)
        count += len(rows)
    return count


def _events(connection: Connection, person: Person) -> int:
    the: BindParameter[str] = bindparam("of_interaction")
    seq: BindParameter[int] = bindparam("of_seq")
    data: BindParameter[Any] = bindparam("kept_data", type_=_EV.data.type)
    this = (_EV.interaction == the, _EV.seq == seq)
    change, removal = update(interaction_events).where(*this).values(data=data), delete(interaction_events).where(*this)
    count = 0
    for some in chunks(person.interactions):
        query = select(_EV.interaction, _EV.seq, _EV.kind, _EV.data).where(_EV.interaction.in_(some))
        kept, gone = [], []
        for row in connection.execute(query):
            of = {"of_interaction": row.interaction, "of_seq": row.seq}
            stays = nameless_event(row.kind, row.data, person.numbers)
            if stays is None:
                gone.append(of)
            elif stays != row.data:
                kept.append({**of, "kept_data": stays})
        if kept:
            connection.execute(change, kept)
        if gone:
            connection.execute(removal, gone)
        count += len(kept) + len(gone)
    return count
