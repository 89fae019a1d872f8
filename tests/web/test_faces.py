"""Faces at the desk: consent first, then a picture or a look; what is wrong is said, a template never shown."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from config.model import Site
from edge.faces.gallery_feed import GalleryFeed
from edge.faces.key_file import load_face_key
from edge.users.auth import Auth, Role
from edge.web.app import create_app
from edge.web.shield import BODY_MAX, PICTURE_MAX
from tests.edge.face_answers import EMBEDDER, template
from tests.sync.helpers import until
from tests.web.gateway import Gateway
from tests.web.rig import Time, Web
from vision.commands import ProbeFace
from vision.observations import FaceProbed

JPEG = b"\xff\xd8\xff\xe0 a face"
FLAT = {"name": "王强", "place": "1-101"}


@dataclass
class Eyes:
    """Eyes that give the answer they were told to."""

    problem: str = ""
    matches: tuple[str, ...] = ()
    axis: int = 1
    model: str = EMBEDDER.model
    live: float = 0.97
    asked: list[ProbeFace] = field(default_factory=list)

    async def probe(self, request: ProbeFace) -> FaceProbed:
        self.asked.append(request)
        return FaceProbed(
            camera=request.camera,
            request_id=request.request_id,
            problem=self.problem,
            quality=0.9,
            live=self.live,
            model=self.model,
            box=(0, 0, 9, 9),
            template="" if self.problem else base64.b64encode(template(self.axis)).decode(),
            matches=self.matches,
            picture=b"\xff\xd8 the face",
        )


@pytest.fixture
def eyes(gateway: Gateway) -> Eyes:
    found = Eyes()
    gateway.eyes = found
    return found


@pytest.fixture
async def web(gateway: Gateway, tmp_path: Path) -> AsyncIterator[Web]:
    """A gateway with a face camera and a data directory of its own."""
    site = Site.model_validate(
        {
            "site": {"data_dir": str(tmp_path)},
            "cameras": {"hall": {"source": "0", "duties": ["faces"]}, "yard": {"source": "1"}},
            "faces": {"filing_limit": 1},
        }
    )
    time = Time()
    auth = Auth(tmp_path, idle_s=900.0, login_per_minute=5, mono=time, wall=time)
    yield Web(gateway, auth, create_app(gateway, auth, site), time, tmp_path)
    auth.close()


@pytest.fixture
async def desk(web: Web) -> httpx.AsyncClient:
    """An administrator before whom somebody stands who has consented."""
    client = await web.logged_in(Role.ADMIN)
    for name in ("wang", "li"):
        assert (await client.put(f"/v1/people/{name}", json=FLAT | {"name": name.title()})).status_code == 200
        agreed = await client.put(f"/v1/people/{name}/consent", json={"purpose": "小区门禁"})
        assert agreed.status_code == 200, agreed.text
    return client


async def send(client: httpx.AsyncClient, person: str = "wang", kind: str = "image/jpeg", **query: Any) -> Any:
    query = {"request_id": f"request-{person}", **query}
    return await client.post(f"/v1/people/{person}/faces", content=JPEG, params=query, headers={"Content-Type": kind})


async def test_a_picture_becomes_a_sealed_template_with_one_event(web: Web, desk: Any, eyes: Eyes) -> None:
    reply = await send(desk)
    assert (reply.status_code, reply.json()["ok"]) == (201, True), reply.text
    assert reply.json()["seen"] == {
        "quality": 0.9,
        "live": 0.97,
        "picture": base64.b64encode(b"\xff\xd8 the face").decode(),
    }
    assert [(probe.camera, probe.picture) for probe in eyes.asked] == [("", JPEG)]
    assert dict(web.gateway.store.policy().faces) == {"wang": 1}
    site: Site = web.app.state.site
    [part] = GalleryFeed(web.gateway.store, load_face_key(site), EMBEDDER).parts()
    assert (part.people, part.vectors) == (("wang",), template(1))
    assert base64.b64encode(template(1)).decode() not in reply.text
    assert web.kinds().count("lists.changed") == 5


async def test_a_look_into_a_camera_is_asked_of_the_eyes(web: Web, desk: Any, eyes: Eyes) -> None:
    body = {"request_id": "look-0001", "camera": "hall"}
    reply = await desk.post("/v1/people/wang/faces/live", json=body)
    assert reply.status_code == 201, reply.text
    assert [(probe.camera, probe.request_id) for probe in eyes.asked] == [("hall", "look-0001")]
    for camera in ("yard", "nowhere"):
        refused = await desk.post("/v1/people/wang/faces/live", json=body | {"camera": camera})
        assert (refused.status_code, refused.json()["error"]["code"]) == (404, "face_no_camera")


@pytest.mark.parametrize(
    ("answer", "query", "status", "code"),
    [
        ({"problem": "blurred"}, {}, 422, "blurred"),
        ({"problem": "not_live"}, {}, 422, "not_live"),
        ({"problem": "busy"}, {}, 503, "busy"),
        ({"matches": ("li",)}, {}, 422, "face_alike"),
        ({"matches": ("li",)}, {"twins": "true"}, 201, ""),
        ({"matches": ("wang",)}, {}, 201, ""),
        ({"model": "other@1"}, {}, 422, "face_no_template"),
        ({"matches": ()}, {"unlike": "true"}, 422, "face_not_alike"),
        ({"matches": ("wang",)}, {"unlike": "true"}, 201, ""),
    ],
)
async def test_what_the_eyes_say_decides(
    desk: Any, eyes: Eyes, answer: dict[str, Any], query: dict[str, str], status: int, code: str
) -> None:
    for name, value in answer.items():
        setattr(eyes, name, value)
    reply = await send(desk, **query)
    assert reply.status_code == status, reply.text
    if code:
        error = reply.json()["error"]
        assert (error["code"], bool(error["zh"]), bool(error["en"])) == (code, True, True)
        assert reply.json()["seen"]["quality"] == 0.9
    if code == "face_alike":
        assert "Li (li)" in error["en"]


async def test_without_eyes_it_is_said(desk: Any, gateway: Gateway) -> None:
    gateway.eyes = None
    reply = await send(desk)
    assert (reply.status_code, reply.json()["error"]["code"]) == (503, "no_eyes")


async def test_nobody_is_looked_at_without_consent(web: Web, desk: Any, eyes: Eyes) -> None:
    await desk.put("/v1/people/bao", json=FLAT)
    for person, status, code in (("bao", 409, "face_no_consent"), ("nobody", 404, "unknown_person")):
        reply = await send(desk, person)
        assert (reply.status_code, reply.json()["error"]["code"]) == (status, code)
    assert eyes.asked == []


async def test_five_templates_and_five_look_alikes_are_enough(web: Web, desk: Any, eyes: Eyes) -> None:
    for number in range(5):
        assert (await send(desk, request_id=f"request-{number}")).status_code == 201
    reply = await send(desk, request_id="request-6")
    assert (reply.status_code, reply.json()["error"]["code"]) == (409, "face_templates_full")
    eyes.matches = ("wang",)
    for number in range(5):
        assert (await send(desk, request_id=f"unlike-{number}00", unlike="true")).status_code == 201
    reply = await send(desk, request_id="unlike-600", unlike="true")
    assert (reply.status_code, reply.json()["error"]["code"]) == (409, "face_negatives_full")
    [row] = [row for row in (await desk.get("/v1/faces")).json()["people"] if row["id"] == "wang"]
    assert (row["templates"], row["unlike"]) == (5, 5)
    assert (await desk.delete("/v1/people/wang/faces/unlike")).status_code == 200
    [row] = [row for row in (await desk.get("/v1/faces")).json()["people"] if row["id"] == "wang"]
    assert (row["templates"], row["unlike"]) == (5, 0)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"purpose": "门禁", "under_14": True}, 422, "face_guardian"),
        ({"purpose": "门禁", "born": "2100-01-01"}, 422, "face_born"),
        ({"purpose": "门禁", "until": "2001-01-01T00:00:00+08:00"}, 422, "face_consent_over"),
        ({"purpose": " "}, 422, "invalid"),
        ({}, 422, "invalid"),
        ({"purpose": "门禁", "under_14": True, "given_by": "王妈妈"}, 200, ""),
    ],
)
async def test_what_a_consent_needs(desk: Any, body: dict[str, Any], status: int, code: str) -> None:
    reply = await desk.put("/v1/people/wang/consent", json=body)
    assert (reply.status_code, reply.json().get("error", {}).get("code", "")) == (status, code)
    if not code:
        assert reply.json()["consent"]["given_by"] == "王妈妈"
        assert reply.json()["consent"]["recorded_by"] == "admin-test"


async def test_withdrawing_takes_templates_and_consent_and_is_proved(web: Web, desk: Any, eyes: Eyes) -> None:
    await send(desk)
    assert (await desk.delete("/v1/people/wang/faces")).status_code == 200
    policy = web.gateway.store.policy()
    assert (dict(policy.faces), set(policy.consents), set(policy.people)) == ({}, {"li"}, {"wang", "li"})
    await asyncio.to_thread(until, lambda: "log.faces_erased" in web.kinds(), "the templates were erased")
    assert (await desk.delete("/v1/people/nobody/faces")).status_code == 404


async def test_the_list_is_paged_and_searched_and_warns_of_filing(desk: Any, eyes: Eyes) -> None:
    empty = (await desk.get("/v1/faces")).json()
    assert (empty["enrolled"], empty["filing"]["warning"], empty["cameras"]) == (0, None, ["hall"])
    await send(desk)
    listed = (await desk.get("/v1/faces", params={"limit": 1})).json()
    assert (listed["found"], [row["id"] for row in listed["people"]]) == (2, ["li"])
    assert listed["filing"]["warning"]["due"] is True
    assert listed["other_model"] == 0
    searched = (await desk.get("/v1/faces", params={"text": "Wang"})).json()
    assert [(row["id"], row["templates"]) for row in searched["people"]] == [("wang", 1)]


async def test_the_threshold_is_explained(desk: Any, eyes: Eyes) -> None:
    await send(desk)
    told = (await desk.get("/v1/faces/threshold")).json()
    steps = list(told["steps"].values())
    assert (told["templates"], steps, len(steps)) == (1, sorted(steps), 6)
    assert told["threshold"] == steps[0]
    assert "阈值" in told["zh"]


@pytest.mark.parametrize(
    ("size", "kind", "status"),
    [
        (BODY_MAX + 1, "image/jpeg", 201),
        (PICTURE_MAX, "image/webp", 201),
        (PICTURE_MAX + 1, "image/png", 413),
        (10, "text/html", 415),
        (0, "image/jpeg", 422),
    ],
)
async def test_pictures_may_be_large_and_nothing_else(desk: Any, eyes: Eyes, size: int, kind: str, status: int) -> None:
    reply = await desk.post(
        "/v1/people/wang/faces",
        content=bytes(size),
        params={"request_id": "request-1"},
        headers={"Content-Type": kind},
    )
    assert reply.status_code == status, reply.text
    large = await desk.put("/v1/people/wang", content=bytes(BODY_MAX + 1))
    assert large.status_code == 413
