"""What people read for the configured names in history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from callcenter.api.shapes import Words
from callcenter.domain.catalogue import Catalogue, Label


@dataclass(slots=True, kw_only=True)
class Labels:
    """Labels of queues and dispositions. A name that the configuration does not know any more stands for itself.

    One object for everybody who reads history: a new configuration is taken into it.
    """

    queues: Mapping[str, Words] = field(default_factory=dict)
    dispositions: Mapping[str, Words] = field(default_factory=dict)

    def queue(self, name: str | None) -> str | None:
        """Return the English label of a queue: a page in another language looks the name up itself."""
        return _english(self.queues, name)

    def disposition(self, name: str | None) -> str | None:
        """Return the English label of a disposition."""
        return _english(self.dispositions, name)

    def take(self, catalogue: Catalogue) -> None:
        """Read everything as this configuration words it from now on."""
        new = Labels.of(catalogue)
        self.queues, self.dispositions = new.queues, new.dispositions

    @classmethod
    def of(cls, catalogue: Catalogue) -> Self:
        """Take the labels from the catalogue; English where there is no Chinese."""

        def read(label: Label) -> Words:
            return Words(en=label.en, zh=label.zh or label.en)

        return cls(
            queues={name: read(queue.label) for name, queue in catalogue.queues.items()},
            dispositions={d.name: read(d.label) for queue in catalogue.queues.values() for d in queue.dispositions},
        )


def _english(labels: Mapping[str, Words], name: str | None) -> str | None:
    if name is None:
        return None
    label = labels.get(name)
    return label.en if label else name
