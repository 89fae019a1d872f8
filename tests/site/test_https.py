"""A real gateway over HTTPS: a tablet that trusts the site's authority, and only such a one, opens the page."""

from __future__ import annotations

import ssl
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from edge.https.folder import HttpsFolder
from tests.site.gateway import PATIENCE_S, ROOT, SITE, Gateway, eventually


def menwei(*arguments: str) -> None:
    command = [sys.executable, "-m", "edge", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def shown(port: int, trust: ssl.SSLContext) -> str:
    """Serial number of the certificate that the gateway shows to who trusts the authority."""
    import socket

    with (
        socket.create_connection(("127.0.0.1", port), PATIENCE_S) as plain,
        trust.wrap_socket(plain, server_hostname="127.0.0.1") as tls,
    ):
        found = tls.getpeercert()
    assert found is not None
    return str(found["serialNumber"])


def test_a_tablet_trusts_the_box_by_its_authority_also_after_a_renewal_without_a_restart(tmp_path: Path) -> None:
    folder = HttpsFolder(tmp_path / "data")
    text = SITE.replace("port = 0\n", f'port = 0\ntls_cert = "{folder.server}"\ntls_key = "{folder.server_key}"\n', 1)
    file = tmp_path / "site.toml"
    file.write_text(SITE, encoding="utf-8")
    menwei("https", "init", "192.168.1.10", "--site", str(file))
    menwei("https", "export", "--for", "linux", "--out", str(tmp_path / "ca.pem"), "--site", str(file))
    gateway = Gateway(tmp_path, text)
    gateway.street.start()
    try:
        gateway.spawn()
        line = eventually(lambda: gateway._said("#token="), "the gateway prints its address")
        url = line[line.index("https://") :].split("#", 1)[0].strip()
        port = int(url.rsplit(":", 1)[1].strip("/"))
        trust = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
        with httpx.Client(verify=trust, timeout=PATIENCE_S) as tablet:
            token = line.rsplit("#token=", 1)[1].strip()
            log_in = tablet.post(f"{url}v1/session", json={"token": token})
            assert log_in.status_code == 200
            assert "Secure" in log_in.headers["set-cookie"]
            days = eventually(
                lambda: tablet.get(f"{url}v1/state").json()["box"].get("https_days"), "the strip knows the certificate"
            )
            assert 396 < days <= 397
        with pytest.raises(httpx.ConnectError, match="certificate"):
            httpx.get(url, timeout=PATIENCE_S)
        before = shown(port, trust)
        menwei("https", "renew", "--site", str(file))
        eventually(lambda: shown(port, trust) != before, "the renewed certificate is in use", 90.0)
    finally:
        gateway.stop()
        gateway.street.stop()
