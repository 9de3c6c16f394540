"""One person outside the tables: the journal, sound files, files on their way in and out."""

from __future__ import annotations

import lzma
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO

from callcenter.domain.recording_name import is_recording_name
from callcenter.storage.journal_file import JournalFile, Safety, StoredEvent
from callcenter.storage.person import Person

_PIECE = 1 << 20


# -- the journal ------------------------------------------------------------------------------------------------


def journal_events(path: Path, person: Person) -> tuple[StoredEvent, ...]:
    """Return what the journal still holds of a person's interactions. Raises `ExternalFailure`."""
    if not path.exists():
        return ()
    journal = JournalFile.open(path, Safety.PROCESS_DEATH)
    try:
        return journal.speaking_of(
            interactions=frozenset(person.interactions), records=frozenset(person.records), numbers=person.numbers
        )
    finally:
        journal.close()


def forget_in_journal(path: Path, events: Sequence[StoredEvent]) -> int:
    """Remove events from the journal, and what it has overwritten from its log; return how many.

    Raises `ExternalFailure`.
    """
    if not path.exists():
        return 0
    journal = JournalFile.open(path, Safety.POWER_CUT)
    try:
        count = journal.forget([one.position for one in events])
        journal.empty_log()
        return count
    finally:
        journal.close()


# -- sound files ------------------------------------------------------------------------------------------------


def sound_files(folder: Path, names: Iterable[str]) -> tuple[Path, ...]:
    """Return the files of recordings that are there."""
    paths = (folder / f"{name}.wav" for name in names if is_recording_name(name))
    return tuple(path for path in paths if path.is_file())


def remove(paths: Iterable[Path]) -> int:
    """Remove files; those that are gone already do not count."""
    count = 0
    for path in paths:
        try:
            path.unlink()
        except FileNotFoundError:
            continue
        count += 1
    return count


# -- files on their way in and out ------------------------------------------------------------------------------


def files_speaking_of(folder: Path, person: Person) -> Iterator[Path]:
    """Yield the files of a folder in which something of a person stands, workbooks looked into.

    They are copies, to be made again: one too many does no harm, so names count as well.
    """
    digits = {number[-_TELLING_DIGITS:] for number in person.numbers}  # however the country's code was written
    texts = {*person.records, *person.addresses, *person.names, *digits}
    wanted = [text.encode() for text in texts if len(text) >= _SHORTEST]
    if not wanted or not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.is_file() and _may_speak(path, wanted):
            yield path


_SHORTEST = 2  # characters: a Chinese name has no more
_TELLING_DIGITS = 8


_UNREADABLE = (OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error, lzma.LZMAError)
"""What comes of a workbook that is damaged, or encrypted (`RuntimeError`)."""


def _may_speak(path: Path, wanted: Sequence[bytes]) -> bool:
    """Tell whether something of a person stands in a file, or nobody can say what does."""
    try:
        return _speaks(path, wanted)
    except FileNotFoundError:  # it has just been taken in, or fetched
        return False
    except _UNREADABLE:
        return True


def _speaks(path: Path, wanted: Sequence[bytes]) -> bool:
    longest = max(map(len, wanted))
    for pieces in _pieces(path):
        before = b""
        for piece in pieces:
            here = before + piece
            if any(one in here for one in wanted):
                return True
            before = here[-longest:]
    return False


def _pieces(path: Path) -> Iterator[Iterator[bytes]]:
    """Yield the pieces of a file, or of each file within a workbook."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as book:
            for name in book.namelist():
                with book.open(name) as part:
                    yield _read(part)
        return
    with path.open("rb") as file:
        yield _read(file)


def _read(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(_PIECE):
        yield piece
