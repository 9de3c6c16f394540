"""A file's parts → a flow: defaults filled in, texts parsed, expressions compiled, names bound to nodes and modules.

What does not fit is collected, with its place in the file, instead of stopping at the first.
"""

from collections.abc import Mapping

from ivr.flow import anatomy, nodes, schema
from ivr.flow.document import Path
from ivr.flow.flow import Flow, FlowKind
from ivr.flow.linking import asking, control, hosts, leaving
from ivr.flow.linking.context import Linking
from ivr.prompts.catalog import Catalog, Recording
from ivr.prompts.prompt import Utterance


def link_flow(link: Linking, file: schema.FlowFile, queues: frozenset[str] | None) -> Flow:
    """Return the flow; it may be used only if the linking has no problems."""
    kind = FlowKind(file.kind)
    linked: dict[str, nodes.Node] = {}
    for name, part in file.nodes.items():
        link.node = name
        linked[name] = link_node(link, part)
    for name, node in linked.items():
        link.node = name
        for way_out in anatomy.exits(node):
            if way_out.target not in linked and way_out.target != nodes.LAST_RESORT:
                link.complain(
                    _steps(way_out.name),
                    f"{way_out.name} leads to {way_out.target!r}, and there is no such node",
                )
    hang_ups = _hang_ups(link, file, linked)
    modules = _reached_modules(link, linked)
    link.node = None
    _check_frame(link, file, kind, linked)
    return Flow(
        name=file.name,
        source=link.source,
        kind=kind,
        languages=tuple(file.languages),
        inputs=frozenset(file.inputs),
        start=file.start,
        person=file.person,
        longest=file.longest,
        queues=queues,
        nodes=linked,
        lines={name: link.line(("nodes", name)) for name in linked},
        catalog=Catalog(recordings=_recordings(file, modules)),
        secrets=frozenset(file.sensitive),
        outputs=frozenset(file.outputs),
        exit_names=tuple(file.exits),
        modules=modules,
        hang_up=file.hang_up,
        hang_ups=hang_ups,
    )


def link_node(link: Linking, part: schema.NodePart) -> nodes.Node:  # noqa: C901, PLR0911, PLR0912 (one a kind of node)
    """Return one node."""
    match part:
        case schema.PlayPart():
            return nodes.Play(
                prompt=link.prompt(part.prompt, ("prompt",)),
                next=part.next,
                interruptible=part.interruptible,
                language=part.language,
                flush=part.flush,
            )
        case schema.HangUpPart():
            return nodes.HangUp(prompt=link.optional_prompt(part.prompt, "prompt"), cause=part.cause)
        case schema.MenuPart():
            return asking.menu(link, part)
        case schema.CollectPart():
            return asking.collect(link, part)
        case schema.AskPart():
            return asking.ask(link, part)
        case schema.LanguagePart():
            return asking.language(link, part)
        case schema.LookupPart():
            return hosts.lookup(link, part)
        case schema.ActPart():
            return hosts.act(link, part)
        case schema.AuthenticatePart():
            return hosts.authenticate(link, part)
        case schema.HoursPart():
            return hosts.hours(part)
        case schema.BranchPart():
            return control.branch(link, part)
        case schema.SetPart():
            return nodes.Set(fields=link.values(part.fields, "fields"), next=part.next)
        case schema.SubflowPart():
            return control.subflow(link, part)
        case schema.ReturnPart():
            return nodes.Return(exit=part.exit)
        case schema.EnqueuePart():
            return leaving.enqueue(link, part)
        case schema.WaitPart():
            return nodes.Wait(seconds=part.seconds, keys=part.keys, next=part.next)
        case schema.CallbackPart():
            return leaving.callback(link, part)
        case schema.VoicemailPart():
            return leaving.voicemail(link, part)
        case schema.TransferPart():
            return leaving.transfer(link, part)


def _hang_ups(link: Linking, file: schema.FlowFile, linked: Mapping[str, nodes.Node]) -> dict[str, str]:
    hang_ups: dict[str, str] = {}
    for name, part in file.nodes.items():
        target = getattr(part, "hang_up", None)
        if target is not None:
            link.node = name
            hang_ups[name] = target
            if target not in linked:
                link.complain(("hang_up",), f"hang_up leads to {target!r}, and there is no such node")
    return hang_ups


def _check_frame(link: Linking, file: schema.FlowFile, kind: FlowKind, linked: Mapping[str, nodes.Node]) -> None:
    if file.start not in linked:
        link.complain(("start",), f"start: there is no node {file.start!r}")
    if file.hang_up is not None and file.hang_up not in linked:
        link.complain(("hang_up",), f"hang_up: there is no node {file.hang_up!r}")
    if kind is FlowKind.CALL:
        if file.person is None:
            link.complain((), "'person' is missing: a flow that answers calls needs an enqueue node for everybody")
        elif not isinstance(linked.get(file.person), nodes.Enqueue):
            link.complain(("person",), f"person: {file.person!r} must be an enqueue node of this flow")
    elif file.person is not None:
        link.complain(("person",), f"person: a {kind} has none")
    if kind is not FlowKind.MODULE:
        for key in ("outputs", "exits"):
            if key in file.model_fields_set:
                link.complain((key,), f"{key}: only a module has them")


def _reached_modules(link: Linking, linked: Mapping[str, nodes.Node]) -> dict[str, Flow]:
    reached: dict[str, Flow] = {}
    for node in linked.values():
        if isinstance(node, nodes.Subflow) and node.module in link.modules:
            module = link.modules[node.module]
            reached |= {module.name: module, **module.modules}
    return reached


def _recordings(file: schema.FlowFile, modules: Mapping[str, Flow]) -> dict[Utterance, Recording]:
    """Return the flow's recordings, and those of its modules in the languages that it speaks."""
    recordings = {
        utterance: recording
        for module in modules.values()
        for utterance, recording in module.catalog.recordings.items()
        if utterance.language in file.languages
    }
    for part in file.recordings:
        utterance = Utterance(text=part.text, language=part.language)
        recordings[utterance] = Recording(file=part.file, seconds=part.seconds)
    return recordings


def _steps(exit_name: str) -> Path:
    """Return where in its node an exit of that name stands."""
    kind, _, rest = exit_name.partition(".")
    if kind == "cases":
        number, _, key = rest.partition(".")
        return (kind, int(number), key)
    return (kind, rest) if rest else (kind,)
