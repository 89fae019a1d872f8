"""The faces of a running gateway: key, gallery and changes, between the store and the eyes. Shell: files, asyncio."""

from __future__ import annotations

from collections.abc import Iterator

from config.model import Duty, Site
from edge.faces.embedder import embedder_of
from edge.faces.gallery_feed import GalleryFeed
from edge.faces.key_file import load_face_key
from edge.faces.teller import GalleryTeller
from edge.run.eyes_link import EyesLink
from sync.store import Store
from vision.commands import GalleryPart


def feed_of(site: Site, store: Store) -> GalleryFeed:
    """The source of galleries; the key is read, or made, at the first use. Raises SecretFileError, ModelError."""
    return GalleryFeed(store, load_face_key(site), embedder_of(site))


def parts_of(site: Site, store: Store) -> Iterator[GalleryPart]:
    """Everybody to be known, as the eyes are told at each of their starts."""
    yield from feed_of(site, store).parts()


def has_faces(site: Site) -> bool:
    """Whether any camera looks at faces."""
    return any(Duty.FACES in camera.duties for camera in site.cameras.values())


def teller_of(site: Site, store: Store, eyes: EyesLink) -> GalleryTeller:
    """Tells the eyes of every change after its commit; to be run as a task of the loop."""
    teller = GalleryTeller(lambda: feed_of(site, store), eyes.tell, eyes.refresh_gallery)
    store.on_faces(teller.changed)
    return teller
