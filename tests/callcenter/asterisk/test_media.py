"""Prompts over AsyncAGI: one at a time on a call, and a stop that belongs to one prompt never touches the next."""

from __future__ import annotations

import asyncio
from typing import cast

from callcenter.asterisk.actions import Action
from callcenter.asterisk.connection import AmiConnection
from callcenter.asterisk.media import AsteriskMedia
from callcenter.asterisk.messages import AsyncAgiExec, Hangup
from callcenter.domain.ids import CallId
from callcenter.ports import PlayOutcome

CALL = CallId("1700000000.1")


class Line:
    """One caller in AsyncAGI: takes commands, and ends files when the test says so."""

    def __init__(self) -> None:
        self.media = AsteriskMedia(lambda: cast(AmiConnection, self), self._next_id, tone="/tone")
        self.begun: list[str] = []  # command ids of STREAM FILE
        self.stops = 0
        self._ids = 0

    def _next_id(self) -> str:
        self._ids += 1
        return f"c{self._ids}"

    async def request(self, *batch: Action, deadline: float = 5.0) -> list[object]:
        for action in batch:
            if action.name == "AGI":
                self.begun.append(f"c{self._ids}")
            else:
                self.stops += 1
        await asyncio.sleep(0)
        return []

    def ends(self, command: str) -> None:
        self.media.handle(AsyncAgiExec(uniqueid=CALL, command_id=command, result="200 result=0 endpos=160"))


async def turns(count: int = 10) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_files_are_played_one_after_the_other() -> None:
    """The second file is asked for when the first has ended."""
    line = Line()
    async with asyncio.TaskGroup() as tasks:
        playing = tasks.create_task(line.media.play(CALL, ["/a", "/b"]))
        await turns()
        assert line.begun == ["c1"]
        line.ends("c1")
        await turns()
        assert line.begun == ["c1", "c2"]
        line.ends("c2")
    assert playing.result() is PlayOutcome.FINISHED


async def test_a_new_prompt_waits_for_the_stop_that_is_under_way() -> None:
    """A key stops the greeting and the flow speaks on at once: the stop must not swallow what is said next."""
    line = Line()
    async with asyncio.TaskGroup() as tasks:
        greeting = tasks.create_task(line.media.play(CALL, ["/greeting"]))
        await turns()
        stopping = tasks.create_task(line.media.stop(CALL))
        question = tasks.create_task(line.media.play(CALL, ["/question"]))
        await turns()
        assert line.begun == ["c1"], "the question is not begun while the greeting still sounds"
        line.ends("c1")
        await turns()
        assert line.begun == ["c1", "c2"]
        stops = line.stops
        await asyncio.wait_for(stopping, 1)
        await turns()
        assert line.stops == stops, "nobody stops the question"
        line.ends("c2")
    assert (greeting.result(), question.result()) == (PlayOutcome.STOPPED, PlayOutcome.FINISHED)


async def test_a_recording_follows_its_tone_and_is_not_stopped_by_whoever_stops_prompts() -> None:
    line = Line()
    async with asyncio.TaskGroup() as tasks:
        recording = tasks.create_task(line.media.record(CALL, "/m/1", longest=60, silence=4, end_keys="#"))
        await turns()
        assert line.begun == ["c1"], "first the tone"
        line.ends("c1")
        await turns()
        assert line.begun == ["c1", "c2"]
        await line.media.stop(CALL)
        assert line.stops == 0
        line.ends("c2")
    assert recording.result()


async def test_a_caller_who_leaves_while_recorded_ends_the_recording() -> None:
    line = Line()
    async with asyncio.TaskGroup() as tasks:
        recording = tasks.create_task(line.media.record(CALL, "/m/1", longest=60, silence=4, end_keys="#"))
        await turns()
        line.ends("c1")
        await turns()
        line.media.handle(AsyncAgiExec(uniqueid=CALL, command_id="c2", result="200 result=-1 (hangup) endpos=8000"))
        await turns()
        assert not recording.done(), "told when it is known what became of the caller"
        line.media.handle(Hangup(uniqueid=CALL, cause=16))
    assert not recording.result()


async def test_a_caller_who_hangs_up_ends_the_prompt() -> None:
    """No result will come any more; nobody waits for it."""
    line = Line()
    async with asyncio.TaskGroup() as tasks:
        playing = tasks.create_task(line.media.play(CALL, ["/a"]))
        await turns()
        line.media.handle(Hangup(uniqueid=CALL, cause=16))
    assert playing.result() is PlayOutcome.FAILED
