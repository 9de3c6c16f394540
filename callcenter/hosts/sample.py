"""Where the sample bank listens: at the address in `hosts/bank.yaml`, under which flows ask it."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from callcenter.hosts.model import Host, HttpHost

SAMPLE_BANK = "bank"


def bank_address(hosts: Mapping[str, Host]) -> tuple[str, int] | None:
    """Return host and port; None if the house has no such host, or one that is elsewhere."""
    host = hosts.get(SAMPLE_BANK)
    if not isinstance(host, HttpHost):
        return None
    parts = urlsplit(host.base_url)
    if parts.scheme != "http" or parts.hostname is None:  # without encryption: it is this machine
        return None
    return parts.hostname, parts.port or 80
