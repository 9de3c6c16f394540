"""The browser's types are generated from the models."""

from __future__ import annotations

import subprocess
import sys
from enum import StrEnum
from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel, JsonValue

from agent_desktop.web.typescript import NotUnderstood, generate, protocol_types

HOUSE = Path(__file__).resolve().parents[3]


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Part(BaseModel):
    """A part."""

    type: Literal["part"] = "part"
    size: float


class Whole(BaseModel):
    """A whole,

    of parts. */
    """

    parts: tuple[Part, ...]
    colours: list[Colour | None]
    by_name: dict[str, Part]
    note: str | None = None
    count: int
    on: bool


def test_models_become_interfaces() -> None:
    assert generate([Whole, Part], {"Thing": (Whole, Part)}, {"VERSION": 3}).partition("epoch.\n\n")[2] == (
        "export const VERSION = 3;\n"
        "\n"
        'export type Colour = "red" | "blue";\n'
        "\n"
        "/** A part. */\n"
        "export interface Part {\n"
        '  readonly type: "part";\n'
        "  readonly size: number;\n"
        "}\n"
        "\n"
        "/**\n"
        " * A whole,\n"
        " *\n"
        " * of parts. * /\n"
        " */\n"
        "export interface Whole {\n"
        "  readonly parts: readonly Part[];\n"
        "  readonly colours: readonly (Colour | null)[];\n"
        "  readonly by_name: { readonly [key: string]: Part };\n"
        "  readonly note?: string | null;\n"
        "  readonly count: number;\n"
        "  readonly on: boolean;\n"
        "}\n"
        "\n"
        "export type Thing = Whole | Part;\n"
    )


def test_what_is_not_understood_is_refused() -> None:
    class Odd(BaseModel):
        anything: object

    class Free(BaseModel):
        anything: JsonValue

    assert "export type JsonValue = unknown;" in generate([Free], {}, {})
    with pytest.raises(NotUnderstood):
        generate([Odd], {}, {})


def test_same_models_give_the_same_text() -> None:
    assert protocol_types() == protocol_types()


def test_committed_types_are_those_of_the_models() -> None:
    done = subprocess.run(
        [sys.executable, HOUSE / "scripts" / "export_ws_types", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
