"""Looking at host systems."""

from dataclasses import replace
from pathlib import Path

import pytest

from callcenter.config import load_settings
from callcenter.doctor.findings import Examination, Severity
from callcenter.doctor.hosts import check_hosts, sample_bank
from tests.support.misbehaving_host import answer, misbehaving_host
from tests.support.servers import free_port

HOST = """\
type: http
base_url: {url}
headers: {{ Authorization: {{ file: token }} }}
questions: {{ hello: {{ path: /hello }} }}
"""


def examination(home: Path, **urls: str) -> Examination:
    (home / "config" / "hosts").mkdir(parents=True)
    (home / "secrets").mkdir()
    (home / "secrets" / "token").write_text("secret-token")
    for name, url in urls.items():
        (home / "config" / "hosts" / f"{name}.yaml").write_text(HOST.format(url=url))
    environment = {"CALLCENTER_HOME": str(home), "CALLCENTER_ROUTING__DIRECTORY": str(home / "config")}
    return Examination(settings=load_settings(environment=environment), running=False)


async def test_a_host_that_answers_whatever_it_says_can_be_reached(tmp_path: Path) -> None:
    async with misbehaving_host(answer(405, b"")) as host:
        (finding,) = await check_hosts(examination(tmp_path, crm=host.url))
    assert finding.severity is Severity.GOOD
    assert "crm can be reached" in finding.sentence


async def test_one_that_does_not_is_a_warning_since_callers_reach_people(tmp_path: Path) -> None:
    (finding,) = await check_hosts(examination(tmp_path, crm=f"http://127.0.0.1:{free_port()}"))
    assert finding.severity is Severity.WARNING
    assert "crm cannot be reached (unreachable)" in finding.sentence
    assert "hosts/crm.yaml" in finding.remedy


async def test_a_mistake_or_a_missing_secret_is_a_failure(tmp_path: Path) -> None:
    found = examination(tmp_path, crm="ftp://x")
    (finding,) = await check_hosts(found)
    assert finding.severity is Severity.FAILURE
    assert "crm.yaml:2" in finding.sentence
    (tmp_path / "config" / "hosts" / "crm.yaml").write_text(HOST.format(url="https://crm.example.org"))
    (tmp_path / "secrets" / "token").unlink()
    (finding,) = await check_hosts(found)
    assert "secret" in finding.sentence
    assert "secret-token" not in finding.sentence


@pytest.mark.parametrize(("running", "sentence"), [(False, "while the platform runs"), (True, "cannot be reached")])
async def test_the_sample_bank_is_expected_only_while_the_platform_runs(
    tmp_path: Path, *, running: bool, sentence: str
) -> None:
    port = free_port()
    found = replace(examination(tmp_path, bank=f"http://127.0.0.1:{port}"), running=running)
    assert sample_bank(found.settings) == ("127.0.0.1", port)
    (finding,) = await check_hosts(found)
    assert sentence in finding.sentence


async def test_a_house_without_hosts_is_well(tmp_path: Path) -> None:
    (finding,) = await check_hosts(examination(tmp_path))
    assert finding.severity is Severity.GOOD
