"""Who works here: agents for the engine, and the few changes an administrator makes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, delete, exists, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from callcenter.api.records import Role
from callcenter.domain.errors import Refusal, RequestRefused
from callcenter.domain.ids import AgentId, DeviceName, is_configured_name
from callcenter.ports import AgentRecord, People
from callcenter.storage.database import reading, writing
from callcenter.storage.tables import agent_skills, agents, people, sessions


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPerson:
    """Somebody to be added. `device` and `skills` (skill: proficiency 1 to 10) are for agents."""

    person: str
    name: str
    role: Role
    language: str = "en"
    device: str | None = None
    skills: Mapping[str, int] = field(default_factory=dict)


class SqlPeople(People):
    """The people port on SQL, and adding and removing people."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def agents(self) -> Sequence[AgentRecord]:
        """Return every active agent with device and skills, by name."""
        async with reading(self._engine, "reading the agents") as connection:
            query = (
                select(agents.c.agent, agents.c.device, people.c.name)
                .join(people, people.c.person == agents.c.agent)
                .where(people.c.active)
                .order_by(agents.c.agent)
            )
            found = (await connection.execute(query)).all()
            skills: dict[str, dict[str, int]] = {}
            for agent, skill, proficiency in (await connection.execute(select(agent_skills))).all():
                skills.setdefault(agent, {})[skill] = proficiency
        return tuple(
            AgentRecord(
                agent=AgentId(agent),
                name=name,
                device=DeviceName(device),
                skills=dict(sorted(skills.get(agent, {}).items())),
            )
            for agent, device, name in found
        )

    async def add(self, new: NewPerson, *, password_hash: str) -> None:
        """Add somebody who must change the password at the first sign-in.

        Raises `RequestRefused` for a name or device that is taken or ill-formed.
        """
        async with writing(self._engine, "adding a person") as connection:
            await insert_person(connection, new, password_hash=password_hash)

    async def set_active(self, person: str, *, active: bool) -> None:
        """Let somebody in again, or shut him out everywhere at once. Raises `RequestRefused` for unknown people."""
        async with writing(self._engine, "changing a person") as connection:
            changed = await connection.execute(update(people).where(people.c.person == person).values(active=active))
            if changed.rowcount == 0:
                raise RequestRefused(Refusal.OPERATION, "unknown_person", f"there is no {person}")
            if not active:
                await connection.execute(delete(sessions).where(sessions.c.person == person))


async def insert_person(connection: AsyncConnection, new: NewPerson, *, password_hash: str) -> None:
    """Add somebody within a transaction; see `SqlPeople.add`."""
    _check(new)
    if await _exists(connection, people.c.person == new.person):
        raise RequestRefused(Refusal.OPERATION, "person_exists", f"{new.person} exists already")
    await connection.execute(
        insert(people).values(
            person=new.person,
            name=new.name,
            role=new.role.value,
            password_hash=password_hash,
            language=new.language,
            must_change_password=True,
            active=True,
        )
    )
    if new.device is None:
        return
    if await _exists(connection, agents.c.device == new.device):
        raise RequestRefused(Refusal.OPERATION, "device_taken", f"the device {new.device} has an agent already")
    await connection.execute(insert(agents).values(agent=new.person, device=new.device))
    rows = [{"agent": new.person, "skill": skill, "proficiency": p} for skill, p in new.skills.items()]
    if rows:
        await connection.execute(insert(agent_skills), rows)


async def _exists(connection: AsyncConnection, condition: ColumnElement[bool]) -> bool:
    return bool((await connection.execute(select(exists().where(condition)))).scalar())


def _check(new: NewPerson) -> None:
    devices = () if new.device is None else (new.device,)
    for name in (new.person, *devices, *new.skills):
        if not is_configured_name(name):
            raise RequestRefused(
                Refusal.OPERATION, "bad_name", f"{name!r} is not a name of a-z, 0-9, _ and -, starting with a letter"
            )
    if (new.role is Role.AGENT) != (new.device is not None):
        raise RequestRefused(Refusal.OPERATION, "bad_role", "an agent has a device, others have none")
    if any(not 1 <= proficiency <= 10 for proficiency in new.skills.values()):
        raise RequestRefused(Refusal.OPERATION, "bad_proficiency", "a proficiency is a number from 1 to 10")
