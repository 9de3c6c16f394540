"""The server's own addresses, derived from the settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from agent_desktop.config import Timing, site_of
from callcenter.config import DesktopSettings

EVERYWHERE = "0.0.0.0"  # noqa: S104 -- nothing listens here
LOOPBACK = {"http://127.0.0.1:8080", "http://localhost:8080", "http://[::1]:8080"}


@pytest.mark.parametrize(
    ("settings", "origins", "cookie"),
    [
        ({}, LOOPBACK, "__Host-callcenter"),
        ({"listen": "192.168.1.5"}, {"http://192.168.1.5:8080"}, "callcenter"),
        (
            {"listen": EVERYWHERE, "public_url": "http://Desk.Example.org:8080/"},
            {"http://desk.example.org:8080", *LOOPBACK},
            "callcenter",
        ),
        (
            {"public_url": "https://desk.example.org"},
            {"https://desk.example.org", *LOOPBACK},
            "__Host-callcenter",
        ),
        (
            {"listen": "192.168.1.5", "public_url": "https://desk.example.org:443"},
            {"https://desk.example.org"},
            "__Host-callcenter",
        ),
        (
            {"listen": "192.168.1.5", "port": 443, "tls_certificate": Path("c"), "tls_key": Path("k")},
            {"https://192.168.1.5"},
            "__Host-callcenter",
        ),
        ({"listen": "::1"}, LOOPBACK, "__Host-callcenter"),
        ({"listen": "fe80::1"}, {"http://[fe80::1]:8080"}, "callcenter"),
    ],
)
def test_origins_and_cookie_follow_from_the_settings(settings: dict[str, Any], origins: set[str], cookie: str) -> None:
    site = site_of(DesktopSettings(**settings))
    assert site.origins == origins
    assert site.cookie == cookie


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"listen": EVERYWHERE}, "public_url must say"),
        ({"tls_certificate": Path("c")}, "belong together"),
        ({"public_url": "desk.example.org"}, "public_url is an address"),
        ({"public_url": "https://desk.example.org/path"}, "public_url is an address"),
        ({"public_url": "https://user@desk.example.org"}, "public_url is an address"),
    ],
)
def test_settings_that_cannot_be_are_refused_with_what_to_do(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        DesktopSettings(**settings)


def test_host_is_matched_whole_and_whatever_its_case() -> None:
    site = site_of(DesktopSettings(public_url="https://desk.example.org"))
    assert site.origin_of("DESK.example.org") == "https://desk.example.org"
    assert site.origin_of("localhost:8080") == "http://localhost:8080"
    for foreign in ("", "example.org", "desk.example.org.evil", "desk.example.org:444", "localhost"):
        assert site.origin_of(foreign) is None


def test_a_page_that_is_gone_or_asleep_is_noticed_within_ten_seconds() -> None:
    """Two answers may be lost on the way before a page counts as asleep."""
    timing = Timing()
    assert timing.alive_within_s <= 10
    assert timing.gone_after_s <= 10
    assert timing.alive_within_s >= 3 * timing.heartbeat_s
