"""What happens at the demonstration's person door. Shell: asyncio; it only drives the world and the guard's client."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.demo.guard import Guard
from edge.demo.site import DOOR
from edge.demo.world_link import WorldLink
from sync.records import Change, Key, Person, PutKey, PutPerson

PHONE_SEED = b"menwei demo: a virtual phone, 01"
"""Of a key that opens nothing but the demonstration's own door."""
OPEN_TIMEOUT_S = 30.0
CODE_LIFE_S = 300.0
WRONG_CODE = "00000000"


def residents() -> list[Change]:
    """A resident who opens the door with a phone."""
    public = Ed25519PrivateKey.from_private_bytes(PHONE_SEED).public_key().public_bytes_raw().hex()
    wang = Person(id="demo-wang", name="王先生", place="1号楼101", gates=(DOOR,))
    return [PutPerson(wang), PutKey(Key(kind="phone", value=public, person=wang.id))]


@dataclass(slots=True)
class Door:
    """Each act returns what went wrong, in words; empty when it ended as it should."""

    world: WorldLink
    guard: Guard

    async def phone(self) -> str:
        """A resident presses on the phone; left out where the world has no phones."""
        if not self.world.ready.get("phone"):
            return ""
        return await self._opens("a resident with a phone", "phone", seed=PHONE_SEED.hex())

    async def visitor(self) -> str:
        """The guard issues a code, the visitor types it."""
        digits = await asyncio.to_thread(self.guard.issue_code, DOOR, "3号楼502", "李女士", CODE_LIFE_S)
        if not digits:
            return f"{DOOR}: the guard got no code"
        return await self._opens("a visitor with a code", "keys", keys=f"{digits}#")

    async def wrong_code(self) -> str:
        """Somebody tries a code; the door stays locked."""
        await self.world.do("keys", keys=f"{WRONG_CODE}#")
        return ""

    async def _opens(self, who: str, action: str, **details: str) -> str:
        seen = len(self.world.events)
        await self.world.do(action, **details)
        through = await self.world.wait_for(lambda e: e.get("event") == "door_closed", seen, OPEN_TIMEOUT_S)
        return "" if through else f"{who} at {DOOR}: it did not open"
