"""A phone opens the lobby: virtual radio, real gateway process, door lock on a simulated board."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("bumble", reason="the extra `ble` is not installed")

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from devices.sim.phone import Answer
from devices.sim.phone_air import PhoneAir
from tests.site.gateway import Gateway, eventually, running
from tests.site.test_doors import LOCK, Watch, wait_door
from tests.site.test_doors import SITE as DOORS

OWNER, STRANGER = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2))


@pytest.fixture
def air() -> Iterator[PhoneAir]:
    phones = PhoneAir()
    phones.start()
    yield phones
    phones.stop()


@pytest.fixture
def gateway(tmp_path: Path, air: PhoneAir) -> Iterator[Gateway]:
    reader = f'[readers.lobby-phone]\nkind = "ble"\ndoor = "lobby"\nadapter = "{air.adapter}"\n'
    with running(tmp_path, DOORS + reader) as site:
        wait_door(site, "locked")
        put(site, "PUT", "/v1/people/lin", {"name": "林一"})
        public = OWNER.public_key().public_bytes_raw().hex()
        put(site, "POST", "/v1/people/lin/keys", {"kind": "phone", "value": public})
        yield site


def put(gateway: Gateway, method: str, path: str, body: dict[str, object]) -> dict[str, str]:
    status, _, said = gateway.guard._request(method, path, body)
    assert status < 300, said
    return dict(said)


def press(air: PhoneAir, key: Ed25519PrivateKey) -> Answer:
    return air.press(key.public_key().public_bytes_raw(), key.sign, timeout_s=60.0)


def test_the_owners_phone_unlocks_and_a_strangers_and_a_blocked_one_do_not(air: PhoneAir, gateway: Gateway) -> None:
    with Watch(gateway, LOCK) as lock:
        assert press(air, STRANGER).status == 1
        eventually(lambda: gateway.events("access.denied"), "the refusal is on record")
        assert lock.times_on == 0
        assert press(air, OWNER).status == 0
        eventually(lambda: lock.times_on, "the lock's relay closes")
    (granted,) = eventually(lambda: gateway.events("access.granted"), "the opening is on record")
    assert granted.data()["rule"] == "person:lin"
    assert OWNER.public_key().public_bytes_raw().hex() not in str(granted.data())
    key = gateway.guard.get("/v1/people")["people"][0]["keys"][0]["key"]
    put(gateway, "POST", f"/v1/people/lin/keys/{key}/block", {"reason": "手机丢失"})
    wait_door(gateway, "locked")
    with Watch(gateway, LOCK) as lock:
        answer = press(air, OWNER)
        assert answer.status == 1
        assert lock.times_on == 0
    denied = eventually(lambda: (found := gateway.events("access.denied"))[1:] and found, "both are on record")
    assert [e.data()["reason"] for e in denied] == ["phone_key_unknown", "phone_key_blocked"]


def test_a_lost_adapter_is_told_and_phones_open_again_when_it_is_back(air: PhoneAir, gateway: Gateway) -> None:
    assert press(air, OWNER).status == 0
    air.unplug()
    eventually(lambda: gateway.kinds("reader.lost"), "the loss is on record")
    air.replug()
    assert press(air, OWNER).status == 0
    eventually(lambda: len(gateway.events("access.granted")) == 2, "both openings are on record")
