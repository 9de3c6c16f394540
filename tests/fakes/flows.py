"""Published flows in memory."""

from __future__ import annotations

from callcenter.ports import PublishedFlow
from ivr.flow.flow import Flow


class FakeFlows:
    """Flows by name; each publication is a version more.

    Args:
        flows: What is published as version 1, under the flow's own name.
        named: The same, under another name.
    """

    def __init__(self, *flows: Flow, **named: Flow) -> None:
        self._versions: dict[str, list[Flow]] = {name: [flow] for name, flow in named.items()}
        for flow in flows:
            self.publish(flow)

    def publish(self, flow: Flow) -> None:
        self._versions.setdefault(flow.name, []).append(flow)

    def find(self, name: str, version: int | None = None) -> PublishedFlow | None:
        versions = self._versions.get(name, [])
        if not versions:
            return None
        number = version if version is not None and 1 <= version <= len(versions) else len(versions)
        return PublishedFlow(flow=versions[number - 1], version=number)
