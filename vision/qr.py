"""Shell: QR codes in a picture, read by zxing-cpp (native code; in the eyes process only).

An extra: where it is not installed the duty says so and everything else goes on. OpenCV's own reader was measured
beside it (benchmarks/qr.py) and left: it misses blurred, small and inverted codes and takes twenty times as long.
"""

from __future__ import annotations

from typing import Any

from vision.code_watch import TEXT_MAX, CodeReader
from vision.frame import Image
from vision.plate_reader import ReaderUnavailable

CODES_MAX = 4
"""More codes in one picture are a poster, not a visitor."""


class ZxingReader:
    """Finds the QR codes of a picture."""

    def __init__(self) -> None:
        try:
            import zxingcpp
        except ImportError as error:
            raise ReaderUnavailable(
                f"未安装二维码识别组件（{error}），请运行 pip install 'menwei[qr]'",
                f"the QR reader is not installed ({error}): run pip install 'menwei[qr]'",
            ) from error
        self._zxing: Any = zxingcpp

    def read(self, image: Image) -> list[str]:
        """Texts of the QR codes in a picture (HxWx3 BGR uint8), at most four; damaged ones are left out."""
        found = self._zxing.read_barcodes(image, formats=self._zxing.BarcodeFormat.QRCode)
        texts = [code.text for code in found if code.valid and 0 < len(code.text) <= TEXT_MAX]
        return list(dict.fromkeys(texts))[:CODES_MAX]


def zxing_reader() -> CodeReader:
    """The default reader of codes. Raises `ReaderUnavailable` where its package is missing."""
    return ZxingReader()
