"""What people read for the configured names in history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from callcenter.domain.catalogue import Catalogue, Label


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """Labels of queues and dispositions in one language. A name without one was removed from the configuration."""

    queues: Mapping[str, str] = field(default_factory=dict)
    dispositions: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, catalogue: Catalogue, language: str = "en") -> Self:
        """Take the labels of one language from the catalogue; English where there is none."""

        def read(label: Label) -> str:
            return (label.zh or label.en) if language == "zh" else label.en

        return cls(
            queues={name: read(queue.label) for name, queue in catalogue.queues.items()},
            dispositions={d.name: read(d.label) for queue in catalogue.queues.values() for d in queue.dispositions},
        )
