"""What the softphone's server and the switch's configuration must agree on."""

from __future__ import annotations

import hashlib
import hmac


def sip_password(key: str, device: str) -> str:
    """Return a device's SIP password: HMAC-SHA256 of its name under the installation's secret `sip-key`, in hex."""
    return hmac.new(key.encode(), device.encode(), hashlib.sha256).hexdigest()
