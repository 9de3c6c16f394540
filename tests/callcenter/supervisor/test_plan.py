"""Which processes make a platform."""

from __future__ import annotations

from pathlib import Path

import pytest

from callcenter.config import Settings, load_settings
from callcenter.supervisor.model import CommandSays, Kind, ProcessName, ProcessSpec, TcpAccepts, check_plan
from callcenter.supervisor.plan import Programs, platform_plan
from callcenter.supervisor.programs import AsteriskProgram

ASTERISK = AsteriskProgram(command=Path("/opt/asterisk"), version="22.10.1", directories="", modules=None, sounds=None)
ALL = Programs(python=Path("/venv/python"), redis=Path("/usr/bin/redis-server"), asterisk=ASTERISK)
ENVIRONMENT = {"PATH": "/usr/bin", "CALLCENTER_HOME": "/home/cc", "DATABASE_URL": "postgresql://cc:secret@db/cc"}


def settings(**environment: str) -> Settings:
    return load_settings(environment={"CALLCENTER_HOME": "/home/cc", **environment})


def plan(
    programs: Programs = ALL, *, callers: int = 0, switch_user: str | None = None, **environment: str
) -> dict[ProcessName, ProcessSpec]:
    specs = platform_plan(
        settings(**environment), programs, environment=ENVIRONMENT, switch_user=switch_user, callers=callers
    )
    return {spec.name: spec for spec in check_plan(specs)}


def test_the_embedded_platform_goes_up_in_an_order_that_works() -> None:
    entries = plan()
    names = list(entries)
    assert set(names) == {"redis", "prepare", "asterisk", "speech-1", "speech-2", "cti", "desktop"}
    assert names.index(ProcessName("prepare")) < names.index(ProcessName("asterisk")) < names.index(ProcessName("cti"))
    assert entries[ProcessName("prepare")].kind is Kind.ONE_SHOT


def test_what_somebody_else_runs_is_not_started_and_not_waited_for() -> None:
    entries = plan(Programs(python=Path("/venv/python"), redis=None, asterisk=None))
    assert set(entries) == {"prepare", "speech-1", "speech-2", "cti", "desktop"}


def test_simulated_callers_come_when_everything_is_up_and_may_fail() -> None:
    callers = plan(callers=3)[ProcessName("callers")]
    assert callers.after == {"cti", "desktop"}
    assert not callers.essential
    assert callers.argv[-1] == "3"


def test_the_sample_bank_runs_where_flows_ask_it_and_may_fail() -> None:
    specs = platform_plan(settings(), ALL, environment=ENVIRONMENT, switch_user=None, bank=("127.0.0.1", 8190))
    entries = {spec.name: spec for spec in check_plan(specs)}
    bank = entries[ProcessName("bank")]
    assert bank.ready == TcpAccepts(host="127.0.0.1", port=8190)
    assert not bank.essential
    assert ProcessName("bank") not in entries[ProcessName("cti")].after
    assert "bank" not in plan()


def test_the_simulated_network_may_fail_and_nobody_waits_for_it() -> None:
    specs = platform_plan(settings(), ALL, environment=ENVIRONMENT, switch_user=None, network=5199)
    entries = {spec.name: spec for spec in check_plan(specs)}
    network = entries[ProcessName("network")]
    assert network.argv[-2:] == ("--port", "5199")
    assert not network.essential
    assert not [name for name, entry in entries.items() if "network" in entry.after]
    assert "network" not in plan(callers=3)


def test_foreign_programs_are_not_given_the_database_password() -> None:
    entries = plan()
    for name in ("redis", "asterisk", "speech-1"):
        assert "secret" not in str(dict(entries[ProcessName(name)].environment))
    assert entries[ProcessName("cti")].environment["DATABASE_URL"] == ENVIRONMENT["DATABASE_URL"]


def test_as_many_speech_workers_as_wanted_write_into_one_folder() -> None:
    entries = plan(CALLCENTER_SPEECH__WORKERS="3", CALLCENTER_SPEECH__WIDEBAND="true")
    workers = [entry for name, entry in entries.items() if name.startswith("speech-")]
    assert [entry.argv[entry.argv.index("--socket") + 1] for entry in workers] == [
        f"/home/cc/run/speech-{number}.sock" for number in (1, 2, 3)
    ]
    assert len({entry.argv[entry.argv.index("--directory") + 1] for entry in workers}) == 1
    assert all("--wideband" in entry.argv for entry in workers)


def test_only_asterisk_changes_its_user() -> None:
    entries = plan(switch_user="callcenter")
    assert {name: entry.user for name, entry in entries.items() if entry.user} == {"asterisk": "callcenter"}


def test_redis_has_no_port_and_keeps_nothing() -> None:
    argv = plan()[ProcessName("redis")].argv
    assert argv[argv.index("--port") + 1] == "0"
    assert argv[argv.index("--save") + 1] == ""
    assert argv[argv.index("--unixsocketperm") + 1] == "700"


def test_asterisk_is_asked_at_the_console_of_its_own_configuration() -> None:
    entry = plan()[ProcessName("asterisk")]
    assert isinstance(entry.ready, CommandSays)
    assert entry.argv == ("/opt/asterisk", "-C", "/home/cc/switch/etc/asterisk.conf", "-n", "-f")
    assert entry.ready.argv[:4] == entry.argv[:4]


@pytest.mark.parametrize(
    ("listen", "asked"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::", "::1"), ("192.0.2.7", "192.0.2.7")],  # noqa: S104 -- compared, not bound
)
def test_a_desktop_that_listens_everywhere_is_asked_here(listen: str, asked: str) -> None:
    entry = plan(CALLCENTER_DESKTOP__LISTEN=listen, CALLCENTER_DESKTOP__PUBLIC_URL="https://desk.example.org")
    assert entry[ProcessName("desktop")].ready == TcpAccepts(host=asked, port=8080)


def test_what_people_notice_at_once_is_back_within_a_second() -> None:
    for name in ("cti", "desktop", "speech-1", "redis", "asterisk"):
        policy = plan()[ProcessName(name)].restart
        assert policy.delay(1, 1.0) <= 0.1
        assert policy.delay(50, 1.0) <= 1.0
