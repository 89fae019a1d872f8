"""Core: write an ONNX file.

The few messages of onnx.proto that our networks need, in a fixed order. The `onnx` package would write them too, but
its bytes change with its version and protobuf's, and a converted model is known by the hash of its bytes; it would
also bring 35 MB onto a gate box for these hundred lines.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

Attribute = int | float | tuple[int, ...]

IR_VERSION = 8
OPSET = 17
_FLOAT = 1
_ATTRIBUTE_FLOAT, _ATTRIBUTE_INT, _ATTRIBUTE_INTS = 1, 2, 7


@dataclass(slots=True)
class Graph:
    """A network as it grows; values are known by name."""

    name: str
    nodes: list[bytes] = field(default_factory=list)
    weights: dict[str, bytes] = field(default_factory=dict)

    def weight(self, name: str, shape: Sequence[int], data: bytes) -> str:
        """Float32 numbers, little-endian, row-major, once per name."""
        tensor = _ints(1, shape) + _int(2, _FLOAT) + _text(8, name) + _bytes(9, data)
        self.weights[name] = tensor
        return name

    def node(self, op: str, inputs: Iterable[str], output: str = "", **attributes: Attribute) -> str:
        """Add one operator; gives the name of its only output."""
        made = output or f"{op}_{len(self.nodes)}"
        written = b"".join(_bytes(5, _attribute(name, attributes[name])) for name in sorted(attributes))
        names = b"".join(_text(1, name) for name in inputs)
        self.nodes.append(names + _text(2, made) + _text(3, made) + _text(4, op) + written)
        return made

    def finish(
        self,
        inputs: Mapping[str, Sequence[int | str]],
        outputs: Mapping[str, Sequence[int | str]],
        notes: Mapping[str, str],
    ) -> bytes:
        """The file. A side that is a text is free; `notes` go with the file and change nothing."""
        graph = b"".join(_bytes(1, node) for node in self.nodes) + _text(2, self.name)
        graph += b"".join(_bytes(5, weight) for weight in self.weights.values())
        graph += b"".join(_bytes(11, _value(*item)) for item in inputs.items())
        graph += b"".join(_bytes(12, _value(*item)) for item in outputs.items())
        opset = _text(1, "") + _int(2, OPSET)
        model = _int(1, IR_VERSION) + _text(2, "menwei") + _bytes(7, graph) + _bytes(8, opset)
        return model + b"".join(_bytes(14, _text(1, key) + _text(2, value)) for key, value in sorted(notes.items()))


def _attribute(name: str, value: Attribute) -> bytes:
    head = _text(1, name)
    if isinstance(value, float):
        return head + _key(2, 5) + struct.pack("<f", value) + _int(20, _ATTRIBUTE_FLOAT)
    if isinstance(value, int):
        return head + _int(3, value) + _int(20, _ATTRIBUTE_INT)
    return head + _ints(8, value) + _int(20, _ATTRIBUTE_INTS)


def _value(name: str, shape: Sequence[int | str]) -> bytes:
    sides = b"".join(_bytes(1, _text(2, side) if isinstance(side, str) else _int(1, side)) for side in shape)
    return _text(1, name) + _bytes(2, _bytes(1, _int(1, _FLOAT) + _bytes(2, sides)))


def _int(number: int, value: int) -> bytes:
    return _key(number, 0) + _varint(value)


def _ints(number: int, values: Sequence[int]) -> bytes:
    return b"".join(_int(number, value) for value in values)


def _text(number: int, text: str) -> bytes:
    return _bytes(number, text.encode())


def _bytes(number: int, data: bytes) -> bytes:
    return _key(number, 2) + _varint(len(data)) + data


def _key(number: int, wire_type: int) -> bytes:
    return _varint(number << 3 | wire_type)


def _varint(value: int) -> bytes:
    """Base 128, low groups first; none of our numbers is negative."""
    written = bytearray()
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    written.append(value)
    return bytes(written)
