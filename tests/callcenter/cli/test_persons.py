"""`callcenter customers export-person | erase-person | hold`, as an administrator types them."""

from __future__ import annotations

import asyncio
import json
import stat
import zipfile
from pathlib import Path

import pytest

from callcenter.cli import persons
from callcenter.supervisor.home import make_home, make_secrets
from tests.support.masters import SAM, masters_of
from tests.support.records import open_records
from tests.support.servers import TREE

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, redis_url: str) -> Path:
    monkeypatch.setenv("CALLCENTER_HOME", str(tmp_path))
    monkeypatch.setenv("CALLCENTER_ROUTING__DIRECTORY", str(TREE / "config"))
    monkeypatch.setenv("CALLCENTER_REDIS__URL", redis_url)
    for name in ("DATABASE_URL", "REDIS_URL", "CALLCENTER_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    make_home(tmp_path)
    make_secrets(tmp_path / "secrets", lambda: "0" * 32)
    return tmp_path


@pytest.fixture
def customer(home: Path) -> str:
    async def made() -> str:
        async with open_records(f"sqlite:///{home / 'records.sqlite'}") as records, masters_of(records) as masters:
            outcome = await masters.master.create({"name": "Carla Quist", "account": "4711"}, SAM)
        assert outcome.type == "edited"
        return outcome.record.customer

    return asyncio.run(made())


def test_a_person_goes_out_as_one_file(home: Path, customer: str) -> None:
    persons.export_person("4711", home / "carla.json")
    told = json.loads((home / "carla.json").read_text(encoding="utf-8"))
    assert told["customer"] == customer
    assert told["stores"]["records"][0]["name"] == "Carla Quist"
    assert stat.S_IMODE((home / "carla.json").stat().st_mode) == 0o600
    persons.export_person(customer, home / "carla.zip")
    with zipfile.ZipFile(home / "carla.zip") as book:
        assert json.loads(book.read("person.json"))["customer"] == customer
    with pytest.raises(SystemExit, match="is there already"):
        persons.export_person(customer, home / "carla.zip")
    with pytest.raises(SystemExit, match="no such customer"):
        persons.export_person("nobody", home / "nobody.json")
    assert not (home / "nobody.json").exists()


def test_a_person_is_erased_when_it_is_meant(customer: str, capsys: pytest.CaptureFixture[str]) -> None:
    persons.erase_person(customer, reason="asked")
    assert "would be erased" in capsys.readouterr().out
    persons.hold("4711", reason="Court case 7")
    with pytest.raises(SystemExit, match="on_hold"):
        persons.erase_person(customer, reason="asked", yes=True)
    persons.hold("4711", lift=True)
    persons.erase_person(customer, reason="asked", yes=True)
    first = capsys.readouterr().out
    assert "erased:" in first
    assert "4711" not in first
    persons.erase_person(customer, reason="asked", yes=True)
    assert first.splitlines()[-1] == capsys.readouterr().out.splitlines()[-1]  # the proof that there is
    with pytest.raises(SystemExit, match="unknown"):
        persons.erase_person("nobody", reason="asked", yes=True)


def test_a_hold_is_put_or_lifted(customer: str) -> None:
    with pytest.raises(SystemExit, match="either"):
        persons.hold(customer)
    with pytest.raises(SystemExit, match="2027-12-31"):
        persons.hold(customer, reason="x", until="soon")
    with pytest.raises(SystemExit, match="no such"):
        persons.hold("nobody", reason="x")
