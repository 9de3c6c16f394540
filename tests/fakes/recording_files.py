"""Recordings without files: a test says how long each is."""

from __future__ import annotations

from callcenter.ports import RecordingFiles


class FakeRecordingFiles(RecordingFiles):
    """`lengths` by file; what is not in it does not exist."""

    def __init__(self) -> None:
        self.lengths: dict[str, float] = {}
        self.deleted: list[str] = []

    def path(self, file: str) -> str:
        """Where it would be."""
        return f"/voicemail/{file}"

    async def seconds(self, file: str) -> float | None:
        """As the test said."""
        return self.lengths.get(file)

    async def delete(self, file: str) -> None:
        """Gone."""
        self.lengths.pop(file, None)
        self.deleted.append(file)
