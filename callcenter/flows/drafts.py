"""The flow files that people edit: `flows/*.yaml` and `flows/modules/*.yaml` of the configuration directory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from callcenter.domain.catalogue import Catalogue
from callcenter.domain.errors import ConfigError
from ivr.errors import FlowError
from ivr.flow.flow import Flow, FlowKind
from ivr.flow.house import House
from ivr.flow.loader import load_flows
from ivr.flow.nodes import Enqueue

FLOWS_FOLDER = "flows"
MODULES_FOLDER = "modules"
TESTS_FOLDER = "tests"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafts:
    """All flow files, read and checked: the flows by name, and each file's text by its path."""

    flows: Mapping[str, Flow]
    texts: Mapping[str, str]

    def bundle(self, name: str) -> dict[str, str]:
        """Return the texts that make up a flow: its own file's, and those of the modules it may run."""
        flow = self.flows[name]
        sources = [flow.source, *(module.source for module in flow.modules.values())]
        return {Path(source).name: self.texts[source] for source in sources}

    def named_by(self, name: str) -> set[str]:
        """Return the flows that a flow names for the time after it: treatments and surveys."""
        flow = self.flows[name]
        named: set[str] = set()
        for one in (flow, *flow.modules.values()):
            for node in one.nodes.values():
                if isinstance(node, Enqueue):
                    named.update(other for other in (node.treatment, node.survey) if isinstance(other, str))
        return named

    def runnable(self) -> list[str]:
        """Return the names of the flows that are published; modules are published with the flows that run them."""
        return [name for name, flow in self.flows.items() if flow.kind is not FlowKind.MODULE]


def read_texts(directory: Path, more: Iterable[Path] = ()) -> dict[str, str]:
    """Return the text of every flow file under the configuration directory, and of more, by its path.

    Raises:
        ConfigError: One cannot be read.
    """
    folder = directory / FLOWS_FOLDER
    paths = [*sorted(folder.glob("*.yaml")), *sorted((folder / MODULES_FOLDER).glob("*.yaml"))]
    known = {path.resolve() for path in paths}
    texts: dict[str, str] = {}
    for path in (*paths, *(path for path in more if path.resolve() not in known)):
        try:
            texts[str(path)] = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            raise ConfigError(str(path), "is not UTF-8 text") from None
        except OSError as error:
            raise ConfigError(str(path), f"cannot be read: {error.strerror}") from None
    return texts


def read_drafts(directory: Path, house: House, more: Iterable[Path] = ()) -> Drafts:
    """Read and check every flow file. Raises `ConfigError` that lists every problem with file, line and node."""
    texts = read_texts(directory, more)
    try:
        return Drafts(flows=load_flows(texts, house=house), texts=texts)
    except FlowError as error:
        raise ConfigError(
            str(directory / FLOWS_FOLDER), "\n" + "\n".join(f"  {one}" for one in error.problems)
        ) from error


def house_of(catalogue: Catalogue, hosts: Mapping[str, frozenset[str]] | None = None) -> House:
    """Return the names that flows may refer to; `hosts` are the operations of each host system."""
    return House(
        queues=frozenset(catalogue.queues),
        skills=frozenset(str(skill.name) for skill in catalogue.skills) or None,
        calendars=frozenset(catalogue.calendars),
        hosts=hosts,
        numbers=frozenset(row.name for row in catalogue.dialling.directory if row.name is not None),
        flows={},
    )
