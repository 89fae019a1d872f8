"""Core: what can be wrong with a model file, said in Chinese and English with the remedy."""

from __future__ import annotations

from vision.errors import VisionError


class ModelError(VisionError):
    """Base; `zh` and `en` name the place and the remedy."""

    def __init__(self, zh: str, en: str) -> None:
        self.zh = zh
        self.en = en
        super().__init__(f"{zh} / {en}")


class ManifestError(ModelError):
    """A manifest says something that cannot be; names the key."""


class ModelUnknown(ModelError):
    """No manifest has a model of this name."""


class ModelMissing(ModelError):
    """The model is known, but its file is not in the folder."""


class ModelDamaged(ModelError):
    """The file is not the one that the manifest names."""


class StateError(ModelError):
    """A torch state file holds something that is not plain weights, or is broken."""


class ConvertError(ModelError):
    """A state file does not fit the network that it is said to be, or gives another result than agreed."""


class PullError(ModelError):
    """A file could not be had from where it lies; `retry` says whether another attempt may help."""

    def __init__(self, zh: str, en: str, *, retry: bool = False) -> None:
        super().__init__(zh, en)
        self.retry = retry


class BundleError(ModelError):
    """A bundle or folder cannot be taken in or written."""
