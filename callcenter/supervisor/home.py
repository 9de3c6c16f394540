"""An installation's home directory: its folders, its secrets, and the lock that lets one platform run with it.

::

    home/                     0711   an unprivileged Asterisk passes through, and lists nothing
    ├── asterisk/                    the private Asterisk's program (scripts/install_asterisk)
    ├── switch/               0711   its configuration and state: etc, lib, db, keys, spool, run, log, voicemail
    ├── sounds/               0711   rendered prompts
    ├── run/                  0700   our Unix sockets
    ├── secrets/              0700   one file each, 0600
    ├── logs/                 0700   what every process prints
    ├── journal.sqlite, records.sqlite
    ├── demo-bank.sqlite             the sample bank's own
    └── first-sign-in.txt     0600   until it was shown
"""

from __future__ import annotations

import contextlib
import fcntl
import grp
import os
import pwd
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from callcenter.domain.errors import ConfigError

SECRETS = ("ami", "sip-key", "bank-token", "bank-pin-key", "erasure-salt")
"""The secrets of every installation: the Manager Interface's, the key that phones' passwords are made with, and the
sample bank's two: what its clients show, and what its PINs are hashed with."""

SWITCH_USER = "callcenter"
"""As whom Asterisk runs when we are root: the network can reach it."""

SWITCH_FOLDERS = ("lib", "db", "keys", "keys/keys", "spool", "run", "log", "voicemail")
"""What Asterisk writes. What it reads is in ``etc``, which it cannot change."""


def make_home(home: Path) -> None:
    """Make the folders that are missing, with their modes. Raises `ConfigError`."""
    modes = {".": 0o711, "sounds": 0o711, "run": 0o700, "secrets": 0o700, "logs": 0o700}
    try:
        for name, mode in modes.items():
            folder = home / name
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(mode)
    except OSError as error:
        raise ConfigError(str(home), f"cannot be made or changed ({error.strerror}); choose another home") from error


def make_secrets(directory: Path, token: Callable[[], str]) -> list[str]:
    """Make the secrets that are missing, from `token`, and return their names; those that exist stay as they are."""
    made = []
    for name in SECRETS:
        path = directory / name
        if path.exists():
            continue
        # Written whole under another name first: a start that is cut short leaves no half a secret.
        unfinished = directory / f".{name}.new"
        unfinished.unlink(missing_ok=True)
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(token() + "\n")
        unfinished.rename(path)
        made.append(name)
    return made


def write_switch_files(home: Path, files: Mapping[str, str], owner: str | None) -> Path:
    """Lay out the embedded Asterisk's directories and write its configuration (name → text); return asterisk.conf.

    `owner` is the user as which it will run, when that is not ours. Files it has no more need of are removed.
    """
    switch = home / "switch"
    etc = switch / "etc"
    etc.mkdir(parents=True, exist_ok=True)
    switch.chmod(0o711)
    for name in SWITCH_FOLDERS:
        folder = switch / name
        folder.mkdir(exist_ok=True)
        folder.chmod(0o750)
        if owner is not None:
            shutil.chown(folder, owner, owner)
    etc.chmod(0o750)  # passwords of phones
    if owner is not None:
        shutil.chown(etc, group=owner)
    replace_switch_files(home, files, owner)
    for path in etc.iterdir():
        if path.is_file() and path.name not in files:
            path.unlink()
    return etc / "asterisk.conf"


def replace_switch_files(home: Path, files: Mapping[str, str], owner: str | None) -> None:
    """Write these of the embedded Asterisk's files anew (name → text), each at once; the others stay as they are."""
    for name, text in files.items():
        path = home / "switch" / "etc" / name
        unfinished = path.with_name(f".{path.name}.new")
        unfinished.write_text(text, encoding="utf-8")
        unfinished.chmod(0o640)
        if owner is not None:
            shutil.chown(unfinished, group=owner)
        unfinished.replace(path)


def switch_user() -> str | None:
    """Return the user as which Asterisk is to run; None: as we do, who are not root. Raises `ConfigError`."""
    if os.geteuid() != 0:
        return None
    try:
        pwd.getpwnam(SWITCH_USER)
    except KeyError as error:
        raise ConfigError(
            "user", f"there is no user {SWITCH_USER}, and Asterisk is not run as root; scripts/run makes one"
        ) from error
    return SWITCH_USER


def check_passage(place: Path, user: str) -> None:
    """Raise `ConfigError` naming the folder on the way to `place` that does not let `user`, who is not us, through."""
    account = pwd.getpwnam(user)
    groups = {account.pw_gid, *(group.gr_gid for group in grp.getgrall() if user in group.gr_mem)}
    for folder in reversed(place.resolve().parents):
        status = folder.stat()
        if status.st_uid == account.pw_uid:
            bit = stat.S_IXUSR
        else:
            bit = stat.S_IXGRP if status.st_gid in groups else stat.S_IXOTH
        if not status.st_mode & bit:
            raise ConfigError(
                str(place), f"{folder} does not let user {user} through; chmod o+x {folder}, or choose another place"
            )


class HomeInUse(ConfigError):
    """Another platform runs with this home."""


@contextlib.contextmanager
def sole_user(home: Path, about: str) -> Iterator[None]:
    """Hold the home's lock, with a line about us in it. Raises `HomeInUse` with that of whoever has it."""
    path = home / "serve.lock"
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise HomeInUse(str(home), f"the platform already runs with this home: {file.read().strip()}") from error
        file.truncate(0)
        file.write(about + "\n")
        file.flush()
        try:
            yield
        finally:
            file.seek(0)
            file.truncate(0)


def is_in_use(home: Path) -> bool:
    """Tell whether a platform runs with this home."""
    try:
        with (home / "serve.lock").open("r+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
