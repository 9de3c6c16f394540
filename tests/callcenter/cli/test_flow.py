"""`callcenter flow`: what an author types, and what becomes of the flows."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from callcenter.catalogue import load_catalogue
from callcenter.cli import flow, prepare
from callcenter.config import load_settings
from callcenter.domain.errors import ConfigError, RequestRefused
from callcenter.flows.store import FlowStore
from callcenter.hosts.reading import load_hosts
from callcenter.house import open_flows
from tests.support.servers import TREE


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration directory of its own; what is published is beside it."""
    directory = tmp_path / "config"
    shutil.copytree(TREE / "config", directory)
    monkeypatch.setenv("CALLCENTER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CALLCENTER_ROUTING__DIRECTORY", str(directory))
    monkeypatch.delenv("CALLCENTER_CONFIG", raising=False)
    return directory


def type_in(line: str) -> None:
    flow.app(line, result_action="return_value")


def edit(house: Path, name: str, old: str, new: str) -> None:
    path = house / "flows" / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_the_shipped_flows_are_sound_and_do_what_their_scripts_say(
    house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    type_in("check")
    assert capsys.readouterr().out.startswith("sound: ")
    with pytest.raises(SystemExit) as ended:
        type_in("test")
    out = capsys.readouterr().out
    assert ended.value.code == 0, out
    assert "0 not" in out


def test_a_problem_is_told_with_file_line_and_node(house: Path) -> None:
    edit(house, "support.yaml", "next: know_number", "next: nowhere")
    with pytest.raises(ConfigError, match=r"support\.yaml:\d+: node 'offer_mandarin': next leads to 'nowhere'"):
        type_in("check")


def test_a_file_elsewhere_is_checked_as_a_draft_would_be(house: Path, tmp_path: Path) -> None:
    draft = tmp_path / "new.yaml"
    text = (house / "flows" / "enqueue_only.yaml").read_text(encoding="utf-8")
    draft.write_text(text.replace("name: enqueue_only", "name: new"), encoding="utf-8")
    type_in(f"check {draft}")
    type_in(f"check {house / 'flows' / 'enqueue_only.yaml'}")  # one of them anyhow
    draft.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"new\.yaml:\d+: .*describes a flow 'enqueue_only' already"):
        type_in(f"check {draft}")


def test_a_recording_that_is_not_there_is_not_published(house: Path) -> None:
    recording = "recordings: [{ language: en, text: Hello., file: en/hello, seconds: 2 }]\nnodes:"
    edit(house, "enqueue_only.yaml", "nodes:", recording)
    with pytest.raises(RequestRefused, match="recording en/hello is not in"):
        type_in("publish enqueue_only --why w")
    recordings = load_settings().recordings / "en"
    recordings.mkdir(parents=True)
    (recordings / "hello.wav").write_bytes(b"")
    type_in("publish enqueue_only --why w")


def test_publish_edit_publish_roll_back(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    type_in("publish --why 'opening day' --by ada")
    edit(house, "support.yaml", "For anything else, press 0.", "For all else, press 0.")
    type_in("publish support --why 'shorter' --by bea")
    type_in("rollback support --why 'people miss the welcome' --by ada")
    capsys.readouterr()
    type_in("versions support")
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("version")[1].split()[0] for line in lines] == ["1", "2", "1"]
    assert lines[0].startswith("live")
    assert lines[0].endswith("rolled back by ada: people miss the welcome")
    type_in("versions")
    assert "support " in capsys.readouterr().out
    type_in("publish --why again")
    assert "published support" in capsys.readouterr().out  # the draft is not what is live
    type_in("publish --why again")
    assert "Nothing to publish" in capsys.readouterr().out


def test_what_its_own_script_finds_fault_with_is_not_published(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(house, "support.yaml", '"1": { value: billing }', '"1": { value: sales }')
    with pytest.raises(RequestRefused, match="scripts find fault"):
        type_in("publish support --why oops")
    assert "expected queue billing: the caller is in queue sales" in capsys.readouterr().out
    type_in("publish support --why 'on purpose' --untested")
    assert FlowStore(load_settings().flows).live("support") is not None


def test_a_flow_is_drawn_as_text_and_as_a_picture(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    type_in("show support --language cmn")
    assert "欢迎致电客户服务中心" in capsys.readouterr().out
    type_in(f"show support -o {house / 'support.svg'}")
    assert (house / "support.svg").read_text(encoding="utf-8").startswith("<svg")
    type_in("publish support --why w")
    capsys.readouterr()
    type_in("show support --version 1")
    assert capsys.readouterr().out.startswith("---\ntitle: call flow support")
    with pytest.raises(RequestRefused, match="no flow"):
        type_in("show nothing")
    with pytest.raises(ConfigError, match="has no version 7"):
        type_in("show support --version 7")


def test_a_script_is_played_as_a_transcript(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        type_in(f"simulate support --script {house / 'flows' / 'tests' / 'support.yaml'}")
    assert ended.value.code == 0
    assert "hands the caller over to queue" in capsys.readouterr().out
    with pytest.raises(RequestRefused, match="no such script"):
        type_in(f"simulate enqueue_only --script {house / 'flows' / 'tests' / 'support.yaml'}")


def test_a_call_is_played_as_one_types(
    house: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = iter(["", "bye"])
    monkeypatch.setattr("builtins.input", lambda _prompt: next(typed))
    type_in("simulate support --field caller_number=+4930")
    assert "hangs up" in capsys.readouterr().out
    with pytest.raises(RequestRefused, match="NAME=VALUE"):
        type_in("simulate support --field x")


def test_the_first_start_publishes_and_later_ones_only_tell(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings, catalogue = load_settings(), load_catalogue(house)
    prepare.publish_first_flows(settings, catalogue)
    assert "published flow support, version 1" in capsys.readouterr().out
    edit(house, "support.yaml", "Welcome to customer support.", "Good day.")
    prepare.publish_first_flows(settings, catalogue)
    assert "the draft of flow support is not what is live" in capsys.readouterr().out
    edit(house, "support.yaml", "version: 1", "version: 9")
    prepare.publish_first_flows(settings, catalogue)
    assert "drafts of flows have problems; the published versions answer" in capsys.readouterr().out
    live = FlowStore(settings.flows).live("support")
    assert live is not None
    assert live.version == 1


def test_without_a_published_version_a_bad_draft_stops_the_start(house: Path) -> None:
    edit(house, "support.yaml", "version: 1", "version: 9")
    with pytest.raises(ConfigError, match="version: Input should be 1"):
        prepare.publish_first_flows(load_settings(), load_catalogue(house))


def test_callers_are_not_led_to_what_is_not_published(house: Path) -> None:
    """An overflow needs a flow that answers calls: a survey will not do, nor one that is a draft only."""
    type_in("publish --why 'opening day' --by ada")
    text = (house / "queues" / "billing.yaml").read_text(encoding="utf-8")
    overflow = "overflows: [{{ cause: length, limit: 3, to: message, name: {} }}]\n"
    settings, hosts = load_settings(), load_hosts(house)
    for name, is_sound in (("closed", True), ("satisfaction", False)):
        (house / "queues" / "billing.yaml").write_text(text + overflow.format(name), encoding="utf-8")
        catalogue = load_catalogue(house)
        if is_sound:
            assert open_flows(settings, catalogue, hosts).find(name) is not None
            continue
        with pytest.raises(
            ConfigError, match="billing leads its callers to satisfaction: no call flow of that name is published"
        ):
            open_flows(settings, catalogue, hosts)
