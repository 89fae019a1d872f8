"""The authority as an Apple configuration profile, which iPads install by a tap. Core: pure."""

from __future__ import annotations

import plistlib
import uuid


def profile_of(site_name: str, authority_der: bytes) -> bytes:
    """A ``.mobileconfig`` with this authority; the same authority gives the same profile."""
    inner = uuid.uuid5(uuid.NAMESPACE_OID, authority_der.hex())
    outer = uuid.uuid5(inner, "profile")
    return plistlib.dumps(
        {
            "PayloadType": "Configuration",
            "PayloadVersion": 1,
            "PayloadIdentifier": f"menwei.https.{outer}",
            "PayloadUUID": str(outer).upper(),
            "PayloadDisplayName": f"门卫 Menwei {site_name}",
            "PayloadDescription": "让平板信任本站网关的页面 / lets this tablet trust the gateway's page",
            "PayloadContent": [
                {
                    "PayloadType": "com.apple.security.root",
                    "PayloadVersion": 1,
                    "PayloadIdentifier": f"menwei.https.{inner}",
                    "PayloadUUID": str(inner).upper(),
                    "PayloadDisplayName": f"Menwei {site_name}",
                    "PayloadContent": authority_der,
                }
            ],
        }
    )
