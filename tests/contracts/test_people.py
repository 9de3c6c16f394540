"""What every directory of agents does."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from callcenter.api.records import Role
from callcenter.domain.ids import AgentId, DeviceName
from callcenter.ports import AgentRecord, People
from callcenter.storage.people import NewPerson, SqlPeople
from tests.contracts.conftest import OpenRecords
from tests.fakes.people import FakePeople

KINDS = ["fake", "sqlite", pytest.param("postgresql", marks=pytest.mark.integration)]
Staff = Callable[..., Awaitable[People]]
ANA = AgentRecord(
    agent=AgentId("ana"), name="Ana Pérez", device=DeviceName("agent-ana"), skills={"billing": 9, "technical": 10}
)
BO = AgentRecord(agent=AgentId("bo"), name="博", device=DeviceName("agent-bo"), skills={})


@pytest.fixture(params=KINDS)
async def staff(request: pytest.FixtureRequest, records_of: OpenRecords) -> AsyncIterator[Staff]:
    """Make a directory of these agents."""

    async def fake(*records: AgentRecord) -> People:
        return FakePeople(*records)

    if request.param == "fake":
        yield fake
        return
    async with records_of(request.param) as engine:

        async def real(*records: AgentRecord) -> People:
            people = SqlPeople(engine)
            for record in records:
                new = NewPerson(
                    person=record.agent, name=record.name, role=Role.AGENT, device=record.device, skills=record.skills
                )
                await people.add(new, password_hash="!")
            return people

        yield real


async def test_agents_come_by_name_with_device_and_skills(staff: Staff) -> None:
    people = await staff(BO, ANA)
    assert list(await people.agents()) == [ANA, BO]


async def test_no_agents_is_an_answer(staff: Staff) -> None:
    people = await staff()
    assert list(await people.agents()) == []
