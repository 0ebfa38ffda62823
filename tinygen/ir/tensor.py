"""Tensors and how their integers stand for real numbers."""

import enum
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.errors import ConversionError


class DType(enum.Enum):
    """Element types that a graph can carry."""

    FLOAT32 = "float32"
    INT8 = "int8"
    UINT8 = "uint8"
    INT16 = "int16"
    INT32 = "int32"
    INT64 = "int64"

    @property
    def numpy(self) -> np.dtype:
        return np.dtype(self.value)

    @property
    def bytes(self) -> int:
        return self.numpy.itemsize

    @property
    def is_integer(self) -> bool:
        return self is not DType.FLOAT32

    @property
    def limits(self) -> tuple[int, int]:
        """The least and the largest integer; of float32 those of its bits as an int32."""
        info = np.iinfo(self.numpy if self.is_integer else np.int32)
        return int(info.min), int(info.max)

    @property
    def ctype(self) -> str:
        """The element type in C."""
        return f"{self.value}_t" if self.is_integer else "float"


@dataclass(frozen=True, kw_only=True)
class Quantization:
    """real = scale * (q - zero_point): one pair for the tensor, or one per index along `axis`.

    Scales are float32 values held as Python floats: TFLite derives its multipliers from them.
    """

    scales: tuple[float, ...]
    zero_points: tuple[int, ...]
    axis: int | None = None

    def __post_init__(self) -> None:
        if len(self.scales) != len(self.zero_points) or not self.scales:
            raise ConversionError(
                what=f"{len(self.scales)} scales but {len(self.zero_points)} zero points"
            )
        if self.axis is None and len(self.scales) != 1:
            raise ConversionError(what=f"{len(self.scales)} scales for a per-tensor quantization")
        for scale in self.scales:
            if not math.isfinite(scale) or scale <= 0.0 or scale != float(np.float32(scale)):
                raise ConversionError(what=f"quantization scale {scale} is not a positive float32")

    @classmethod
    def per_tensor(cls, scale: float, zero_point: int) -> "Quantization":
        return cls(scales=(float(np.float32(scale)),), zero_points=(int(zero_point),))

    @classmethod
    def per_channel(cls, scales: NDArray[np.float32], axis: int) -> "Quantization":
        """Symmetric per-channel quantization: all zero points are 0."""
        values = tuple(float(s) for s in np.asarray(scales, np.float32))
        return cls(scales=values, zero_points=(0,) * len(values), axis=axis)

    @property
    def scale(self) -> float:
        """The scale of a per-tensor quantization."""
        if self.axis is not None:
            raise ValueError("per-channel quantization has no single scale")
        return self.scales[0]

    @property
    def zero_point(self) -> int:
        """The zero point of a per-tensor quantization."""
        if self.axis is not None:
            raise ValueError("per-channel quantization has no single zero point")
        return self.zero_points[0]

    def scale_array(self, channels: int) -> NDArray[np.float32]:
        """Scales as float32 [channels]; a per-tensor scale is repeated."""
        scales = np.asarray(self.scales, np.float32)
        return np.broadcast_to(scales, (channels,)) if self.axis is None else scales

    def describe(self) -> str:
        if self.axis is None:
            return f"scale {self.scale:.6g} zero {self.zero_point}"
        return f"{len(self.scales)} scales {min(self.scales):.3g}..{max(self.scales):.3g}"


@dataclass(frozen=True, kw_only=True, eq=False)
class Tensor:
    """A value of the graph. `data` is None for activations, an array for constants.

    `shape` includes the batch, which is 1 at the front of every activation of a usual model.
    """

    name: str
    shape: tuple[int, ...]
    dtype: DType
    quantization: Quantization | None = None
    data: NDArray | None = None

    def __post_init__(self) -> None:
        if any(not isinstance(d, int) or d < 1 for d in self.shape):
            raise ConversionError(
                what=f"tensor '{self.name}' has shape {list(self.shape)}",
                where=self.name,
                next_step="every dimension must be a positive, known integer",
            )
        if self.data is not None:
            self._check_data(self.data)

    def _check_data(self, data: NDArray) -> None:
        if data.shape != self.shape or data.dtype != self.dtype.numpy:
            raise ConversionError(
                what=f"constant '{self.name}' is {data.dtype}{list(data.shape)}, "
                f"declared {self.dtype.value}{list(self.shape)}",
                where=self.name,
            )
        if self.dtype is DType.FLOAT32 and not np.isfinite(data).all():
            raise ConversionError(
                what=f"constant '{self.name}' holds NaN or infinite values",
                where=self.name,
                next_step="retrain or repair the model: such weights have no int8 form",
            )

    @property
    def is_constant(self) -> bool:
        return self.data is not None

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def bytes(self) -> int:
        return self.size * self.dtype.bytes

    @property
    def channels(self) -> int:
        """Length of the last axis (1 for a scalar)."""
        return self.shape[-1] if self.shape else 1

    @property
    def zero_point(self) -> int:
        """Zero point of a quantized activation; 0 where there is no quantization."""
        return self.quantization.zero_point if self.quantization else 0

    def describe(self) -> str:
        shape = "x".join(str(d) for d in self.shape) or "scalar"
        suffix = f" ({self.quantization.describe()})" if self.quantization else ""
        return f"{self.dtype.value}[{shape}]{suffix}"
