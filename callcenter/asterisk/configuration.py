"""Asterisk's configuration, rendered from ours. Pure: values in, ``file name → text`` out; nothing is read or written.

`render` makes a whole private Asterisk; `render_includes` the parts to include into one that somebody else runs.
"""

from __future__ import annotations

import re

from callcenter.asterisk import places, sections
from callcenter.asterisk.installation import Directories, Installation, check
from callcenter.domain.errors import ConfigError


def render(installation: Installation, dialplan: str, directories: Directories) -> dict[str, str]:
    """Return every file of a private Asterisk; `dialplan` is the text of ``config/asterisk/extensions.conf``.

    Raises `ConfigError` for a value that must not stand in a file.
    """
    check(installation)
    return {
        "asterisk.conf": sections.asterisk(installation, directories),
        "modules.conf": sections.MODULES,
        "logger.conf": sections.LOGGER,
        "http.conf": sections.http(installation),
        "rtp.conf": sections.rtp(installation),
        "manager.conf": sections.MANAGER_GENERAL.format(settings=installation.settings)
        + sections.manager_login(installation),
        "pjsip.conf": sections.pjsip_general(installation)
        + sections.trunks(installation)
        + sections.devices(installation),
        "queues.conf": sections.QUEUES_GENERAL + sections.queues(installation),
        "musiconhold.conf": f"[general]\n[default]\nmode = files\ndirectory = {installation.music}\nsort = random\n",
        "extensions.conf": _extensions(installation, dialplan),
        "cdr.conf": "[general]\nenable = no\n",
        "cel.conf": "[general]\nenable = no\n",
        "indications.conf": sections.INDICATIONS,
        # Not there, these would be complained about at each start; there and empty, their defaults hold.
        **dict.fromkeys(sections.DEFAULTS, "[general]\n"),
        "acl.conf": "; none\n",
    }


def render_includes(installation: Installation, dialplan: str) -> dict[str, str]:
    """Return the files to ``#include`` into an Asterisk that is not ours: login, phones, queues, dialplan.

    Trunks stay that Asterisk's own; they send calls to the context `places.IN`. Raises `ConfigError`.
    """
    check(installation)
    body = _extensions(installation, dialplan)
    return {
        "callcenter-manager.conf": sections.manager_login(installation),
        "callcenter-pjsip.conf": sections.devices(installation),
        "callcenter-queues.conf": sections.queues(installation),
        # [general] and [globals] belong to the including file.
        "callcenter-extensions.conf": "; callcenter\n\n" + body[body.index(f"[{places.IN}]") :],
    }


def _extensions(installation: Installation, dialplan: str) -> str:
    numbers = "\n".join(
        f"exten => {number.number},1,Set(CALLERID(dnid)={number.number})\n"
        f" same => n,Set(CC_QUEUE={number.queue})\n"
        f" same => n,Goto(cc-start,s,1)"
        for number in installation.numbers
    )
    prefix = f"{installation.packaged_sounds}/" if installation.packaged_sounds else ""
    words = {
        "NUMBERS": numbers,
        "DEFAULT_QUEUE": installation.default_queue,
        "FALLBACK_SECONDS": str(installation.fallback_seconds),
        "RING_SECONDS": str(installation.settings.ring_seconds),
        "CALL_SECONDS": str(installation.call_seconds),
        "TRUNK": installation.settings.outbound_trunk,
        "SORRY": installation.sorry,
        "PACKAGED_SORRY": f"{prefix}im-sorry&{prefix}please-try-call-later",
    }
    filled = re.sub(r"@([A-Z_]+)@", lambda match: words.get(match[1], match[0]), dialplan)
    unused = [word for word in words if f"@{word}@" not in dialplan]
    if unused or re.search(r"^[^;]*@[A-Z_]+@", filled, re.MULTILINE):
        raise ConfigError("extensions.conf", "the template does not use each of its words, or others")
    return filled
