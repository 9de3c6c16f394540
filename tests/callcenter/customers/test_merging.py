"""Joining takes what the survivor lacks; taking apart gives back what was each one's own."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from callcenter.customers.changes import flatten
from callcenter.customers.merging import choices, join, separate
from callcenter.customers.record import new_fields

texts = st.sampled_from(["", "a", "b"])
lists = st.lists(st.sampled_from(["x", "y", "z"]), unique=True)


def record(name: str, account: str, remark: str, aliases: list[str], *, no_calls: bool) -> dict[str, JsonValue]:
    flat = flatten(new_fields(name=name, account=account, remark=remark, aliases=tuple(aliases)))
    return {**flat, "preferences.no_calls": no_calls}


records = st.builds(record, st.sampled_from(["Ben", "Benjamin"]), st.just("1"), texts, lists, no_calls=st.booleans())


def test_blank_fields_are_filled_lists_joined_and_the_name_becomes_an_alias() -> None:
    one = record("Ben", "1", "", ["Benny"], no_calls=False)
    other = record("Benjamin", "2", "owes us", ["B."], no_calls=False)
    result = join(one, other, {})
    assert (result["name"], result["account"], result["remark"]) == ("Ben", "1", "owes us")
    assert result["aliases"] == ["Benny", "B.", "Benjamin"]


def test_a_person_chooses_where_both_say_something() -> None:
    one = record("Ben", "1", "a", [], no_calls=False)
    other = record("Benjamin", "2", "b", ["x"], no_calls=True)
    assert {choice.field: choice.takes for choice in choices(one, other)} == {
        "name": "survivor",
        "remark": "survivor",
        "aliases": "both",
        "preferences.no_calls": "survivor",
    }
    result = join(one, other, {"name": "merged", "aliases": "survivor", "preferences.no_calls": "merged"})
    assert (result["name"], result["aliases"], result["preferences.no_calls"]) == ("Benjamin", ["Ben"], True)


@given(records, records)
def test_apart_again_without_changes_is_exactly_as_before(
    one: dict[str, JsonValue], other: dict[str, JsonValue]
) -> None:
    result = join(one, other, {})
    apart = separate(one, result, result)
    assert apart.survivor == one
    assert apart.kept == ()


@given(records, records, records)
def test_what_was_changed_since_is_kept_and_named(
    one: dict[str, JsonValue], other: dict[str, JsonValue], now: dict[str, JsonValue]
) -> None:
    result = join(one, other, {})
    apart = separate(one, result, now)
    for field in ("name", "remark", "preferences.no_calls"):
        changed = now[field] != result[field]
        assert apart.survivor[field] == (now[field] if changed else one[field])
        assert (field in apart.kept) == changed
    since = set(now["aliases"]) - set(result["aliases"])  # type: ignore[arg-type]
    assert since <= set(apart.survivor["aliases"])  # type: ignore[arg-type]
