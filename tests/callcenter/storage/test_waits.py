"""What was learned about waits, in a file: it comes back, and a bad file is put aside and harms nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from acd.accuracy import Judged
from acd.model import QueueName
from acd.queue_waits import FEATURES
from acd.wait_history import QueueWaitHistory, WaitHistory
from callcenter.storage.waits import SavedWaits, read_waits, write_waits

SAVED = SavedWaits(
    at=datetime(2026, 11, 16, 12, 30, tzinfo=UTC),
    history=WaitHistory(
        age=3.5,
        features=FEATURES,
        learned=(1.0, 2.5),
        queues=(
            QueueWaitHistory(
                queue=QueueName("sales"),
                learned=(),
                today=(0.25,),
                drift=-1.0,
                errors=((Judged(1.0, 2.0, None),), (Judged(3.0, 2.0, held=True),)),
            ),
        ),
    ),
)


def test_comes_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "waits.json"
    write_waits(path, SAVED)
    write_waits(path, SAVED)
    assert read_waits(path) == SAVED
    assert [each.name for each in tmp_path.iterdir()] == ["waits.json"]


def test_without_a_file_nothing_is_known(tmp_path: Path) -> None:
    assert read_waits(tmp_path / "waits.json") is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"at": 1, "history": {}}', '{"at": 1e300, "history": null}', "\x00"])
def test_a_bad_file_is_put_aside(tmp_path: Path, text: str) -> None:
    path = tmp_path / "waits.json"
    path.write_text(text)
    assert read_waits(path) is None
    assert (tmp_path / "waits.unreadable").read_text() == text
    assert not path.exists()


def test_a_disk_that_takes_nothing_is_no_error(tmp_path: Path) -> None:
    write_waits(tmp_path / "nowhere" / "waits.json", SAVED)
