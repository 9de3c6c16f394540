"""From drafts to versions: what people publish, and what an installation publishes by itself at its first start."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from callcenter.domain.catalogue import Catalogue
from callcenter.domain.errors import ConfigError, Refusal, RequestRefused
from callcenter.flows.drafts import Drafts
from callcenter.flows.store import FlowStore, Release


def to_publish(drafts: Drafts, names: Iterable[str], store: FlowStore) -> list[str]:
    """Return which flows are published when these are: themselves, and those that they name and nobody has published.

    Raises:
        RequestRefused: There is no such flow, or it is a module.
    """
    wanted: list[str] = []
    open_ends = list(names)
    while open_ends:
        name = open_ends.pop(0)
        if name in wanted:
            continue
        if name not in drafts.flows:
            raise RequestRefused(Refusal.OPERATION, "no_such_flow", f"there is no flow {name}")
        if name not in drafts.runnable():
            raise RequestRefused(
                Refusal.OPERATION, "is_a_module", f"{name} is a module: it is published with the flows that run it"
            )
        wanted.append(name)
        open_ends += sorted(other for other in drafts.named_by(name) if store.live(other) is None)
    return wanted


def changed(drafts: Drafts, store: FlowStore) -> list[str]:
    """Return the flows whose draft, or a module of it, is not what is live."""
    return [name for name in drafts.runnable() if not is_live(drafts, name, store)]


def is_live(drafts: Drafts, name: str, store: FlowStore) -> bool:
    """Tell whether a flow's draft is what is live."""
    live = store.live(name)
    return live is not None and dict(store.version(name, live.version).files) == drafts.bundle(name)


def publish(
    drafts: Drafts, names: Iterable[str], store: FlowStore, *, by: str, why: str, at: datetime
) -> dict[str, Release]:
    """Publish flows; return what is live of each. Raises `ConfigError`."""
    return {name: store.publish(name, drafts.bundle(name), by=by, why=why, at=at) for name in names}


def publish_first(drafts: Drafts, store: FlowStore, *, by: str, at: datetime) -> dict[str, Release]:
    """Publish the flows that were never published, so that a new installation, or a new flow's number, answers."""
    new = [name for name in drafts.runnable() if store.live(name) is None]
    return publish(drafts, new, store, by=by, why="never published before", at=at)


def check_numbers(catalogue: Catalogue, drafts: Drafts, where: str) -> None:
    """Raise `ConfigError` for a number whose flow answers no calls."""
    for number in catalogue.numbers:
        flow = drafts.flows.get(number.flow)
        if flow is None or flow.person is None:
            raise ConfigError(where, f"number {number.number} is answered by flow {number.flow}: no such flow")
