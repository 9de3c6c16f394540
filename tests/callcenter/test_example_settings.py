"""The example of a settings file says what holds without it, and leaves nothing out."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import BaseModel

from callcenter.config import load_settings
from tests.support.servers import TREE

EXAMPLE = TREE / "config" / "callcenter.example.toml"


def test_the_example_changes_nothing(tmp_path: Path) -> None:
    environment = {"CALLCENTER_HOME": str(tmp_path)}
    assert load_settings(EXAMPLE, environment) == load_settings(None, environment)


def test_every_setting_is_in_the_example(tmp_path: Path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    settings = load_settings(None, {"CALLCENTER_HOME": str(tmp_path)})
    for section, value in settings:
        if not isinstance(value, BaseModel):
            continue
        _, part = text.split(f"\n[{section}]\n")
        part = part.split("\n[")[0]
        written = set(re.findall(r"^(?:# )?([a-z_]+) = ", part, re.MULTILINE))
        assert written == set(type(value).model_fields)
