"""The formats of the house's files, as editors get them."""

from __future__ import annotations

import json
from pathlib import Path

from callcenter.catalogue.files import schemas

CONFIG = Path(__file__).parents[3] / "config"
FOLDERS = {"queue.schema.json": "queues", "calendar.schema.json": "calendars"}


def test_the_published_schemas_are_those_of_this_version() -> None:
    """An editor checks a file with what the server will check it with."""
    for name, schema in schemas().items():
        folder = FOLDERS.get(name, "")
        published = json.loads((CONFIG / folder / name).read_text(encoding="utf-8"))
        assert published == json.loads(json.dumps(schema)), f"write json.dumps(…, indent=2) into {name}"


def test_every_reference_in_a_schema_leads_somewhere() -> None:
    """A requirement is one definition, which contains itself."""
    for schema in schemas().values():
        text = json.dumps(schema)
        for part in text.split('"$ref": "#/$defs/')[1:]:
            assert part.partition('"')[0] in schema["$defs"]
    assert '"#/$defs/Requirement"' in json.dumps(schemas()["queue.schema.json"])
