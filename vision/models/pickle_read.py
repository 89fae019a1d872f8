"""Core: read a pickle as data. Nothing in it is ever called or imported.

A pickle is a program. The standard unpickler runs it, and what it may do can only be narrowed; here no unpickler runs.
The few instructions that torch's weights need (protocol 2) build plain values. Two names have a meaning
(`collections.OrderedDict`, `torch._utils._rebuild_tensor_v2`), storages stay names, and every other instruction or name
is refused.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from vision.models.errors import StateError

OPS_MAX = 1_000_000
TEXT_BYTES_MAX = 4096

STORAGE_BYTES: Mapping[str, int] = {"torch FloatStorage": 4, "torch LongStorage": 8}
"""Kinds of storage that weights use, and the bytes of one element."""


@dataclass(frozen=True, slots=True)
class Name:
    """A global of the pickle: a name and no more."""

    text: str


@dataclass(frozen=True, slots=True)
class StorageRef:
    """Numbers that lie elsewhere in the file."""

    kind: str
    key: str
    count: int


@dataclass(frozen=True, slots=True)
class TensorRef:
    """A view of a storage, in elements."""

    storage: StorageRef
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]


_MARK = object()
_ORDERED_DICT = "collections OrderedDict"
_REBUILD = "torch._utils _rebuild_tensor_v2"
_CONSTANTS: Mapping[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_DICT": dict,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
    "MARK": lambda: _MARK,
}
_VALUES = frozenset({"BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "BINUNICODE"})
_SHORT_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}


def _exactly(stream: io.BytesIO, count: int) -> bytes:
    data = stream.read(count)
    if len(data) < count:
        raise ValueError("it is cut short")
    return data


def _nothing(_: io.BytesIO) -> None:
    return None


def _number(form: str) -> Callable[[io.BytesIO], Any]:
    return lambda stream: struct.unpack(form, _exactly(stream, struct.calcsize(form)))[0]


def _long(stream: io.BytesIO) -> int:
    return int.from_bytes(_exactly(stream, _exactly(stream, 1)[0]), "little", signed=True)


def _text(stream: io.BytesIO) -> str:
    length = struct.unpack("<I", _exactly(stream, 4))[0]
    if length > TEXT_BYTES_MAX:
        raise refused("名称过长", "a name is too long")
    return _exactly(stream, length).decode("utf-8")


def _two_lines(stream: io.BytesIO) -> str:
    lines = [stream.readline(TEXT_BYTES_MAX) for _ in range(2)]
    if not all(line.endswith(b"\n") for line in lines):
        raise ValueError("a name does not end")
    return " ".join(line[:-1].decode("ascii") for line in lines)


INSTRUCTIONS: Mapping[int, tuple[str, Callable[[io.BytesIO], Any]]] = {
    code[0]: (name, read)
    for code, name, read in (
        (b"\x80", "PROTO", _number("<B")),
        (b".", "STOP", _nothing),
        (b"(", "MARK", _nothing),
        (b"N", "NONE", _nothing),
        (b"\x88", "NEWTRUE", _nothing),
        (b"\x89", "NEWFALSE", _nothing),
        (b"}", "EMPTY_DICT", _nothing),
        (b"]", "EMPTY_LIST", _nothing),
        (b")", "EMPTY_TUPLE", _nothing),
        (b"J", "BININT", _number("<i")),
        (b"K", "BININT1", _number("<B")),
        (b"M", "BININT2", _number("<H")),
        (b"\x8a", "LONG1", _long),
        (b"G", "BINFLOAT", _number(">d")),
        (b"X", "BINUNICODE", _text),
        (b"q", "BINPUT", _number("<B")),
        (b"r", "LONG_BINPUT", _number("<I")),
        (b"h", "BINGET", _number("<B")),
        (b"j", "LONG_BINGET", _number("<I")),
        (b"t", "TUPLE", _nothing),
        (b"\x85", "TUPLE1", _nothing),
        (b"\x86", "TUPLE2", _nothing),
        (b"\x87", "TUPLE3", _nothing),
        (b"s", "SETITEM", _nothing),
        (b"u", "SETITEMS", _nothing),
        (b"a", "APPEND", _nothing),
        (b"e", "APPENDS", _nothing),
        (b"c", "GLOBAL", _two_lines),
        (b"Q", "BINPERSID", _nothing),
        (b"R", "REDUCE", _nothing),
        (b"b", "BUILD", _nothing),
    )
}
"""By code, with the reader of the argument; names and formats as in the standard library's pickletools."""


def read_pickle(data: bytes, offset: int = 0) -> tuple[Any, int]:
    """The value of the pickle that starts at `offset`, and where it ends. Raises StateError."""
    stream = io.BytesIO(data)
    stream.seek(offset)
    machine = _Machine()
    try:
        for _ in range(OPS_MAX):
            name, argument = _next(stream)
            if name == "STOP":
                break
            machine.do(name, argument)
        else:
            raise refused("指令过多", "too many instructions")
    except (ValueError, IndexError, KeyError, TypeError, OverflowError) as error:
        raise refused(f"pickle 已损坏：{error}", f"the pickle is broken: {error}") from error
    if len(machine.stack) != 1 or machine.stack[0] is _MARK:
        raise refused("pickle 没有唯一的结果", "the pickle has no single result")
    return machine.stack[0], stream.tell()


def _next(stream: io.BytesIO) -> tuple[str, Any]:
    """The next instruction and its argument; what is not listed is refused."""
    code = _exactly(stream, 1)[0]
    if code not in INSTRUCTIONS:
        raise refused(f"指令 0x{code:02x} 不属于权重", f"instruction 0x{code:02x} has no place among weights")
    name, read = INSTRUCTIONS[code]
    return name, read(stream)


class _Machine:
    """The stack and memo of one pickle."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self._memo: dict[int, Any] = {}

    def do(self, op: str, argument: Any) -> None:
        """One instruction."""
        stack = self.stack
        if op in _CONSTANTS:
            stack.append(_CONSTANTS[op]())
        elif op in _VALUES:
            stack.append(argument)
        elif op in {"BINPUT", "LONG_BINPUT"}:
            self._memo[argument] = stack[-1]
        elif op in {"BINGET", "LONG_BINGET"}:
            stack.append(self._memo[argument])
        elif op in _SHORT_TUPLES:
            self._tuple(len(stack) - _SHORT_TUPLES[op])
        elif op == "GLOBAL":
            stack.append(_known(argument))
        elif op != "PROTO":
            self._compose(op)
        elif argument != 2:
            raise refused(f"pickle 协议 {argument} 不受支持", f"pickle protocol {argument} is not supported")

    def _compose(self, op: str) -> None:
        """Instructions that take apart what lies on the stack."""
        match op:
            case "TUPLE":
                items = self._to_mark()
                self.stack.append(tuple(items))
            case "SETITEM":
                value, key = self.stack.pop(), self.stack.pop()
                _set(self.stack[-1], [key, value])
            case "SETITEMS":
                items = self._to_mark()
                _set(self.stack[-1], items)
            case "APPEND":
                item = self.stack.pop()
                _list(self.stack[-1]).append(item)
            case "APPENDS":
                items = self._to_mark()
                _list(self.stack[-1]).extend(items)
            case "BINPERSID":
                self.stack.append(_storage(self.stack.pop()))
            case "REDUCE":
                arguments, called = self.stack.pop(), self.stack.pop()
                self.stack.append(_reduce(called, arguments))
            case "BUILD":
                # Torch hangs its layers' versions on the dict; weights do not need them.
                self.stack.pop()
                _dict(self.stack[-1])

    def _tuple(self, start: int) -> None:
        if start < 0:
            raise IndexError("stack is too short")
        self.stack[start:] = [tuple(self.stack[start:])]

    def _to_mark(self) -> list[Any]:
        start = len(self.stack) - 1
        while self.stack[start] is not _MARK:
            start -= 1
            if start < 0:
                raise IndexError("no mark on the stack")
        items = self.stack[start + 1 :]
        del self.stack[start:]
        return items


def _known(name: str) -> Name:
    if name in {_ORDERED_DICT, _REBUILD} or name in STORAGE_BYTES:
        return Name(name)
    shown = name.replace(" ", ".")[:120]
    raise refused(
        f"文件要调用 {shown}，权重文件不应如此，可能有害",
        f"the file wants {shown}, which weights do not; it may be hostile",
    )


def _storage(identity: Any) -> StorageRef:
    """From ``("storage", kind, key, device, count[, view])``."""
    match identity:
        case ("storage", Name(text=kind), str(key), str(), int(count), *rest) if kind in STORAGE_BYTES:
            if count >= 0 and rest in ([], [None]):
                return StorageRef(kind, key, count)
    raise refused("存储描述不合规", "a storage is described in an unknown way")


def _reduce(called: Any, arguments: Any) -> Any:
    if called == Name(_ORDERED_DICT) and arguments == ():
        return {}
    if called == Name(_REBUILD) and isinstance(arguments, tuple):
        match arguments:
            case (StorageRef() as storage, int(offset), tuple(shape), tuple(stride), bool(), dict()):
                if offset >= 0 and len(shape) == len(stride) and _sizes(shape) and _sizes(stride):
                    return TensorRef(storage, offset, shape, stride)
    raise refused("张量描述不合规", "a tensor is described in an unknown way")


def _sizes(numbers: tuple[Any, ...]) -> bool:
    return len(numbers) <= 8 and all(type(number) is int and 0 <= number < 2**31 for number in numbers)


def _set(target: Any, items: list[Any]) -> None:
    if len(items) % 2:
        raise ValueError("a key without a value")
    for key, value in zip(items[::2], items[1::2], strict=True):
        if not isinstance(key, str):
            raise refused("键不是文字", "a key is not a text")
        _dict(target)[key] = value


def _dict(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("not a dict")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("not a list")
    return value


def refused(zh: str, en: str) -> StateError:
    """What is wrong with a state file, with the remedy."""
    return StateError(f"不是可用的权重文件：{zh}；请重新获取", f"this is no usable file of weights: {en}; get it anew")
