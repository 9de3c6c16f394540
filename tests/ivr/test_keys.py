"""Keys typed ahead."""

import pytest

from ivr.keys import MAX_WAITING, KeyBuffer, KeyCount


def test_keys_are_used_in_the_order_they_were_pressed() -> None:
    keys = KeyBuffer()
    assert not keys
    assert keys.press("1", 5.0)
    assert keys.press("2", 6.0)
    assert [keys.take(), keys.take()] == [("1", 5.0), ("2", 6.0)]
    assert keys.count() == KeyCount(pressed=2, used=2, dropped=0, waiting=0)
    with pytest.raises(IndexError):
        keys.take()


def test_more_keys_than_the_longest_entry_are_dropped_and_counted() -> None:
    keys = KeyBuffer()
    kept = [keys.press("7", 0.0) for _ in range(1_000)]
    assert kept == [True] * MAX_WAITING + [False] * (1_000 - MAX_WAITING)
    keys.drop_all()
    assert keys.count() == KeyCount(pressed=1_000, used=0, dropped=1_000, waiting=0)


def test_the_terminator_of_a_full_entry_is_dropped_whether_it_came_already_or_comes_soon() -> None:
    keys = KeyBuffer()
    keys.press("#", 1.0)
    keys.drop_trailing("#", until=4.0)
    assert not keys
    assert keys.press("#", 2.0)

    keys = KeyBuffer()
    keys.drop_trailing("#", until=4.0)
    assert not keys.press("#", 3.0)
    assert keys.press("#", 3.5)


def test_a_terminator_that_comes_late_or_after_another_key_is_a_key() -> None:
    keys = KeyBuffer()
    keys.drop_trailing("#", until=4.0)
    assert keys.press("#", 4.5)

    keys = KeyBuffer()
    keys.drop_trailing("#", until=4.0)
    assert keys.press("1", 3.0)
    assert keys.press("#", 3.1)
