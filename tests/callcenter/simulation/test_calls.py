"""Files of past calls: read, written, and refused with the line that is wrong."""

from __future__ import annotations

from datetime import date
from io import StringIO
from pathlib import Path

import pytest

from acd.model import QueueName
from callcenter.domain.errors import ConfigError
from callcenter.simulation.calls import PastCall, read_anonymous_bank, read_calls, write_calls

HEAD = "arrived,queue,waited,outcome,talk,wrap_up,tier\n"
MONDAY = date(2026, 11, 16)


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "calls.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_reads_calls(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "\ufeffqueue,arrived,waited,outcome,talk,tier,wrap_up\n"
        "sales,2026-11-16T09:30:05,12.5,answered,240,vip,30\n"
        "help,2026-11-16 09:31,60,abandoned,,,\n",
    )
    assert read_calls(path) == [
        PastCall(
            day=MONDAY,
            at=9 * 3600 + 30 * 60 + 5.0,
            queue=QueueName("sales"),
            waited=12.5,
            talk=240.0,
            wrap_up=30.0,
            tier="vip",
        ),
        PastCall(day=MONDAY, at=9 * 3600 + 31 * 60.0, queue=QueueName("help"), waited=60.0, talk=None),
    ]


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    calls = [
        PastCall(day=MONDAY, at=34_205.25, queue=QueueName("sales"), waited=12.5, talk=240.0, wrap_up=30.5, tier="vip"),
        PastCall(day=MONDAY, at=86_399.999, queue=QueueName("a, b"), waited=0.0, talk=None),
    ]
    text = StringIO()
    write_calls(calls, text)
    assert read_calls(written(tmp_path, text.getvalue())) == calls


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("arrived,queue\n", ":1: missing columns: waited, outcome, talk"),
        (HEAD.replace("tier", "name"), ":1: unknown columns: name"),
        (HEAD + "soon,sales,1,answered,1,,\n", ":2: arrived: 'soon' is no time"),
        (HEAD + "2026-11-16T09:30,,1,answered,1,,\n", ":2: queue: is empty"),
        (HEAD + "2026-11-16T09:30,sales,1,lost,1,,\n", ":2: outcome: 'lost' is neither"),
        (HEAD + "2026-11-16T09:30,sales,-1,answered,1,,\n", ":2: waited: '-1' is no number of seconds"),
        (HEAD + "2026-11-16T09:30,sales,1,answered,inf,,\n", ":2: talk: 'inf' is no number of seconds"),
        (HEAD + "2026-11-16T09:30,sales,1,answered\n", ":2: talk: '' is no number of seconds"),
        (HEAD + "2026-11-16T09:30,sales,1,answered,1,x,\n", ":2: wrap_up: 'x' is no number of seconds"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=r"calls\.csv") as refused:
        read_calls(written(tmp_path, text))
    assert said in str(refused.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_calls(tmp_path / "nothing.csv")


BANK_HEAD = "vru+line\tcall_id\tcustomer_id\tand so on\r\n"


def bank_line(**fields: str) -> str:
    usual = {
        "line": "AA0101",
        "call": "1",
        "customer": "0",
        "priority": "0",
        "type": "PS",
        "date": "990201",
        "vru_entry": "7:02:47",
        "vru_exit": "7:02:56",
        "vru_time": "9",
        "q_start": "0:00:00",
        "q_exit": "0:00:00",
        "q_time": "0",
        "outcome": "AGENT",
        "ser_start": "7:02:55",
        "ser_exit": "7:05:41",
        "ser_time": "166",
        "server": "X   ",
    }
    return "\t".join((usual | fields).values()) + "\r\n"


def test_reads_a_month_of_the_anonymous_bank(tmp_path: Path) -> None:
    waited = {"q_start": "7:03:00", "q_time": "40", "priority": "2", "type": "NW"}
    path = written(
        tmp_path,
        BANK_HEAD
        + bank_line()
        + bank_line(**waited)
        + bank_line(**waited, outcome="HANG", ser_time="0")
        + bank_line(outcome="HANG")
        + bank_line(outcome="PHANTOM")
        + bank_line(type="IN"),
    )
    first, second, third = read_anonymous_bank(path)
    assert (first.day, first.at, first.queue, first.waited, first.talk, first.tier) == (
        date(1999, 2, 1),
        25_376.0,
        "ps",
        0.0,
        166.0,
        "standard",
    )
    assert (second.at, second.queue, second.waited, second.talk, second.tier) == (25_380.0, "nw", 40.0, 166.0, "vip")
    assert third.talk is None


def test_a_line_that_is_none_of_the_banks(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=":2: is no call of the Anonymous Bank"):
        read_anonymous_bank(written(tmp_path, BANK_HEAD + bank_line(q_time="long")))
