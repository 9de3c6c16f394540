"""A process's log is bounded and its last lines are at hand."""

from __future__ import annotations

from pathlib import Path

from callcenter.supervisor.logs import RotatingLog


def test_old_files_are_kept_up_to_the_bound_and_no_line_is_lost_before_it(tmp_path: Path) -> None:
    with RotatingLog(tmp_path / "x.log", limit=10, kept=2) as log:
        for number in range(5):
            log.write(f"line {number}\n".encode())
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "x.log": "line 4\n",
        "x.log.1": "line 3\n",
        "x.log.2": "line 2\n",
    }


def test_a_log_goes_on_where_the_last_run_left_it(tmp_path: Path) -> None:
    for word in ("first", "second"):
        with RotatingLog(tmp_path / "x.log", limit=12) as log:
            log.write(f"{word}\n".encode())
    assert (tmp_path / "x.log").read_text() == "second\n"
    assert (tmp_path / "x.log.1").read_text() == "first\n"


def test_the_tail_joins_pieces_and_cuts_long_lines(tmp_path: Path) -> None:
    with RotatingLog(tmp_path / "x.log", tail=3) as log:
        log.write(b"one\ntwo\nth")
        log.write(b"ree\n" + b"x" * 1000 + b"\nun")
        assert log.tail() == ["two", "three", "x" * 500, "un"][-4:]
        log.write(b"finished \xff\n")
        assert log.tail() == ["three", "x" * 500, "unfinished \N{REPLACEMENT CHARACTER}"]


def test_a_full_disk_is_not_the_end(tmp_path: Path) -> None:
    """/dev/full refuses every write as a full disk does; the lines are still at hand."""
    (tmp_path / "x.log").symlink_to("/dev/full")
    with RotatingLog(tmp_path / "x.log") as log:
        log.write(b"nobody stored this\n")
        assert log.tail() == ["nobody stored this"]
    assert (tmp_path / "x.log").samefile("/dev/full")
