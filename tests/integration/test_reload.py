"""A real platform with callers who wait: its files change, its CTI server is killed, its engine's logs decide alike.

What is asserted here does not depend on how busy the machine is.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from acd.events import EngagementRestored, InteractionQueued, QueuesConfigured, RulesConfigured
from acd.log import Replayed, replay
from tests.support.outage import Floor
from tests.support.platform import STRAIGHT, SUPERVISOR, Platform, agents, running_platform
from tests.support.servers import TREE

AGENTS = 2
APART = (1.1, 1.4)  # seconds between callers
PATIENCE = 60.0  # seconds

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    # A short path, for Unix sockets are in it.
    with (
        tempfile.TemporaryDirectory(prefix="reload-") as home,
        running_platform(Path(home), employees=[*agents(AGENTS), SUPERVISOR], engine_log=True) as running,
    ):
        yield running


async def reload(platform: Platform) -> subprocess.CompletedProcess[str]:
    """Run the command as an administrator would."""
    return await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "callcenter", "reload"],
        cwd=TREE,
        env=dict(platform.environment),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not true():
            await asyncio.sleep(0.05)


def labels(floor: Floor) -> dict[str, str]:
    """What the supervisor's page calls the queues."""
    assert floor._board is not None
    return {queue["queue"]: queue["label"] for queue in floor._board.view.get("queues") or ()}


async def test_files_change_while_callers_wait_and_every_log_is_decided_alike(platform: Platform) -> None:
    """Refused, all stays; taken, nobody loses the place and pages follow. After a kill both logs can be replayed."""
    config = platform.settings.routing.directory
    general = config / "queues" / "general.yaml"
    good = general.read_text(encoding="utf-8")
    async with Floor.open(platform, platform.employees[:AGENTS], seed=3) as floor:
        await floor.fill(ivr=0, waiting=3, apart=APART)
        line = floor.waiting()

        general.write_text(good + "requirements: biling >= 3\n", encoding="utf-8")
        refused = await reload(platform)
        assert refused.returncode == 1, refused.stdout
        lines = good.count("\n") + 1
        assert f"{general}:{lines}: requirements: there is no skill 'biling'" in refused.stderr
        assert floor.waiting() == line

        general.write_text(good.replace("en: Queue", "en: Everything") + "priority: 3\n", encoding="utf-8")
        (config / "queues" / "night.yaml").write_text("label: { en: Night }\n", encoding="utf-8")
        taken = await reload(platform)
        assert taken.returncode == 0, taken.stderr
        assert taken.stdout.splitlines()[:2] == ["queue general: priority, label changed", "queue night: added"]
        await until(lambda: labels(floor).get("general") == "Everything" and "night" in labels(floor))
        assert floor.waiting() == line
        again = await reload(platform)
        assert again.stdout == "nothing has changed\n"

        # A signal to the supervisor does the same.
        assert platform.supervisor is not None
        general.write_text(good, encoding="utf-8")
        platform.supervisor.send_signal(signal.SIGHUP)
        await until(lambda: labels(floor).get("general") == "Queue")
        assert floor.waiting() == line

        served = floor.callers[line[0]]
        floor.hang_up(floor.agents[0])
        await until(lambda: served.number not in floor.waiting())
        await asyncio.sleep(2)  # the log's lines are written once a second
        platform.kill_cti()
        await until(lambda: len(logs(platform)) == 2)
        await until(lambda: bool(floor.waiting()) and floor.agents[1].talking)
        await floor.dial(STRAIGHT)
        floor.hang_up(floor.agents[1])
        await until(lambda: {"EngagementRestored", "offer"} <= words_of(logs(platform)[1]))
        assert floor.dropped() == []

    cti = platform.pid("cti")
    assert cti is not None
    os.kill(cti, signal.SIGTERM)  # in good order: nothing of the log is left unwritten
    await until(lambda: platform.pid("cti") not in {None, cti})
    first, second = (list(decided(path)) for path in logs(platform)[:2])
    for told in (first, second):
        assert [(one.line, one.recorded, one.decided) for one in told if not one.same] == []
        assert any(isinstance(one.event, InteractionQueued) for one in told)
        assert any(decision.startswith("offer ") for one in told for decision in one.decided)
    assert sum(isinstance(one.event, QueuesConfigured) for one in first) == 4, "the start, and three new configurations"
    assert sum(isinstance(one.event, RulesConfigured) for one in second) == 1
    assert any(isinstance(one.event, EngagementRestored) for one in second), "talks that went on meanwhile"


def logs(platform: Platform) -> list[Path]:
    return sorted(platform.settings.engine_logs.glob("*.jsonl"))


def words_of(path: Path) -> set[str]:
    return set(re.findall(r"\w+", path.read_text(encoding="utf-8")))


def decided(path: Path) -> Iterator[Replayed]:
    """Tell a log again; what a killed server had begun to write of its last line does not count."""
    text = path.read_text(encoding="utf-8")
    return replay(text[: text.rfind("\n") + 1].splitlines())
