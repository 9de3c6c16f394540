"""What every `HostSystems` does, the fake and the real adapter in front of the sample bank."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ivr.errors import ActFailed, LookupUnavailable
from ivr.events import Verdict
from ivr.fields import Fields
from ivr.ports import ActOutcome, HostSystems
from tests.fakes.host_systems import FakeHostSystems
from tests.support.bank import ACCOUNT, PIN, connected_bank

MINE: Fields = {"account": ACCOUNT}
MOVED: Fields = {**MINE, "from": "savings", "amount": 5}


@asynccontextmanager
async def bank(kind: str, directory: Path) -> AsyncIterator[HostSystems]:
    if kind == "real":
        async with connected_bank(directory) as (_, hosts):
            yield hosts
        return
    yield FakeHostSystems(
        {"balance": {"checking": "1.00", "savings": "2.00", "currency": "USD"}, "bill": {}},
        acts={"transfer": ActOutcome(done=True, fields={"receipt": "00000001"})},
        pins={ACCOUNT: PIN},
    )


either = pytest.mark.parametrize("kind", ["fake", "real"])


@either
async def test_a_question_is_answered_with_fields(kind: str, tmp_path: Path) -> None:
    async with bank(kind, tmp_path) as hosts:
        assert (await hosts.look_up("bank", "balance", MINE)).keys() == {"checking", "savings", "currency"}


@either
async def test_no_such_record_is_an_empty_answer(kind: str, tmp_path: Path) -> None:
    async with bank(kind, tmp_path) as hosts:
        assert await hosts.look_up("bank", "bill", {"account": "99999", "kind": "gas"}) == {}


@either
async def test_what_nobody_knows_is_unavailable(kind: str, tmp_path: Path) -> None:
    async with bank(kind, tmp_path) as hosts:
        with pytest.raises(LookupUnavailable):
            await hosts.look_up("bank", "weather", {})
        with pytest.raises(ActFailed) as failed:
            await hosts.act("bank", "rain", {}, key="k")
    assert not failed.value.unknown


@either
async def test_an_act_that_comes_again_with_its_key_is_answered_as_the_first_time(kind: str, tmp_path: Path) -> None:
    async with bank(kind, tmp_path) as hosts:
        first = await hosts.act("bank", "transfer", MOVED, key="k")
        again = await hosts.act("bank", "transfer", MOVED, key="k")
    assert first.done
    assert first == again
    assert first.fields["receipt"] == "00000001"


@either
async def test_a_pin_is_right_or_wrong(kind: str, tmp_path: Path) -> None:
    async with bank(kind, tmp_path) as hosts:
        right = await hosts.check_identity("bank", "pin", MINE, secret=PIN)
        wrong = await hosts.check_identity("bank", "pin", MINE, secret="0000")
        unknown = await hosts.check_identity("bank", "pin", {"account": "99999"}, secret=PIN)
    assert right.verdict is Verdict.ACCEPTED
    assert (wrong.verdict, wrong.fields) == (unknown.verdict, unknown.fields) == (Verdict.REFUSED, {})
