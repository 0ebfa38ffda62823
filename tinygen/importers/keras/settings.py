"""A layer's configuration, read with its types checked: the JSON may hold anything."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tinygen.errors import ModelFileError, UnsupportedError

_REQUIRED = object()


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The `config` entry of one layer; `where` names the layer in errors."""

    values: Mapping[str, Any]
    where: str

    def __contains__(self, key: str) -> bool:
        return self.values.get(key) is not None

    def get(self, key: str, default: Any = _REQUIRED) -> Any:
        """The raw value; a missing or null one gives the default."""
        value = self.values.get(key)
        if value is not None:
            return value
        if default is _REQUIRED:
            raise self.wrong(key, None, "a value")
        return default

    def flag(self, key: str, default: bool) -> bool:
        value = self.get(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, value, "true or false")
        return value

    def text(self, key: str, default: Any = _REQUIRED) -> str:
        value = self.get(key, default)
        if not isinstance(value, str):
            raise self.wrong(key, value, "text")
        return value

    def number(self, key: str, default: Any = _REQUIRED) -> float:
        value = self.get(key, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not _is_finite(value):
            raise self.wrong(key, value, "a finite number")
        return float(value)

    def positive(self, key: str, default: Any = _REQUIRED) -> int:
        return self._positive(key, self.get(key, default))

    def positives(self, key: str, count: int, default: Any = _REQUIRED) -> tuple[int, ...]:
        """`count` positive integers; Keras also writes one integer for all."""
        value = self.get(key, default)
        if isinstance(value, int):
            value = [value] * count
        if not isinstance(value, (list, tuple)) or len(value) != count:
            raise self.wrong(key, value, f"{count} positive integers")
        return tuple(self._positive(key, v) for v in value)

    def extent(self, key: str, spatial: int, default: Any = _REQUIRED) -> tuple[int, int]:
        """(height, width) of a kernel, stride or dilation; signals (`spatial` 1) have height 1."""
        sizes = self.positives(key, spatial, default)
        return (1, sizes[0]) if spatial == 1 else (sizes[0], sizes[1])

    def axis(self, key: str, rank: int, default: Any = _REQUIRED) -> int:
        """An axis of a tensor with `rank` dimensions, counted from the front; lists of one are allowed."""
        value = self.get(key, default)
        if isinstance(value, (list, tuple)) and len(value) == 1:
            value = value[0]
        if isinstance(value, bool) or not isinstance(value, int) or not -rank <= value < rank:
            raise self.wrong(key, value, f"one axis of a tensor with {rank} dimensions")
        return value % rank

    def check_channels_last(self) -> None:
        """Raise UnsupportedError for channels_first."""
        if self.text("data_format", "channels_last") != "channels_last":
            raise UnsupportedError(
                what="data_format 'channels_first' is not supported",
                where=self.where,
                next_step="rebuild the model with data_format='channels_last' and transposed inputs",
            )

    def wrong(self, key: str, value: Any, needed: str) -> ModelFileError:
        return ModelFileError(
            what=f"'{key}' is {_shown(value)}, needed is {needed}",
            where=self.where,
            next_step="save the model again with Keras",
        )

    def unsupported(self, what: str, supported: str) -> UnsupportedError:
        return UnsupportedError(what=what, where=self.where, next_step=f"supported: {supported}")

    def _positive(self, key: str, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**31:
            raise self.wrong(key, value, "a positive integer")
        return value


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _shown(value: Any) -> str:
    text = "missing" if value is None else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
