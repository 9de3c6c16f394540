"""The house's files are read again for a server that runs: all of it or nothing, and what has to wait is said."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from callcenter.cli import prepare
from callcenter.config import Settings, load_settings
from callcenter.domain.catalogue import Catalogue
from callcenter.domain.errors import ConfigError
from callcenter.hosts.reading import load_hosts
from callcenter.house import HouseFiles, open_flows, read_catalogue
from callcenter.switch_files import tell_switch
from ivr.flow.flow import Flow
from tests.support.servers import TREE


class House:
    """The shipped configuration, published, and a server that runs on it with a switch that is not ours."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.directory = settings.routing.directory
        self.present = read_catalogue(settings)
        prepare.publish_first_flows(settings, self.present)
        hosts = load_hosts(self.directory)
        self.flows = open_flows(settings, self.present, hosts)
        self.taken_by: list[Catalogue] = []
        self.files = HouseFiles(
            settings,
            present=lambda: self.present,
            hosts=hosts,
            flows=self.flows,
            make_ready=self._make_ready,
            taken_by=self.taken_by.append,
        )

    async def _make_ready(self, flow: Flow) -> None:
        pass

    def write(self, name: str, text: str) -> None:
        (self.directory / name).write_text(text, encoding="utf-8")

    def read(self, name: str) -> str:
        return (self.directory / name).read_text(encoding="utf-8")


@pytest.fixture
def house(tmp_path: Path) -> House:
    directory = tmp_path / "config"
    shutil.copytree(TREE / "config", directory)
    return House(
        load_settings(
            environment={
                "CALLCENTER_HOME": str(tmp_path / "home"),
                "CALLCENTER_ROUTING__DIRECTORY": str(directory),
                "CALLCENTER_ASTERISK__EMBEDDED": "false",
            }
        )
    )


async def test_what_is_sound_is_found_and_who_holds_a_part_is_told(house: House) -> None:
    house.write("queues/night.yaml", "label: { en: Night }\n")
    found = await house.files.read()
    assert "night" in found.catalogue.queues
    assert found.notes == ("the switch is not ours: bring the numbers and queues in its configuration up to date",)
    house.files.taken(found.catalogue)
    assert house.taken_by == [found.catalogue]


async def test_labels_alone_are_nothing_that_the_switch_must_know(house: House) -> None:
    house.write("queues/billing.yaml", house.read("queues/billing.yaml").replace("en: Billing", "en: Bills"))
    found = await house.files.read()
    assert found.notes == ()
    assert found.catalogue.queues != house.present.queues


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("queues/billing.yaml", "requirements:", "requirement:", r"billing\.yaml:\d+.*requirement"),
        ("callcenter.yaml", "flow: support", "flow: nowhere", "flow nowhere, which is not published"),
        ("hosts/bank.yaml", "type: http", "type: gopher", r"bank\.yaml"),
    ],
)
async def test_what_is_wrong_anywhere_refuses_all_of_it(house: House, file: str, old: str, new: str, said: str) -> None:
    text = house.read(file)
    assert old in text
    house.write(file, text.replace(old, new, 1))
    with pytest.raises(ConfigError, match=said):
        await house.files.read()
    assert house.taken_by == []


async def test_a_queue_that_a_published_flow_names_cannot_go(house: House) -> None:
    """Calls would be led to a queue that there is not."""
    (house.directory / "queues" / "cards.yaml").unlink()
    with pytest.raises(ConfigError, match="cards"):
        await house.files.read()


async def test_host_systems_wait_for_the_next_start(house: House) -> None:
    house.write("hosts/bank.yaml", house.read("hosts/bank.yaml").replace(":8190", ":8191"))
    found = await house.files.read()
    assert found.notes == ("host systems: what has changed takes effect at the next start",)


async def test_a_switch_of_ours_that_does_not_answer_is_told_of(house: House, tmp_path: Path) -> None:
    """The files are written; what has changed it knows from its next start on."""
    environment = {
        "CALLCENTER_HOME": str(tmp_path / "home"),
        "CALLCENTER_ROUTING__DIRECTORY": str(house.directory),
        "CALLCENTER_ASTERISK__COMMAND": str(fake_asterisk(tmp_path)),
    }
    settings = load_settings(environment=environment)
    for name in ("ami", "sip-key"):
        secret = settings.home / "secrets" / name
        secret.parent.mkdir(parents=True, exist_ok=True)
        secret.write_text("a-secret-that-is-long-enough-for-this\n", encoding="utf-8")
    etc = settings.home / "switch" / "etc"
    etc.mkdir(parents=True)
    house.write("queues/night.yaml", "label: { en: Night }\n")
    note = await tell_switch(settings, house.present, read_catalogue(settings))
    assert note is not None
    assert "from its next start on" in note
    assert "night]" in (etc / "queues.conf").read_text(encoding="utf-8")
    assert sorted(path.name for path in etc.iterdir()) == ["extensions.conf", "queues.conf"]


def fake_asterisk(directory: Path) -> Path:
    """A program that says it is Asterisk, and cannot reach the one that runs."""
    program = directory / "asterisk"
    program.write_text(
        '#!/bin/sh\n[ "$1" = -V ] && echo "Asterisk 22.1.0" && exit 0\necho "Unable to connect"\nexit 1\n',
        encoding="utf-8",
    )
    program.chmod(0o755)
    return program
