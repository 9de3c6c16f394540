"""YAML text → plain values, with the line of each: the part of YAML that flow files use.

Mappings, sequences and scalars of the YAML 1.2 core schema (``no`` is a text, ``010`` is ten); keys are always
texts. Anchors, aliases and tags are refused, a key may stand only once, and depth and size are bounded, so that
no file can make reading it expensive: nested aliases grow without limit, deep nesting overflows the stack of
PyYAML's own composer.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import yaml

MAX_CHARACTERS = 1_000_000
MAX_DEPTH = 30

Plain: TypeAlias = "str | int | float | bool | list[Plain] | dict[str, Plain] | None"
Path: TypeAlias = tuple[str | int, ...]
"""Where a value stands: the keys and positions that lead to it."""


class DocumentError(ValueError):
    """The text is no YAML, or not the part of it that is read here; `line` counts from 1."""

    def __init__(self, what: str, line: int) -> None:
        super().__init__(what)
        self.line = line


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a text contains, and the line (from 1) of every value in it."""

    value: Plain
    lines: Mapping[Path, int]

    def line(self, path: Path) -> int:
        """Return the line of the value at `path`, or of the nearest one around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read_document(text: str) -> Document:
    """Read one YAML document.

    Raises:
        DocumentError: It cannot be read.
    """
    if len(text) > MAX_CHARACTERS:
        raise DocumentError(f"has more than {MAX_CHARACTERS} characters", 1)
    reader = _Reader()
    try:
        events = _events(text)
        event = next(events)
        while not isinstance(event, yaml.NodeEvent | yaml.StreamEndEvent):
            event = next(events)
        if isinstance(event, yaml.StreamEndEvent):
            raise DocumentError("is empty", 1)
        value = reader.value(event, events, ())
        # One document a file: after it only the ends of the document and of the stream may follow.
        for after in events:
            if isinstance(after, yaml.DocumentStartEvent):
                raise DocumentError("holds more than one document", _line(after))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise DocumentError(f"is no YAML: {error.problem or error.context}", line) from None
    except (yaml.YAMLError, UnicodeError) as error:
        raise DocumentError(f"is no YAML: {str(error).splitlines()[0]}", 1) from None
    return Document(value=value, lines=reader.lines)


def _events(text: str) -> Iterator[yaml.Event]:
    return iter(yaml.parse(text, Loader=yaml.CSafeLoader))


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


class _Reader:
    """Builds plain values from parser events and keeps their lines."""

    def __init__(self) -> None:
        self.lines: dict[Path, int] = {}

    def value(self, event: yaml.Event, events: Iterator[yaml.Event], path: Path) -> Plain:
        line = _line(event)
        self.lines.setdefault(path, line)
        if len(path) > MAX_DEPTH:
            raise DocumentError(f"is nested more than {MAX_DEPTH} deep", line)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise DocumentError("uses anchors or aliases, which flow files do not have", line)
        if getattr(event, "tag", None) is not None:
            raise DocumentError("uses a tag, which flow files do not have", line)
        match event:
            case yaml.ScalarEvent():
                return _scalar(event)
            case yaml.SequenceStartEvent():
                return self._sequence(events, path)
            case yaml.MappingStartEvent():
                return self._mapping(events, path)
            case _:
                raise DocumentError("holds something that is neither value, sequence nor mapping", line)

    def _sequence(self, events: Iterator[yaml.Event], path: Path) -> list[Plain]:
        items: list[Plain] = []
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            items.append(self.value(event, events, (*path, len(items))))
        return items

    def _mapping(self, events: Iterator[yaml.Event], path: Path) -> dict[str, Plain]:
        mapping: dict[str, Plain] = {}
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            line = _line(event)
            if not isinstance(event, yaml.ScalarEvent):
                raise DocumentError("has a key that is no text", line)
            key = str(event.value)
            if key in mapping:
                raise DocumentError(f"has the key {key!r} twice", line)
            # A value's line is its key's: that is where a reader looks, also if the value begins further down.
            self.lines[*path, key] = line
            mapping[key] = self.value(next(events), events, (*path, key))
        return mapping


_PLAIN_SCALARS: tuple[tuple[re.Pattern[str], Callable[[str], Plain]], ...] = (
    (re.compile(r"(~|null|Null|NULL)?"), lambda _: None),
    (re.compile(r"true|True|TRUE"), lambda _: True),
    (re.compile(r"false|False|FALSE"), lambda _: False),
    (re.compile(r"[-+]?[0-9]{1,18}"), int),
    (re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,3})?"), float),
)


def _scalar(event: yaml.ScalarEvent) -> Plain:
    text = str(event.value)
    plain, _quoted = event.implicit
    if plain:
        for pattern, convert in _PLAIN_SCALARS:
            if pattern.fullmatch(text):
                return convert(text)
    return text
