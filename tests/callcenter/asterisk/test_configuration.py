"""What the rendered configuration must say, whatever else it says. That it works is shown on a real Asterisk."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from callcenter.asterisk.actions import VARIABLES
from callcenter.asterisk.configuration import render, render_includes
from callcenter.asterisk.installation import Device, DeviceKind, Directories, Installation, Number, Trunk
from callcenter.asterisk.places import CALLER_CONTEXTS
from callcenter.asterisk.reader import WANTED_EVENTS
from callcenter.asterisk.sections import REQUIRED_MODULES
from callcenter.config import AsteriskSettings
from callcenter.domain.errors import ConfigError
from callcenter.domain.ids import DeviceName, QueueName

TREE = Path(__file__).parents[3]
DIALPLAN = (TREE / "config" / "asterisk" / "extensions.conf").read_text(encoding="utf-8")
DIRECTORIES = Directories(home="/srv/asterisk", installed="astmoddir => /opt/modules")
SUPPORT = QueueName("support")
INSTALLATION = Installation(
    settings=AsteriskSettings(),
    secret="x" * 40,
    numbers=(Number(number="5550100", queue=SUPPORT), Number(number="+4930123456", queue=QueueName("sales"))),
    queues=(SUPPORT, QueueName("sales")),
    default_queue=SUPPORT,
    trunks=(Trunk(name="carrier", addresses=("192.0.2.1", "198.51.100.0/28")),),
    devices=(
        Device(name=DeviceName("agent-ana"), password="ana-has-a-password"),
        Device(name=DeviceName("agent-bob"), password="bob-has-a-password", kind=DeviceKind.PHONE),
    ),
    sorry="/srv/sounds/sorry",
)


def sections(text: str) -> dict[str, list[dict[str, list[str]]]]:
    """Read an Asterisk configuration file: sections of one name may stand several times."""
    found: dict[str, list[dict[str, list[str]]]] = {}
    for line in (line.partition(";")[0].strip() for line in text.splitlines()):
        if header := re.match(r"\[([^]]+)\](.*)", line):
            found.setdefault(header[1], []).append({})
        elif line:
            key, _, value = line.partition("=")
            found[list(found)[-1]][-1].setdefault(key.strip(), []).append(value.removeprefix(">").strip())
    return found


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    return render(INSTALLATION, DIALPLAN, DIRECTORIES)


def test_ami_is_for_one_login_on_the_loopback(files: dict[str, str]) -> None:
    manager = sections(files["manager.conf"])
    (general,), (login,) = manager["general"], manager["cti"]
    assert set(manager) == {"general", "cti"}
    assert general["bindaddr"] == ["127.0.0.1"]
    assert general["webenabled"] == ["no"]
    assert general["allowmultiplelogin"] == ["no"]
    assert general["timestampevents"] == ["yes"]
    assert general["authtimeout"]
    assert general["authlimit"]
    assert login["deny"] == ["0.0.0.0/0.0.0.0"]
    assert login["permit"] == ["127.0.0.1/255.255.255.255"]


def test_the_login_may_neither_run_programs_nor_configure(files: dict[str, str]) -> None:
    ((login),) = sections(files["manager.conf"])["cti"]
    (write,) = login["write"]
    assert not {"system", "command", "config", "all"} & set(write.split(","))


def test_only_wanted_events_are_sent_and_none_from_before_the_cleaning(files: dict[str, str]) -> None:
    names = re.findall(r"^eventfilter\(action\(include\),name\((\w+)\)\) =$", files["manager.conf"], re.MULTILINE)
    assert names == list(WANTED_EVENTS)
    assert not {"Newchannel", "Newexten", "VarSet", "NewCallerid"} & set(names)


def test_functions_that_are_worth_a_shell_stay_out_of_reach(files: dict[str, str]) -> None:
    (options,) = sections(files["asterisk.conf"])["options"]
    assert options["live_dangerously"] == ["no"]
    assert options["maxcalls"] == ["500"]


def test_http_shows_nothing_but_the_websocket(files: dict[str, str]) -> None:
    ((general),) = sections(files["http.conf"])["general"]
    assert general["enable_static"] == ["no"]
    assert general["enable_status"] == ["no"]
    assert general["bindaddr"] == ["127.0.0.1"]


def test_no_endpoint_takes_requests_from_nowhere_known(files: dict[str, str]) -> None:
    pjsip = sections(files["pjsip.conf"])
    assert "anonymous" not in pjsip
    assert "anonymous" not in "".join(pjsip["global"][0]["endpoint_identifier_order"])


def test_agents_devices_are_guarded(files: dict[str, str]) -> None:
    pjsip = sections(files["pjsip.conf"])
    (agent,), (aor,), (browser,) = pjsip["cc-agent"], pjsip["cc-aor"], pjsip["cc-browser"]
    assert agent["rtp_timeout"] == ["5"]
    assert agent["allow"] == ["ulaw,opus"]
    assert agent["context"] == ["cc-device"]
    assert agent["allow_transfer"] == ["no"]
    assert (aor["max_contacts"], aor["remove_existing"]) == (["1"], ["yes"])
    assert browser["webrtc"] == ["yes"]
    for name, kind in (("agent-ana", "browser"), ("agent-bob", "phone")):
        endpoint, auth, _ = pjsip[name]
        assert endpoint["auth"] == [name]
        assert auth["password"] == [f"{name.removeprefix('agent-')}-has-a-password"]
        assert f"[{name}](cc-{kind})" in files["pjsip.conf"]


def test_calls_from_outside_come_from_known_addresses_to_one_context(files: dict[str, str]) -> None:
    endpoint, identify = sections(files["pjsip.conf"])["trunk-carrier"]
    assert endpoint["context"] == ["cc-in"]
    assert identify["match"] == ["192.0.2.1", "198.51.100.0/28"]
    assert int(endpoint["rtp_timeout"][0]) >= 60


def test_fallback_queues_do_not_ring_busy_phones_and_keep_their_members(files: dict[str, str]) -> None:
    queues = sections(files["queues.conf"])
    assert queues["general"][0]["persistentmembers"] == ["yes"]
    for name in ("cc-support", "cc-sales"):
        assert queues[name][0]["ringinuse"] == ["no"]
        assert queues[name][0]["timeout"] == ["15"]


def test_asterisk_does_not_start_without_what_calls_need(files: dict[str, str]) -> None:
    """And the list that `callcenter doctor` and the installer check is the same."""
    listed = (TREE / "config" / "asterisk" / "required_modules").read_text(encoding="utf-8").splitlines()
    assert sorted(line for line in listed if line and not line.startswith("#")) == sorted(REQUIRED_MODULES)
    required = re.findall(r"^require = (\w+)\.so$", files["modules.conf"], re.MULTILINE)
    assert required == REQUIRED_MODULES
    assert "autoload = no" in files["modules.conf"]
    for dangerous in ("app_system", "func_shell", "func_curl", "app_externalivr", "res_pjsip_messaging", "pbx_spool"):
        assert dangerous not in files["modules.conf"]


# -- the dialplan ----------------------------------------------------------------------------------------------------


def code(text: str) -> str:
    return "\n".join(line.partition(";")[0] for line in text.splitlines())


def test_published_numbers_stand_exactly(files: dict[str, str]) -> None:
    entry = sections(files["extensions.conf"])["cc-in"][0]
    extensions = [value.partition(",")[0] for value in entry["exten"]]
    assert extensions == ["5550100", "+4930123456"]


def test_every_context_in_which_a_caller_may_be_has_its_way_out(files: dict[str, str]) -> None:
    """TIMEOUT(absolute) looks for T in the context of the moment only, and hangs up where there is none."""
    contexts = sections(files["extensions.conf"])
    for name in CALLER_CONTEXTS - {"cc-in"}:  # there no time-out can run yet
        assert any(value.startswith("T,1,") for value in contexts[name][0]["exten"]), name


def test_patterns_are_numbers_that_we_call_and_nobody_else_can_reach_them(files: dict[str, str]) -> None:
    """Trunks and phones enter by two contexts that have none; what a pattern let pass is filtered once more."""
    contexts = sections(files["extensions.conf"])
    with_patterns = {
        name for name, found in contexts.items() if any(value[0] == "_" for value in found[0].get("exten", ()))
    }
    assert with_patterns == {"cc-callback", "cc-consult", "cc-forward", "cc-out"}
    plan = code(files["extensions.conf"])
    assert set(re.findall(r"exten => _\S+?,", plan)) == {"exten => _[+0-9]X.,"}
    assert set(re.findall(r".{25}\$\{EXTEN.{5}", plan)) == {
        "Dial(PJSIP/${FILTER(0-9+,${EXTEN:0:20",
        "LERID(num)=${FILTER(0-9+,${EXTEN:0:20",
    }


def test_the_dialplan_runs_no_programs(files: dict[str, str]) -> None:
    plan = code(files["extensions.conf"])
    assert not re.search(r"\b(System|TrySystem|SHELL|EVAL|CURL|FILE|Exec\(|Macro)\b", plan)


def test_text_from_the_network_is_used_nowhere_but_in_its_cleaning(files: dict[str, str]) -> None:
    plan = code(files["extensions.conf"])
    uses = [line for line in plan.splitlines() if "CALLERID(" in line and "dnid" not in line]
    assert len(uses) == 7
    assert "FILTER(" in uses[0]
    assert "FILTER(" in uses[1]
    assert uses[2].endswith("Set(CALLERID(ani)=${CALLERID(num)})")
    assert {line.partition("Set(")[2] for line in uses[3:]} == {
        "CALLERID(num)=${FILTER(0-9+,${CC_CALLERID})})",
        "CALLERID(num)=${FILTER(0-9+,${EXTEN:0:20})})",
        "CALLERID(name)=)",
    }


def test_the_dialplan_reads_the_variables_that_may_be_written(files: dict[str, str]) -> None:
    used = set(re.findall(r"CC_[A-Z]+", code(files["extensions.conf"])))
    assert used - {"CC_LEG", "CC_BY"} <= set(VARIABLES)  # which the dialplan alone writes


def test_the_template_says_each_word_that_is_filled_in() -> None:
    with pytest.raises(ConfigError):
        render(INSTALLATION, DIALPLAN.replace("@SORRY@", "nothing"), DIRECTORIES)
    with pytest.raises(ConfigError):
        render(INSTALLATION, DIALPLAN + "\nexten => s,1,Playback(@UNKNOWN@)\n", DIRECTORIES)


def test_only_our_own_words_are_left_between_at_signs(files: dict[str, str]) -> None:
    assert not re.search(r"@[A-Z_]+@", code(files["extensions.conf"]))


# -- one's own Asterisk ----------------------------------------------------------------------------------------------


def test_what_is_included_into_another_asterisk_leaves_the_rest_of_it_alone() -> None:
    includes = render_includes(INSTALLATION, DIALPLAN)
    assert set(includes) == {
        "callcenter-manager.conf",
        "callcenter-pjsip.conf",
        "callcenter-queues.conf",
        "callcenter-extensions.conf",
    }
    for text in includes.values():
        assert not {"general", "globals", "global"} & set(sections(text))
    assert set(sections(includes["callcenter-manager.conf"])) == {"cti"}
    assert set(sections(includes["callcenter-extensions.conf"])) >= CALLER_CONTEXTS
    assert "trunk-carrier" not in sections(includes["callcenter-pjsip.conf"])


# -- what must not stand in a file -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"secret": "short"},
        {"secret": "x" * 40 + "\nwrite = all"},
        {"default_queue": QueueName("nowhere")},
        {"queues": (SUPPORT, QueueName("sales"), QueueName("x]\n[general"))},
        {"numbers": (Number(number="_X.", queue=SUPPORT),)},
        {"numbers": (Number(number="s", queue=SUPPORT),)},
        {"numbers": (Number(number="5550100", queue=QueueName("nowhere")),)},
        {"trunks": (Trunk(name="carrier", addresses=("192.0.2.1\nmatch = 0.0.0.0/0",)),)},
        {"trunks": (Trunk(name="Carrier One", addresses=()),)},
        {"trunks": (Trunk(name="carrier", addresses=(), codecs=("ulaw\nallow=all",)),)},
        {"devices": (Device(name=DeviceName("1001"), password="long-enough-password"),)},
        {"devices": (Device(name=DeviceName("agent-ana"), password="short"),)},
        {"devices": (Device(name=DeviceName("agent-ana"), password="long-enough\npassword"),)},
        {"devices": (Device(name=DeviceName("agent-ana"), password="long-enough-password"),) * 2},
        {"devices": (Device(name=DeviceName("trunk-ana"), password="long-enough-password"),)},
        {"sorry": "/sounds/sorry)&System(id"},
        {"settings": AsteriskSettings(ami_user="cti]\n[root")},
        {"settings": AsteriskSettings(ami_user="general")},
        {"settings": AsteriskSettings(host="127.0.0.1\nenabled = no")},
    ],
)
def test_a_value_that_would_say_more_than_it_should_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        render(replace(INSTALLATION, **change), DIALPLAN, DIRECTORIES)  # type: ignore[arg-type]
