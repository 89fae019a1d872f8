"""Which embedder a site uses, and where its models lie, without loading any. Shell: reads the manifest."""

from __future__ import annotations

from pathlib import Path

from config.model import Site
from edge.faces.model import Embedder
from vision.models.store import spec


def models_dir(site: Site) -> Path:
    """The folder of the models."""
    return site.models.dir or site.site.data_dir / "models"


def embedder_of(site: Site) -> Embedder:
    """The embedder of ``faces.embedder``. Raises ModelError when the manifest knows no such model."""
    found = spec(models_dir(site), site.faces.embedder)
    return Embedder(f"{found.name}@{found.sha256[:12]}", found.contract.dim)
