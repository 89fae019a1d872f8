"""Shell: a bundle of models for a site without internet: a zip of stored files that `menwei models import` takes."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

from vision.models.errors import BundleError
from vision.models.manifest import ModelSpec
from vision.models.store import OWN_MANIFEST, Presence, model_path, shipped, spec, specs, status

NOTICE = "NOTICE.txt"
_TIMESTAMP = (1980, 1, 1, 0, 0, 0)


def write_bundle(models_dir: Path, out: Path, names: Sequence[str] = ()) -> list[str]:
    """A zip with these models (none named: all that are there) and where each comes from; gives the models' names.

    The same models make the same bytes. Raises ModelUnknown, ModelMissing, ModelDamaged or BundleError.
    """
    wanted = [spec(models_dir, name) for name in dict.fromkeys(names)] or _present(models_dir)
    if not wanted:
        raise BundleError(
            f"{models_dir} 中没有模型；请先运行 menwei models pull",
            f"{models_dir} holds no model; run menwei models pull first",
        )
    paths = [model_path(models_dir, item.name) for item in wanted]
    if any(shipped().get(item.name) != item for item in wanted):
        paths.append(models_dir / OWN_MANIFEST)
    temporary = out.with_name(f".{out.name}.part")
    try:
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as bundle:
            for path in paths:
                bundle.writestr(zipfile.ZipInfo(path.name, _TIMESTAMP), path.read_bytes())
            bundle.writestr(zipfile.ZipInfo(NOTICE, _TIMESTAMP), "\n".join(_notice(item) for item in wanted))
        temporary.replace(out)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise BundleError(
            f"无法写入 {out}：{error.strerror}；请换个位置",
            f"cannot write {out}: {error.strerror}; choose another place",
        ) from error
    return [item.name for item in wanted]


def _present(models_dir: Path) -> list[ModelSpec]:
    return [item for item in specs(models_dir).values() if status(models_dir, item).presence is Presence.READY]


def _notice(item: ModelSpec) -> str:
    lines = [item.name, f"  file: {item.file}", f"  licence: {item.licence}", f"  copyright: {item.copyright}"]
    if item.source:
        lines += [f"  source: {item.source} {item.commit} {item.path}", f"  sha256 of the source: {item.sha256}"]
    if item.convert is not None:
        lines.append("  changed: laid out as ONNX; the weights are upstream's")
    return "\n".join(lines) + "\n"
