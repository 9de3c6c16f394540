"""A file's parts → nodes: defaults filled in, texts parsed, expressions compiled, names bound to nodes and modules.

What does not fit is collected, with its place in the file, instead of stopping at the first.
"""

from collections.abc import Iterable, Mapping

from ivr.errors import FlowProblem
from ivr.flow import anatomy, entries, nodes, schema
from ivr.flow.document import Document, Path
from ivr.flow.expressions import Expression, ExpressionError, compile_expression
from ivr.flow.flow import Flow, FlowKind
from ivr.prompts.catalog import Catalog, Recording
from ivr.prompts.prompt import Prompt, Utterance, parse_text


class Linker:
    """Links one file."""

    def __init__(self, source: str, document: Document, modules: Mapping[str, Flow]) -> None:
        self.problems: list[FlowProblem] = []
        self._source = source
        self._document = document
        self._modules = modules
        self._node: str | None = None
        self._last_resort = nodes.LAST_RESORT

    def flow(self, file: schema.FlowFile, queues: frozenset[str] | None) -> Flow:
        """Return the flow; it may be used only if there are no `problems`."""
        kind = FlowKind(file.kind)
        self._last_resort = file.person or nodes.LAST_RESORT
        linked: dict[str, nodes.Node] = {}
        for name, part in file.nodes.items():
            self._node = name
            linked[name] = self._link(part)
        for name, node in linked.items():
            self._node = name
            for way_out in anatomy.exits(node):
                if way_out.target not in linked and way_out.target != nodes.LAST_RESORT:
                    self.complain(
                        _steps(way_out.name),
                        f"{way_out.name} leads to {way_out.target!r}, and there is no such node",
                    )
        hang_ups = self._hang_ups(file, linked)
        modules = self._reached_modules(linked)
        self._node = None
        self._check_frame(file, kind, linked)
        return Flow(
            name=file.name,
            source=self._source,
            kind=kind,
            languages=tuple(file.languages),
            inputs=frozenset(file.inputs),
            start=file.start,
            person=file.person,
            longest=file.longest,
            queues=queues,
            nodes=linked,
            lines={name: self._document.line(("nodes", name)) for name in linked},
            catalog=Catalog(recordings=self._recordings(file, modules)),
            secrets=frozenset(file.sensitive),
            outputs=frozenset(file.outputs),
            exit_names=tuple(file.exits),
            modules=modules,
            hang_up=file.hang_up,
            hang_ups=hang_ups,
        )

    def complain(self, path: Path, what: str) -> None:
        """Note a problem at a path within the node that is being linked, or of the file."""
        whole = path if self._node is None else ("nodes", self._node, *path)
        problem = FlowProblem(source=self._source, line=self._document.line(whole), node=self._node, what=what)
        self.problems.append(problem)

    # The file around the nodes

    def _hang_ups(self, file: schema.FlowFile, linked: Mapping[str, nodes.Node]) -> dict[str, str]:
        hang_ups: dict[str, str] = {}
        for name, part in file.nodes.items():
            target = getattr(part, "hang_up", None)
            if target is not None:
                self._node = name
                hang_ups[name] = target
                if target not in linked:
                    self.complain(("hang_up",), f"hang_up leads to {target!r}, and there is no such node")
        return hang_ups

    def _check_frame(self, file: schema.FlowFile, kind: FlowKind, linked: Mapping[str, nodes.Node]) -> None:
        if file.start not in linked:
            self.complain(("start",), f"start: there is no node {file.start!r}")
        if file.hang_up is not None and file.hang_up not in linked:
            self.complain(("hang_up",), f"hang_up: there is no node {file.hang_up!r}")
        if kind is FlowKind.CALL:
            if file.person is None:
                self.complain((), "'person' is missing: a flow that answers calls needs an enqueue node for everybody")
            elif not isinstance(linked.get(file.person), nodes.Enqueue):
                self.complain(("person",), f"person: {file.person!r} must be an enqueue node of this flow")
        elif file.person is not None:
            self.complain(("person",), f"person: a {kind} has none")
        if kind is not FlowKind.MODULE:
            for key in ("outputs", "exits"):
                if key in file.model_fields_set:
                    self.complain((key,), f"{key}: only a module has them")

    def _reached_modules(self, linked: Mapping[str, nodes.Node]) -> dict[str, Flow]:
        reached: dict[str, Flow] = {}
        for node in linked.values():
            if isinstance(node, nodes.Subflow) and node.module in self._modules:
                module = self._modules[node.module]
                reached |= {module.name: module, **module.modules}
        return reached

    def _recordings(self, file: schema.FlowFile, modules: Mapping[str, Flow]) -> dict[Utterance, Recording]:
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

    # Nodes

    def _link(self, part: schema.NodePart) -> nodes.Node:  # noqa: C901, PLR0911, PLR0912 (one case a kind of node)
        match part:
            case schema.PlayPart():
                return nodes.Play(
                    prompt=self._prompt(part.prompt, ("prompt",)),
                    next=part.next,
                    interruptible=part.interruptible,
                    language=part.language,
                    flush=part.flush,
                )
            case schema.MenuPart():
                return self._menu(part)
            case schema.CollectPart():
                return self._collect(part)
            case schema.AskPart():
                return self._ask(part)
            case schema.LanguagePart():
                return self._language(part)
            case schema.LookupPart():
                failed = part.failed or self._last_resort
                return nodes.Lookup(
                    host=part.host,
                    name=part.name,
                    arguments=self._values(part.arguments, "arguments"),
                    answers=_mapped(part.answers),
                    timeout=part.timeout,
                    found=part.found,
                    not_found=part.not_found or self._last_resort,
                    failed=failed,
                    late=part.late or failed,
                    meanwhile=self._optional_prompt(part.meanwhile, "meanwhile"),
                )
            case schema.ActPart():
                return nodes.Act(
                    host=part.host,
                    name=part.name,
                    arguments=self._values(part.arguments, "arguments"),
                    answers=_mapped(part.answers),
                    timeout=part.timeout,
                    done=part.done,
                    refused=part.refused or self._last_resort,
                    failed=part.failed or self._last_resort,
                    late=part.late or self._last_resort,
                    meanwhile=self._optional_prompt(part.meanwhile, "meanwhile"),
                )
            case schema.AuthenticatePart():
                return self._authenticate(part)
            case schema.HoursPart():
                return nodes.Hours(
                    calendar=part.calendar,
                    open=part.open,
                    closed=part.closed,
                    holiday=part.holiday or part.closed,
                    failed=part.failed or part.open,  # who cannot tell whether somebody is there lets the caller try
                )
            case schema.BranchPart():
                cases = (
                    (self._expression(case.when, ("cases", number, "when")), case.next)
                    for number, case in enumerate(part.cases)
                )
                return nodes.Branch(
                    cases=tuple(nodes.Case(when=when, next=target) for when, target in cases if when),
                    otherwise=part.otherwise,
                )
            case schema.SetPart():
                return nodes.Set(fields=self._values(part.fields, "fields"), next=part.next)
            case schema.SubflowPart():
                return self._subflow(part)
            case schema.ReturnPart():
                return nodes.Return(exit=part.exit)
            case schema.EnqueuePart():
                return self._enqueue(part)
            case schema.WaitPart():
                return nodes.Wait(seconds=part.seconds, keys=part.keys, next=part.next)
            case schema.CallbackPart():
                return nodes.Callback(
                    number=self._value(part.number, ("number",)),
                    queue=part.queue,
                    attributes=tuple(part.attributes),
                    taken=part.taken,
                    refused=part.refused,
                    failed=part.failed or part.refused,
                )
            case schema.VoicemailPart():
                return self._voicemail(part)
            case schema.TransferPart():
                return self._transfer(part)
            case schema.HangUpPart():
                return nodes.HangUp(prompt=self._optional_prompt(part.prompt, "prompt"), cause=part.cause)

    def _menu(self, part: schema.MenuPart) -> nodes.Menu:
        choices = {
            key: nodes.Choice(
                value=choice.value, next=self._choice(choice.next or part.next, "choices", key, "choice", "menu")
            )
            for key, choice in part.choices.items()
        }
        return nodes.Menu(
            prompt=self._prompt(part.prompt, ("prompt",)),
            choices=choices,
            store=part.store,
            attempts=part.attempts,
            timeout=part.timeout,
            no_input=self._retry(part.no_input, "no_input", part.attempts),
            no_match=self._retry(part.no_match, "no_match", part.attempts),
            interruptible=part.interruptible,
            flush=part.flush,
        )

    def _ask(self, part: schema.AskPart) -> nodes.Ask:
        answers: dict[str, nodes.Answer] = {}
        taken: dict[str, str] = {}
        for name, answer in part.answers.items():
            for key in answer.keys:
                if taken.setdefault(key, name) != name:
                    self.complain(
                        ("answers", name, "keys"), f"answers.{name}: key {key} stands for {taken[key]} already"
                    )
            answers[name] = nodes.Answer(
                keys=tuple(answer.keys),
                phrases={language: tuple(phrases) for language, phrases in answer.phrases.items()},
                value=name if answer.value is None else answer.value,
                next=self._choice(answer.next or part.next, "answers", name, "answer", "question"),
            )
        return nodes.Ask(
            prompt=self._prompt(part.prompt, ("prompt",)),
            spoken_prompt=self._optional_prompt(part.spoken_prompt, "spoken_prompt"),
            answers=answers,
            store=part.store,
            attempts=part.attempts,
            timeout=part.timeout,
            confidence=part.confidence,
            no_input=self._retry(part.no_input, "no_input", part.attempts),
            no_match=self._retry(part.no_match, "no_match", part.attempts),
            interruptible=part.interruptible,
            flush=part.flush,
        )

    def _choice(self, target: str | None, kind: str, name: str, one: str, whole: str) -> str:
        if target is None:
            self.complain((kind, name), f"{kind}.{name}: neither the {one} nor the {whole} has a 'next'")
            return self._last_resort
        return target

    def _collect(self, part: schema.CollectPart) -> nodes.Collect:
        self._digits(part.min_digits, part.max_digits)
        check = self._check(part)
        return nodes.Collect(
            prompt=self._prompt(part.prompt, ("prompt",)),
            store=part.store,
            min_digits=part.min_digits,
            max_digits=part.max_digits,
            terminator=part.terminator,
            first_timeout=part.first_timeout,
            digit_timeout=part.digit_timeout,
            entry_timeout=part.entry_timeout,
            attempts=part.attempts,
            no_input=self._retry(part.no_input, "no_input", part.attempts),
            no_match=self._retry(part.no_match, "no_match", part.attempts),
            next=part.next,
            shortcuts=part.shortcuts,
            check=check,
            sensitive=part.sensitive,
            interruptible=part.interruptible,
            flush=part.flush,
        )

    def _check(self, part: schema.CollectPart) -> entries.EntryCheck | None:  # noqa: C901 (one case a kind of check)
        match part.check:
            case None:
                return None
            case schema.LuhnPart():
                return entries.Luhn()
            case schema.DatePart(form=form, earliest=earliest, latest=latest):
                if not part.min_digits <= len(form) <= part.max_digits:
                    self.complain(("check",), f"check: {form} has {len(form)} digits, which may not be keyed here")
                return entries.DateEntry(form=form, earliest=earliest, latest=latest)
            case schema.AmountPart(decimals=decimals, least=least, most=most):
                if decimals and (part.terminator == entries.POINT or entries.POINT in part.shortcuts):
                    self.complain(("check",), f"check: the key {entries.POINT} is the decimal point of an amount")
                if least > most:
                    self.complain(("check",), "check: least is more than most")
                return entries.Amount(decimals=decimals, least=least, most=most)
            case schema.RangePart(least=least, most=most):
                if least > most:
                    self.complain(("check",), "check: least is more than most")
                return entries.NumberRange(least=least, most=most)
            case schema.PatternsPart(patterns=patterns):
                for number, pattern in enumerate(patterns):
                    if not part.min_digits <= len(pattern) <= part.max_digits:
                        self.complain(
                            ("check", "patterns", number),
                            f"check: {pattern} has {len(pattern)} digits, which may not be keyed here",
                        )
                return entries.Patterns(patterns=tuple(patterns))

    def _language(self, part: schema.LanguagePart) -> nodes.Language:
        choices: dict[str, str] = {}
        for language, offer in part.choices.items():
            if choices.setdefault(offer.key, language) != language:
                self.complain(
                    ("choices", language, "key"),
                    f"choices.{language}: key {offer.key} stands for {choices[offer.key]} already",
                )
        otherwise = part.otherwise or next(iter(part.choices))
        return nodes.Language(
            prompts={
                language: self._prompt({language: offer.prompt}, ("choices", language, "prompt"))
                for language, offer in part.choices.items()
            },
            choices=choices,
            timeout=part.timeout,
            attempts=part.attempts,
            otherwise=otherwise,
            next=part.next,
            flush=part.flush,
        )

    def _authenticate(self, part: schema.AuthenticatePart) -> nodes.Authenticate:
        self._digits(part.min_digits, part.max_digits)
        return nodes.Authenticate(
            host=part.host,
            name=part.name,
            arguments=self._values(part.arguments, "arguments"),
            prompt=self._prompt(part.prompt, ("prompt",)),
            min_digits=part.min_digits,
            max_digits=part.max_digits,
            terminator=part.terminator,
            first_timeout=part.first_timeout,
            digit_timeout=part.digit_timeout,
            entry_timeout=part.entry_timeout,
            attempts=part.attempts,
            meanwhile=self._prompt(part.meanwhile, ("meanwhile",)),
            verdict_after=part.verdict_after,
            timeout=part.timeout,
            no_input=self._retry(part.no_input, "no_input", part.attempts),
            refused=self._retry(part.refused, "refused", part.attempts),
            answers=_mapped(part.answers),
            level=part.level,
            next=part.next,
            locked=part.locked or self._last_resort,
            failed=part.failed or self._last_resort,
        )

    def _digits(self, least: int, most: int) -> None:
        if least > most:
            self.complain(("min_digits",), "min_digits is more than max_digits")

    def _subflow(self, part: schema.SubflowPart) -> nodes.Subflow:
        outputs = _mapped(part.outputs)
        module = self._modules.get(part.module)
        if module is None:
            self.complain(("module",), f"there is no module {part.module!r}")
            return nodes.Subflow(module=part.module, inputs={}, outputs=outputs, exits=part.exits)
        exits: dict[str, str] = {}
        for name in module.exit_names:
            target = part.exits.get(name, part.next)
            if target is None:
                self.complain(("exits",), f"exits.{name} is missing, and there is no 'next'")
            exits[name] = target or self._last_resort
        for key, given, known in (
            ("exits", part.exits, module.exit_names),
            ("inputs", part.inputs, module.inputs),
            ("outputs", outputs, module.outputs),
        ):
            for name in given:
                if name not in known:
                    self.complain((key, name), f"{key}.{name}: module {module.name!r} has none of that name")
        return nodes.Subflow(
            module=part.module, inputs=self._values(part.inputs, "inputs"), outputs=outputs, exits=exits
        )

    def _enqueue(self, part: schema.EnqueuePart) -> nodes.Enqueue:
        otherwise = part.queue if isinstance(part.queue, str) else part.otherwise
        if otherwise is None:
            self.complain(("queue",), "a queue given by an expression needs an 'otherwise' for when it fails")
        return nodes.Enqueue(
            queue=self._name(part.queue, "queue") or otherwise or "",
            otherwise=otherwise or "",
            attributes=tuple(part.attributes),
            requirements={
                skill: self._value(level, ("requirements", skill)) for skill, level in part.requirements.items()
            },
            preferred_agent=self._value(part.preferred_agent, ("preferred_agent",)),
            preferred_for=part.preferred_for,
            head_start=self._value(part.head_start, ("head_start",)),
            treatment=part.treatment,
            survey=self._name(part.survey, "survey"),
        )

    def _voicemail(self, part: schema.VoicemailPart) -> nodes.Voicemail:
        if part.review is not None and part.accept == part.again:
            self.complain(("again",), "accept and again are the same key")
        return nodes.Voicemail(
            mailbox=part.mailbox,
            greeting=self._prompt(part.greeting, ("greeting",)),
            longest=part.longest,
            silence=part.silence,
            shortest=part.shortest,
            end_keys=part.end_keys,
            review=self._optional_prompt(part.review, "review"),
            accept=part.accept,
            again=part.again,
            again_at_most=part.again_at_most,
            attributes=tuple(part.attributes),
            next=part.next,
            empty=part.empty or part.next,
            failed=part.failed or self._last_resort,
        )

    def _transfer(self, part: schema.TransferPart) -> nodes.Transfer:
        given: list[tuple[nodes.TargetKind, str | schema.ComputedValue]] = []
        if part.queue is not None:
            given.append(("queue", part.queue))
        if part.agent is not None:
            given.append(("agent", part.agent))
        if part.number is not None:
            given.append(("number", part.number))
        if len(given) != 1:
            self.complain((), "give exactly one of 'queue', 'agent' and 'number'")
            given = [("queue", "")]
        to, name = given[0]
        return nodes.Transfer(
            to=to,
            name=self._name(name, to),
            timeout=part.timeout,
            attributes=tuple(part.attributes),
            busy=part.busy or self._last_resort,
            unanswered=part.unanswered or self._last_resort,
            failed=part.failed or self._last_resort,
        )

    # Parts of nodes

    def _retry(self, part: schema.RetryPart, name: str, attempts: int) -> nodes.Retry:
        if attempts > 1 and not part.say:
            self.complain((name,), f"{name}: nothing is said before the next attempt; give at least one 'say'")
        wordings = tuple(self._prompt(texts, (name, "say", number)) for number, texts in enumerate(part.say))
        return nodes.Retry(wordings=wordings, exit=part.then or self._last_resort)

    def _optional_prompt(self, texts: Mapping[str, str] | None, key: str) -> Prompt | None:
        return None if texts is None else self._prompt(texts, (key,))

    def _prompt(self, texts: Mapping[str, str], path: Path) -> Prompt:
        parsed = {}
        for language, text in texts.items():
            where = path if path[-1] == "prompt" and len(path) > 1 else (*path, language)
            try:
                parsed[language] = parse_text(text)
            except ValueError as error:
                self.complain(where, f"{_dotted(where)}: {error}")
        return Prompt(texts=parsed)

    def _values(self, values: Mapping[str, schema.Value], key: str) -> dict[str, nodes.Value]:
        return {name: self._value(value, (key, name)) for name, value in values.items()}

    def _value(self, value: schema.Value, path: Path) -> nodes.Value:
        if isinstance(value, schema.ComputedValue):
            return self._expression(value.expression, (*path, "expression"))
        return value

    def _name(self, value: str | schema.ComputedValue | None, key: str) -> str | Expression | None:
        if isinstance(value, schema.ComputedValue):
            return self._expression(value.expression, (key, "expression"))
        return value

    def _expression(self, text: str, path: Path) -> Expression | None:
        try:
            return compile_expression(text)
        except ExpressionError as error:
            self.complain(path, f"{_dotted(path)}: {error}")
            return None


def _mapped(names: Mapping[str, str] | Iterable[str]) -> dict[str, str]:
    """Return theirs → ours; a list says that both are the same."""
    return dict(names) if isinstance(names, Mapping) else {name: name for name in names}


def _steps(exit_name: str) -> Path:
    """Return where in its node an exit of that name stands."""
    kind, _, rest = exit_name.partition(".")
    if kind == "cases":
        number, _, key = rest.partition(".")
        return (kind, int(number), key)
    return (kind, rest) if rest else (kind,)


def _dotted(path: Iterable[str | int]) -> str:
    return ".".join(map(str, path))
