"""Does an agent satisfy these requirements: evaluation and normal form of requirements on skills."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from math import prod
from typing import assert_never

from acd.model import AllOf, AnyOf, Proficiency, Requirement, SkillName, SkillRequirement, Without

MOST_COMBINATIONS = 100_000
"""So many combinations of levels are tried to see whether anybody could satisfy a requirement."""


def satisfies(skills: Mapping[SkillName, Proficiency], requirement: Requirement) -> bool:
    """Whether somebody with these skills satisfies the requirement. A skill that is missing counts 0."""
    match requirement:
        case SkillRequirement(skill=skill, minimum=minimum):
            return skills.get(skill, 0) >= minimum
        case AllOf(parts=parts):
            return all(satisfies(skills, part) for part in parts)
        case AnyOf(parts=parts):
            return any(satisfies(skills, part) for part in parts)
        case Without(part=part):
            return not satisfies(skills, part)
        case _:
            assert_never(requirement)


def combined(*requirements: Requirement) -> Requirement:
    """All of these, in normal form: no nested or repeated parts, sorted, so that equal needs are equal values.

    Two minimums for one skill become the higher one.
    """
    parts: set[Requirement] = set()
    minimums: dict[SkillName, Proficiency] = {}
    for part in _conjuncts(requirements):
        if isinstance(part, SkillRequirement):
            minimums[part.skill] = max(part.minimum, minimums.get(part.skill, part.minimum))
        else:
            parts.add(part)
    parts.update(SkillRequirement(skill=skill, minimum=level) for skill, level in minimums.items())
    ordered = tuple(sorted(parts, key=repr))
    return ordered[0] if len(ordered) == 1 else AllOf(parts=ordered)


def satisfiable(requirement: Requirement) -> bool:
    """Whether anybody at all could satisfy the requirement, whatever skills people may have or learn.

    Tries every combination of the levels that make a difference; of a requirement with more than
    :data:`MOST_COMBINATIONS` of them it is assumed.
    """
    levels: dict[SkillName, set[Proficiency]] = {}
    for part in _atoms(requirement):
        levels.setdefault(part.skill, {0}).add(part.minimum)
    if prod(len(found) for found in levels.values()) > MOST_COMBINATIONS:
        return True
    return any(
        satisfies(dict(zip(levels, combination, strict=True)), requirement)
        for combination in product(*(sorted(found) for found in levels.values()))
    )


def needed_skills(requirement: Requirement) -> tuple[SkillName, ...]:
    """The skills the requirement asks for, each once, sorted; those excluded by :class:`Without` are not asked for."""
    return tuple(sorted(set(_asked_for(requirement))))


def mentioned_skills(requirement: Requirement) -> tuple[SkillName, ...]:
    """Every skill the requirement names, each once, sorted."""
    return tuple(sorted({part.skill for part in _atoms(requirement)}))


def _conjuncts(requirements: tuple[Requirement, ...]) -> Iterator[Requirement]:
    for requirement in requirements:
        if isinstance(requirement, AllOf):
            yield from _conjuncts(requirement.parts)
        else:
            yield requirement


def _asked_for(requirement: Requirement) -> Iterator[SkillName]:
    match requirement:
        case SkillRequirement(skill=skill):
            yield skill
        case AllOf(parts=parts) | AnyOf(parts=parts):
            for part in parts:
                yield from _asked_for(part)
        case Without():
            return
        case _:
            assert_never(requirement)


def _atoms(requirement: Requirement) -> Iterator[SkillRequirement]:
    match requirement:
        case SkillRequirement():
            yield requirement
        case AllOf(parts=parts) | AnyOf(parts=parts):
            for part in parts:
                yield from _atoms(part)
        case Without(part=part):
            yield from _atoms(part)
        case _:
            assert_never(requirement)
