"""What a check finds."""

from typing import TypeAlias

Finding: TypeAlias = tuple[str | None, str]
"""The node, or None for the file as a whole; and what is wrong."""
