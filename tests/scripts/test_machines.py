"""The pictures of the machines are drawn from their tables."""

from __future__ import annotations

import subprocess
import sys

from tests.support.servers import TREE


def test_the_page_is_what_the_tables_say() -> None:
    """When this fails, run scripts/draw_machines."""
    command = [sys.executable, str(TREE / "scripts" / "draw_machines"), "--check"]
    drawn = subprocess.run(command, capture_output=True, text=True, check=False)
    assert drawn.returncode == 0, drawn.stdout + drawn.stderr
