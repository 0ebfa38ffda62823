"""Constant arrays of the generated C, and the numbers in them as text."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from tinygen.kernels import Array, Fill, Role, Struct

NUMBERS_PER_LINE = {
    "int8_t": 20,
    "int16_t": 16,
    "int32_t": 8,
    "uint8_t": 20,
    "uint16_t": 16,
    "uint32_t": 8,
}


@dataclass(frozen=True, kw_only=True)
class ConstantArray:
    """A static const array of the weights file."""

    name: str
    ctype: str
    length: int
    alignment: int
    lines: tuple[str, ...]
    bytes: int
    is_hot: bool = False

    @property
    def qualifier(self) -> str:
        """Arrays in RAM are initialized data, which the start-up code copies; the others stay in flash."""
        return "" if self.is_hot else "const "


@dataclass(kw_only=True)
class Constants:
    """Constant arrays under construction; arrays with equal bytes are stored once."""

    prefix: str
    arrays: list[ConstantArray] = field(default_factory=list)
    weight_names: list[str] = field(default_factory=list)
    reads: dict[str, float] = field(default_factory=dict)
    _by_content: dict[tuple[str, bytes], str] = field(default_factory=dict)
    _fills: dict[int, int] = field(default_factory=dict)
    _taken: set[str] = field(default_factory=set)

    def unique(self, name: str) -> str:
        """The name, or one like it: "a" with an array "b_c" and "a_b" with an array "c" would meet."""
        found, count = name, 1
        while found in self._taken:
            count += 1
            found = f"{name}_{count}"
        self._taken.add(found)
        return found

    def add(self, name: str, array: Array, products: int = 0) -> str:
        """The name under which an array is stored; `products` are those of the layer that reads it as weights."""
        ctype = f"{array.data.dtype.name}_t"
        key = (ctype, array.data.tobytes())
        if key not in self._by_content:
            name = self.unique(name)
            self._by_content[key] = name
            self.arrays.append(constant_array(name, ctype, array.data, array.alignment))
        stored = self._by_content[key]
        if array.role is Role.WEIGHTS:
            self.reads[stored] = self.reads.get(stored, 0.0) + products / max(array.data.nbytes, 1)
        return stored

    def add_fill(self, fill: Fill) -> str:
        self._fills[fill.value] = max(fill.length, self._fills.get(fill.value, 0))
        return f"{self.prefix}_row_of_{_signed_word(fill.value)}"

    def finish(self, hot_bytes: int) -> tuple[ConstantArray, ...]:
        """All arrays; those that are read most often per byte are hot, as far as `hot_bytes` go."""
        for value, length in sorted(self._fills.items()):
            name = f"{self.prefix}_row_of_{_signed_word(value)}"
            self.arrays.append(constant_array(name, "int8_t", np.full(length, value, np.int8), 4))
        hot: set[str] = set()
        for array in sorted(self.arrays, key=lambda a: (-self.reads.get(a.name, 0.0), a.name)):
            if self.reads.get(array.name, 0.0) > 1.0 and array.bytes <= hot_bytes:
                hot.add(array.name)
                hot_bytes -= array.bytes
        return tuple(replace(a, is_hot=a.name in hot) for a in self.arrays)


def _signed_word(value: int) -> str:
    return f"minus_{-value}" if value < 0 else str(value)


def constant_array(name: str, ctype: str, data: np.ndarray, alignment: int) -> ConstantArray:
    per_line = NUMBERS_PER_LINE[ctype]
    words = [literal(int(v), ctype) for v in data]
    lines = (", ".join(words[i : i + per_line]) for i in range(0, len(words), per_line))
    return ConstantArray(
        name=name,
        ctype=ctype,
        length=len(words),
        alignment=alignment,
        lines=tuple(lines),
        bytes=data.nbytes,
    )


def literal(value: int, ctype: str) -> str:
    # -2147483648 is not an int32 literal in C: it is minus an out-of-range number
    if ctype == "uint32_t":
        return f"{value}u"
    return "(-2147483647 - 1)" if value == -(2**31) else str(value)


def float_literal(value: float) -> str:
    """A C float literal that reads back as the same float32."""
    text = f"{np.float32(value):.9g}"
    return f"{text}f" if "." in text or "e" in text else f"{text}.0f"


def initializer(struct: Struct, name: str, constants: Constants, products: int) -> Iterator[str]:
    """Positional, with the field names as comments: C++17 has no designated initializers."""
    for field_name, value in struct.fields.items():
        match value:
            case Struct():
                inner = list(initializer(value, f"{name}_{field_name}", constants, products))
                yield f"{{ /* {field_name} */"
                yield from (f"    {line}" for line in inner)
                yield "},"
            case Array():
                stored = constants.add(f"{name}_{value.name}", value, products)
                yield f"{stored}, /* {field_name} */"
            case Fill():
                yield f"{constants.add_fill(value)}, /* {field_name} */"
            case _:
                yield f"{literal(int(value), 'int32_t')}, /* {field_name} */"


__all__ = ["ConstantArray", "Constants", "constant_array", "float_literal", "initializer"]
