"""Imports and exports worked on in this process: the same parts as in processes of their own, without the processes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from pathlib import Path

from callcenter.api.customers import MasterPlan
from callcenter.api.records import Reader, Role
from callcenter.api.transfer import FileFormat, ImportPlan
from callcenter.ports import Clock
from callcenter.storage.exports import export
from callcenter.storage.imports import Importer, failed
from callcenter.storage.previews import preview
from callcenter.storage.threads import Threads
from callcenter.storage.transfers import SqlTransfers
from tests.fakes.ids import CountingIds


class TransfersHere(SqlTransfers):
    """`SqlTransfers` whose processes are threads."""

    def __init__(self, threads: Threads, clock: Clock, plan: MasterPlan) -> None:
        super().__init__(threads, plan, clock, CountingIds(), command=(), environment={})
        ids = CountingIds(900_000)
        self._importer = Importer(threads, plan, new_id=lambda: str(ids.interaction_id()), utc=clock.utc)

    async def _begin(self, arguments: Sequence[str]) -> None:
        await asyncio.to_thread(self._work, list(arguments))

    def _work(self, arguments: list[str]) -> None:
        _, act, import_id, *rest = arguments
        reader = _reader(arguments)
        try:
            if act == "undo":
                with failed(self._threads, import_id, self._clock.utc):
                    self._importer.undo(import_id, reader)
            else:
                self._importer.carry_out(import_id, Path(rest[0]), reader)
        except Exception:  # noqa: BLE001, S110 -- as a process would: what went wrong stands in the record
            pass

    async def _call(
        self, arguments: Sequence[str], given: str, patience: float, heard: Callable[[str], None] | None = None
    ) -> str:
        return await asyncio.to_thread(self._called, list(arguments), given, heard)

    def _called(self, arguments: list[str], given: str, heard: Callable[[str], None] | None) -> str:
        act, file, *rest = arguments
        reader = _reader(arguments)
        if act == "preview":
            plan = ImportPlan.model_validate(json.loads(given)) if given else None
            found = preview(self._threads, self._importer, Path(file), plan, master=self._plan, reader=reader)
            return found.model_dump_json()
        find = next(one for one in rest if one.startswith("--find="))
        count = export(
            self._threads,
            Path(file),
            FileFormat(rest[rest.index("--file-format") + 1]),
            find.removeprefix("--find="),
            plan=self._plan,
            reader=reader,
            told=lambda rows: heard(str(rows)) if heard else None,
        )
        return f"{count}\n"


def _reader(arguments: Sequence[str]) -> Reader:
    return Reader(
        person=arguments[arguments.index("--person") + 1], role=Role(arguments[arguments.index("--role") + 1])
    )
