"""Whom an administrator may add, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.api.records import Role
from callcenter.domain.errors import RequestRefused
from callcenter.storage.people import NewPerson, SqlPeople

ANA = NewPerson(person="ana", name="Ana", role=Role.AGENT, device="agent-ana", skills={"billing": 5})


@pytest.mark.parametrize(
    ("new", "code"),
    [
        (ANA, "person_exists"),
        (replace(ANA, person="bo"), "device_taken"),
        (replace(ANA, person="Bo"), "bad_name"),
        (replace(ANA, person="b" * 41), "bad_name"),
        (replace(ANA, person=""), "bad_name"),
        (replace(ANA, person="bo", device="PJSIP/bo"), "bad_name"),
        (replace(ANA, person="bo", device="bo", skills={"Bad Skill": 1}), "bad_name"),
        (replace(ANA, person="bo", device="bo", skills={"billing": 11}), "bad_proficiency"),
        (replace(ANA, person="bo", device="bo", skills={"billing": 0}), "bad_proficiency"),
        (replace(ANA, person="bo", device=None), "bad_role"),
        (replace(ANA, person="bo", device="bo", role=Role.SUPERVISOR), "bad_role"),
    ],
)
async def test_what_cannot_be_is_refused_and_nothing_of_it_stays(
    records: AsyncEngine, new: NewPerson, code: str
) -> None:
    directory = SqlPeople(records)
    await directory.add(ANA, password_hash="!")
    before = await directory.agents()
    with pytest.raises(RequestRefused) as refused:
        await directory.add(new, password_hash="!")
    assert refused.value.code == code
    assert await directory.agents() == before


async def test_who_is_shut_out_is_no_agent_until_let_in_again(records: AsyncEngine) -> None:
    directory = SqlPeople(records)
    await directory.add(ANA, password_hash="!")
    await directory.set_active("ana", active=False)
    assert await directory.agents() == ()
    await directory.set_active("ana", active=True)
    assert [one.agent for one in await directory.agents()] == ["ana"]


async def test_nobody_cannot_be_shut_out(records: AsyncEngine) -> None:
    with pytest.raises(RequestRefused):
        await SqlPeople(records).set_active("nobody", active=False)
