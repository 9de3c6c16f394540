"""What can go wrong before the engine runs.

::

    AcdError
    └── ConfigurationError   a row of configuration cannot be used; names the row and the reason

While it runs, nothing is raised: facts that do not fit are recorded, requests are refused.
"""


class AcdError(Exception):
    """Anything this package raises."""


class ConfigurationError(AcdError):
    """A row cannot be used. ``row`` says which one, in the words of whoever wrote it.

    ``path`` leads to the value within the row: the keys and positions on the way to it, as far as they are known.
    """

    def __init__(self, row: str, reason: str, path: tuple[str | int, ...] = ()) -> None:
        super().__init__(f"{row}: {reason}")
        self.row = row
        self.reason = reason
        self.path = path
