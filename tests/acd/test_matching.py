"""Requirements: what satisfies them, and that equal needs become equal values."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from acd.matching import combined, mentioned_skills, needed_skills, satisfiable, satisfies
from acd.model import ANY_AGENT, AllOf, AnyOf, Requirement, SkillName, SkillRequirement, Without
from tests.acd.world import needs

skill_names = st.sampled_from([SkillName(name) for name in "abc"])
simple = st.builds(SkillRequirement, skill=skill_names, minimum=st.integers(1, 10))
requirements: st.SearchStrategy[Requirement] = st.recursive(
    simple,
    lambda inner: st.one_of(
        st.builds(AllOf, parts=st.lists(inner, max_size=3).map(tuple)),
        st.builds(AnyOf, parts=st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.builds(Without, part=inner),
    ),
    max_leaves=6,
)
people = st.dictionaries(skill_names, st.integers(1, 10))


def test_the_minimum_is_enough_and_less_is_not() -> None:
    assert satisfies({SkillName("english"): 3}, needs(english=3))
    assert not satisfies({SkillName("english"): 2}, needs(english=3))
    assert not satisfies({}, needs(english=1))


def test_boolean_combinations() -> None:
    either = AnyOf(parts=(needs(german=1), AllOf(parts=(needs(english=5), Without(part=needs(trainee=1))))))
    assert satisfies({SkillName("german"): 1}, either)
    assert satisfies({SkillName("english"): 5}, either)
    assert not satisfies({SkillName("english"): 5, SkillName("trainee"): 1}, either)
    assert satisfies({}, ANY_AGENT)
    assert not satisfies({SkillName("german"): 9}, AnyOf(parts=()))


@given(people, requirements, requirements)
def test_combining_means_both(skills: dict[SkillName, int], first: Requirement, second: Requirement) -> None:
    both = satisfies(skills, first) and satisfies(skills, second)
    assert satisfies(skills, combined(first, second)) is both


@given(requirements, requirements)
def test_combining_does_not_depend_on_order_or_repetition(first: Requirement, second: Requirement) -> None:
    assert combined(first, second) == combined(second, first, first)


@given(people, requirements)
def test_what_somebody_satisfies_is_satisfiable(skills: dict[SkillName, int], requirement: Requirement) -> None:
    assert satisfiable(requirement) or not satisfies(skills, requirement)


def test_contradictions_are_found() -> None:
    assert not satisfiable(AnyOf(parts=()))
    assert not satisfiable(AllOf(parts=(needs(a=5), Without(part=needs(a=3)))))
    assert satisfiable(AllOf(parts=(needs(a=3), Without(part=needs(a=5)))))
    assert not satisfiable(Without(part=AllOf()))


def test_a_requirement_too_large_to_try_is_believed() -> None:
    many = tuple(needs(**{f"s{number}": 1}) for number in range(30))
    assert satisfiable(AllOf(parts=(*many, Without(part=many[0]))))


def test_two_minimums_for_a_skill_become_the_higher() -> None:
    assert combined(needs(english=3), needs(english=7)) == needs(english=7)


def test_skills_asked_for_are_not_those_excluded() -> None:
    requirement = AllOf(parts=(needs(b=2), AnyOf(parts=(needs(a=1), needs(c=1))), Without(part=needs(d=1))))
    assert needed_skills(requirement) == ("a", "b", "c")
    assert mentioned_skills(requirement) == ("a", "b", "c", "d")


def test_requirements_read_as_people_write_them() -> None:
    requirement = AllOf(parts=(needs(english=3), AnyOf(parts=(needs(german=1), Without(part=needs(x=1))))))
    assert str(requirement) == "english ≥ 3 and (german or not x)"
    assert str(ANY_AGENT) == "any agent"
    assert str(AnyOf(parts=())) == "no agent"
