"""The lock files say what pyproject.toml and package.json ask for, and nothing about where it is fetched."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.servers import TREE

PROJECT = tomllib.loads((TREE / "pyproject.toml").read_text(encoding="utf-8"))
WANTED: dict[str, list[str]] = {
    "runtime": PROJECT["project"]["dependencies"],
    "build": PROJECT["dependency-groups"]["build"],
    "dev": PROJECT["dependency-groups"]["dev"],
    "uv": ["uv"],
}


def locked(name: str) -> dict[str, str]:
    """Return package → version of one lock file."""
    text = (TREE / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    pins = re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^]]*])?==([^ ;\\]+)", text, re.MULTILINE)
    return {canonicalize_name(package): version for package, version in pins}


@pytest.mark.parametrize("name", sorted(WANTED))
def test_what_is_asked_for_is_locked_in_a_version_that_will_do(name: str) -> None:
    """When this fails, run scripts/lock."""
    versions = locked(name)
    for wanted in map(Requirement, WANTED[name]):
        version = versions.get(canonicalize_name(wanted.name))
        assert version is not None, f"{wanted.name} is not in requirements/{name}.txt; run scripts/lock"
        assert version in wanted.specifier, f"{wanted.name} {version} will not do; run scripts/lock"


@pytest.mark.parametrize("name", sorted(WANTED))
def test_every_locked_package_has_a_checksum_and_no_address(name: str) -> None:
    text = (TREE / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    for entry in re.split(r"\n(?=[A-Za-z0-9])", text)[1:]:
        assert "--hash=sha256:" in entry
    assert "://" not in text
    assert "--index" not in text


def test_tests_run_with_the_versions_that_are_shipped() -> None:
    shipped, tested = locked("runtime"), locked("dev")
    assert {name: (shipped[name], tested[name]) for name in shipped.keys() & tested.keys()} == {
        name: (shipped[name], shipped[name]) for name in shipped.keys() & tested.keys()
    }


def test_the_front_ends_lock_names_no_address() -> None:
    path: Path = TREE / "agent_desktop" / "frontend" / "package-lock.json"
    assert '"resolved"' not in path.read_text(encoding="utf-8")
