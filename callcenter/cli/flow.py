"""`callcenter flow …`: look at flows, try them, test them, and decide which version answers calls."""

from __future__ import annotations

import asyncio
import os
import pwd
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from callcenter.bootstrap import open_synthesizer
from callcenter.catalogue import load_catalogue
from callcenter.clock import SystemClock
from callcenter.config import Settings, load_settings
from callcenter.domain.containment import Exits, containment
from callcenter.domain.errors import ConfigError, Refusal, RequestRefused
from callcenter.flows.drafts import FLOWS_FOLDER, TESTS_FOLDER, Drafts, house_of, read_drafts
from callcenter.flows.playing import parse_fields, play, told
from callcenter.flows.publishing import changed, check_numbers, publish, to_publish
from callcenter.flows.store import FlowStore, Release
from callcenter.hosts.reading import load_hosts
from callcenter.house import operations
from callcenter.storage.database import open_database
from callcenter.storage.exits import exits_between
from ivr.errors import FlowError
from ivr.flow.drawing.chart import chart
from ivr.flow.drawing.mermaid import mermaid
from ivr.flow.drawing.svg import svg
from ivr.flow.flow import Flow, FlowKind
from ivr.flow.loader import load_flows
from ivr.simulation.rehearsal import Rehearsal, rehearse
from ivr.simulation.script import Script, read_scripts
from ivr.tts.render import render_flow

app = App(name="flow", help="Flows: check, show, simulate and test drafts; publish versions and roll them back.")

Config = Annotated[Path | None, Parameter(help="Settings file (TOML); without it the installation's own.")]
Why = Annotated[str, Parameter(help="The reason, for the history.")]
By = Annotated[str | None, Parameter(help="Who decides this; without it, who is signed in here.")]


@app.command
def check(*files: Path, config: Config = None) -> None:
    """Check all drafts; problems are told with file, line and node, and end the command with status 1.

    Parameters
    ----------
    files
        Flow files elsewhere, to be checked as if they were drafts too.
    """
    settings = load_settings(config)
    drafts = _drafts(settings, files)
    check_numbers(load_catalogue(settings.routing.directory), drafts, str(settings.routing.directory))
    counts = {kind: sum(flow.kind is kind for flow in drafts.flows.values()) for kind in FlowKind}
    _say("sound: " + ", ".join(f"{count} {kind}" for kind, count in counts.items() if count))


@app.command
def show(
    name: str,
    *,
    form: Annotated[Literal["mermaid", "svg"] | None, Parameter(name=("--form", "-f"))] = None,
    output: Annotated[Path | None, Parameter(name=("--output", "-o"))] = None,
    language: str | None = None,
    version: int | None = None,
    config: Config = None,
) -> None:
    """Draw a flow, or a module.

    Parameters
    ----------
    name
        The flow.
    form
        Mermaid text or an SVG picture; without it, what the output file's name says, else Mermaid.
    output
        The file to write; without it the drawing is printed.
    language
        In which language prompts are shown; without it the flow's first.
    version
        A published version; without it the draft.
    """
    flow = _flow(load_settings(config), name, version)
    drawn = chart(flow, language)
    as_svg = form == "svg" or (form is None and output is not None and output.suffix == ".svg")
    text = svg(drawn) if as_svg else mermaid(drawn)
    if output is None:
        _write(text)
    else:
        output.write_text(text, encoding="utf-8")
        _say(f"{output}: {len(drawn.boxes)} nodes, {len(drawn.arrows)} ways")


@app.command
def simulate(
    name: str,
    *,
    script: Path | None = None,
    test: str | None = None,
    field: Annotated[list[str], Parameter(help="NAME=VALUE that is known when the call begins; may be repeated.")] = [],  # noqa: B006 (cyclopts copies it)
    speech: bool = False,
    version: int | None = None,
    config: Config = None,
) -> None:
    """Play a call through a flow, in virtual time: as you type, or as a script says.

    Parameters
    ----------
    name
        The flow.
    script
        A file of scripted callers; their calls are printed.
    test
        Only the script of this name.
    speech
        Let the flow listen to speech, too.
    version
        A published version; without it the draft.
    """
    flow = _flow(load_settings(config), name, version)
    if script is None:
        try:
            fields = parse_fields(field)
        except ValueError as error:
            raise RequestRefused(Refusal.OPERATION, "bad_field", str(error)) from error
        play(flow, fields=fields, listens=speech, ask=input, write=_write)
        return
    chosen = [one for one in _read_scripts([script]) if one.flow == name and test in {None, one.name}]
    if not chosen:
        raise RequestRefused(Refusal.OPERATION, "no_such_script", f"{script} has no such script for flow {name}")
    failed = [played for one in chosen if (played := _play(one, flow, transcript=True)).failures]
    sys.exit(1 if failed else 0)


@app.command(name="test")
def run_tests(*files: Path, verbose: bool = False, config: Config = None) -> None:
    """Play scripted callers against the drafts; status 1 when something is not as it was expected.

    Parameters
    ----------
    files
        Files of scripts; without them all in flows/tests of the configuration directory.
    verbose
        Print the whole call of every script, not only of those that fail.
    """
    settings = load_settings(config)
    drafts = _drafts(settings)
    scripts = _read_scripts(files or _test_files(settings))
    failed = _rehearse(scripts, drafts.flows, verbose=verbose)
    _say(f"{len(scripts) - failed} as expected, {failed} not")
    sys.exit(1 if failed else 0)


@app.command(name="publish")
def publish_flows(*names: str, why: Why, by: By = None, untested: bool = False, config: Config = None) -> None:
    """Make drafts the live versions: checked, tested, spoken. Calls that are going on stay on the version they are in.

    Parameters
    ----------
    names
        The flows; without them all whose draft is not what is live.
    untested
        Publish also what its scripts find fault with.
    """
    settings = load_settings(config)
    drafts, store = _drafts(settings), FlowStore(settings.flows)
    wanted = to_publish(drafts, names or changed(drafts, store), store)
    if not wanted:
        _say("Nothing to publish: every draft is what is live.")
        return
    scripts = [one for one in _read_scripts(_test_files(settings)) if one.flow in wanted]
    if _rehearse(scripts, drafts.flows, verbose=False) and not untested:
        raise RequestRefused(Refusal.OPERATION, "tests_fail", "not published: the flows' own scripts find fault")
    asyncio.run(_speak(settings, [drafts.flows[name] for name in wanted]))
    releases = publish(drafts, wanted, store, by=by or _signed_in(), why=why, at=SystemClock().utc())
    for name, release in releases.items():
        _say(f"published {name}, version {release.version}: the CTI server takes it up within seconds")


@app.command
def rollback(name: str, version: int | None = None, *, why: Why, by: By = None, config: Config = None) -> None:
    """Make an older version live again; without a number, the one that was live before.

    Parameters
    ----------
    name
        The flow.
    version
        Its number.
    """
    store = FlowStore(load_settings(config).flows)
    release = store.roll_back(name, version, by=by or _signed_in(), why=why, at=SystemClock().utc())
    _say(f"{name} is at version {release.version}: the CTI server takes it up within seconds")


@app.command
def versions(name: str | None = None, *, config: Config = None) -> None:
    """List the history of a flow, newest first; or what is live of every flow."""
    store = FlowStore(load_settings(config).flows)
    if name is None:
        live = [(flow, release) for flow in store.flows() if (release := store.live(flow)) is not None]
        for flow, release in live:
            _say(f"{flow:24} {_told(release)}")
        return
    history = store.history(name)
    if not history:
        raise RequestRefused(Refusal.OPERATION, "no_such_flow", f"flow {name} was never published")
    for number, release in enumerate(reversed(history)):
        _say(f"{'live' if number == 0 else '':4}  {_told(release)}")


# -- within -----------------------------------------------------------------------------------------------------


@app.command
def report(name: str | None = None, *, days: int = 7, config: Config = None) -> None:
    """Show where callers went: for each node, how many came, by which exits they left, gave up, asked for a person.

    Parameters
    ----------
    name
        One flow only.
    days
        How many days back from now.
    """
    now = SystemClock().utc()
    rows = asyncio.run(_exits(load_settings(config), now - timedelta(days=days), now))
    nodes = [one for one in containment(rows) if name is None or one.flow == name]
    if not nodes:
        _say(f"no call has been in {name or 'any flow'} in the last {days} days")
        return
    _write(f"{'flow':<20} {'node':<24} {'entered':>8} {'gave up':>8} {'asked for a person':>19}  exits\n")
    for one in nodes:
        ways = ", ".join(f"{way} {count}" for way, count in one.exits.most_common())
        _write(f"{one.flow:<20} {one.node:<24} {one.entered:>8} {one.gave_up:>8} {one.asked_person:>19}  {ways}\n")


async def _exits(settings: Settings, since: datetime, until: datetime) -> Sequence[Exits]:
    async with open_database(settings.database_url) as database:
        return await exits_between(database, since, until)


def _drafts(settings: Settings, more: Iterable[Path] = ()) -> Drafts:
    directory = settings.routing.directory
    house = house_of(load_catalogue(directory), operations(load_hosts(directory)))
    return read_drafts(directory, house, more)


def _flow(settings: Settings, name: str, version: int | None) -> Flow:
    if version is None:
        flow = _drafts(settings).flows.get(name)
    else:
        flow = load_flows(FlowStore(settings.flows).version(name, version).files).get(name)
    if flow is None:
        raise RequestRefused(Refusal.OPERATION, "no_such_flow", f"there is no flow {name}")
    return flow


def _test_files(settings: Settings) -> list[Path]:
    return sorted((settings.routing.directory / FLOWS_FOLDER / TESTS_FOLDER).glob("*.yaml"))


def _read_scripts(files: Iterable[Path]) -> list[Script]:
    scripts: list[Script] = []
    for file in files:
        try:
            scripts += read_scripts(file.read_text(encoding="utf-8"), source=str(file))
        except FlowError as error:
            raise ConfigError(str(file), "\n" + "\n".join(f"  {one}" for one in error.problems)) from error
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(str(file), f"cannot be read: {error}") from error
    return scripts


def _rehearse(scripts: Iterable[Script], flows: Mapping[str, Flow], *, verbose: bool) -> int:
    """Play scripts and tell of them; return how many failed."""
    failed = 0
    for script in scripts:
        flow = flows.get(script.flow)
        if flow is None:
            raise ConfigError(script.source, f"there is no flow {script.flow}")
        failed += bool(_play(script, flow, transcript=verbose).failures)
    return failed


def _play(script: Script, flow: Flow, *, transcript: bool) -> Rehearsal:
    played = rehearse(script, flow)
    _say(f"{'FAILED' if played.failures else 'ok':6}  {script.flow}: {script.name} ({script.source})")
    if transcript or played.failures:
        for moment in played.call.moments:
            _write(told(moment))
    for failure in played.failures:
        _say(f"        expected {failure}")
    return played


async def _speak(settings: Settings, flows: Sequence[Flow]) -> None:
    """Have the prompts spoken before a caller needs them; a text that cannot be spoken is refused, a recording that is
    not there as well.
    """
    missing = [
        f"{flow.name}: recording {recording.file} is not in {settings.recordings}"
        for flow in flows
        for recording in flow.catalog.recordings.values()
        if not list(settings.recordings.glob(f"{recording.file}.*"))
    ]
    if missing:
        raise RequestRefused(Refusal.OPERATION, "no_recording", "not published:\n  " + "\n  ".join(missing))
    if not any(socket.exists() for socket in settings.speech_sockets):
        _say("No speech worker runs here: the CTI server has the prompts spoken before it takes the flows up.")
        return
    synthesizer = open_synthesizer(settings, makes_room=False)
    for flow in flows:
        rendered = await render_flow(flow, synthesizer, progress=partial(_progress, flow.name))
        for one in rendered.failed:
            _say(f"{flow.name}: node {one.node}: cannot be spoken in {one.utterance.language!r}: {one.why}")
        if rendered.failed:
            raise RequestRefused(Refusal.OPERATION, "not_spoken", "not published: not all prompts can be spoken")


def _progress(name: str, done: int, of: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{name}: {done} of {of} prompts" + ("\n" if done == of else ""))


def _told(release: Release) -> str:
    action = "published" if release.action == "published" else "rolled back"
    return f"version {release.version:>3}  {release.at:%Y-%m-%d %H:%M} UTC  {action} by {release.by}: {release.why}"


def _signed_in() -> str:
    return pwd.getpwuid(os.getuid()).pw_name


def _say(text: str) -> None:
    _write(text + "\n")


def _write(text: str) -> None:
    sys.stdout.write(text)
