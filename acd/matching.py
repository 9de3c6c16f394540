"""Does an agent satisfy these requirements: evaluation and normal form of requirements on skills."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import assert_never

from acd.model import AllOf, AnyOf, Proficiency, Requirement, SkillName, SkillRequirement, Without


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


def needed_skills(requirement: Requirement) -> tuple[SkillName, ...]:
    """The skills the requirement asks for, each once, sorted; those excluded by :class:`Without` are not asked for."""
    return tuple(sorted(set(_asked_for(requirement))))


def mentioned_skills(requirement: Requirement) -> tuple[SkillName, ...]:
    """Every skill the requirement names, each once, sorted."""
    return tuple(sorted(set(_mentioned(requirement))))


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


def _mentioned(requirement: Requirement) -> Iterator[SkillName]:
    match requirement:
        case SkillRequirement(skill=skill):
            yield skill
        case AllOf(parts=parts) | AnyOf(parts=parts):
            for part in parts:
                yield from _mentioned(part)
        case Without(part=part):
            yield from _mentioned(part)
        case _:
            assert_never(requirement)
