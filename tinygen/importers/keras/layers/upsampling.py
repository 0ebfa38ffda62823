"""Layers that enlarge images and signals, or cut off their borders."""

from tinygen.importers.keras.builder import Layer, Value, image
from tinygen.importers.keras.layers.activation import apply_activation
from tinygen.importers.keras.layers.convolution import with_bias
from tinygen.importers.keras.layers.shape import pairs_of
from tinygen.importers.keras.registry import imports
from tinygen.importers.keras.weights import Shapes
from tinygen.ops.crop import Crop
from tinygen.ops.resize_bilinear import ResizeBilinear
from tinygen.ops.transpose_conv2d import TransposeConv2D
from tinygen.ops.upsampling2d import UpSampling2D


@imports("UpSampling2D")
def upsampling2d(layer: Layer) -> Value:
    layer.settings.check_channels_last()
    x = layer.expect_rank(4)
    mode = layer.settings.text("interpolation", "nearest")
    factor = layer.settings.extent("size", 2, 2)
    if mode == "bilinear":
        _, height, width, _ = x.shape
        size = (height * factor[0], width * factor[1])
        return image(layer.node(ResizeBilinear(size=size, half_pixels=True), x.tensor))
    if mode != "nearest":
        raise layer.unsupported(f"interpolation {mode!r}", "nearest, bilinear")
    return image(layer.node(UpSampling2D(factor=factor), x.tensor))


@imports("Resizing")
def resizing(layer: Layer) -> Value:
    """Bilinear to any size; nearest to multiples."""
    layer.settings.check_channels_last()
    x = layer.expect_rank(4)
    mode = layer.settings.text("interpolation", "bilinear")
    size = layer.settings.positive("height"), layer.settings.positive("width")
    for key in ("crop_to_aspect_ratio", "pad_to_aspect_ratio", "antialias"):
        if layer.settings.flag(key, False):
            raise layer.unsupported(f"{key}=True", f"{key}=False")
    if mode == "bilinear":
        return image(layer.node(ResizeBilinear(size=size, half_pixels=True), x.tensor))
    factors = tuple(n // d for n, d in zip(size, x.shape[1:3], strict=True))
    if mode != "nearest" or any(n % d for n, d in zip(size, x.shape[1:3], strict=True)):
        raise layer.unsupported(
            f"interpolation {mode!r} to {list(size)}", "bilinear; nearest to multiples"
        )
    return image(layer.node(UpSampling2D(factor=factors), x.tensor))


@imports("UpSampling1D")
def upsampling1d(layer: Layer) -> Value:
    x = layer.lifted(layer.expect_rank(3))
    return layer.signal(layer.node(UpSampling2D(factor=layer.settings.extent("size", 1, 2)), x))


@imports("Cropping2D")
def cropping2d(layer: Layer) -> Value:
    layer.settings.check_channels_last()
    x = layer.expect_rank(4)
    crops = ((0, 0), *pairs_of(layer, "cropping", 2), (0, 0))
    return image(layer.node(Crop(crops=crops), x.tensor))


@imports("Cropping1D")
def cropping1d(layer: Layer) -> Value:
    x = layer.lifted(layer.expect_rank(3))
    crops = ((0, 0), (0, 0), *pairs_of(layer, "cropping", 1), (0, 0))
    return layer.signal(layer.node(Crop(crops=crops), x))


@imports("Conv2DTranspose", "Convolution2DTranspose")
def conv2d_transpose(layer: Layer) -> Value:
    return _convolve(layer, spatial=2)


@imports("Conv1DTranspose", "Convolution1DTranspose")
def conv1d_transpose(layer: Layer) -> Value:
    return _convolve(layer, spatial=1)


def _convolve(layer: Layer, spatial: int) -> Value:
    settings = layer.settings
    settings.check_channels_last()
    x = layer.lifted(layer.expect_rank(spatial + 2))
    kernel = settings.extent("kernel_size", spatial)
    filters = settings.positive("filters")
    if settings.extent("dilation_rate", spatial, 1) != (1, 1):
        raise layer.unsupported("a transposed convolution with dilation", "dilation_rate 1")
    op = _operator(layer, spatial, kernel, x.shape[1:3])
    shapes: Shapes = {"kernel": (*kernel[2 - spatial :], filters, x.channels)}
    if settings.flag("use_bias", True):
        shapes["bias"] = (filters,)
    weights = layer.weights(shapes)
    # [KH, KW, O, I] or [K, O, I] to [O, KH, KW, I]
    stored = weights["kernel"].reshape(*kernel, filters, x.channels).transpose(2, 0, 1, 3)
    y = layer.node(op, *with_bias(layer, weights, x, layer.constant("kernel", stored)))
    return apply_activation(layer, layer.signal(y) if spatial == 1 else image(y))


def _operator(
    layer: Layer, spatial: int, kernel: tuple[int, int], size: tuple[int, ...]
) -> TransposeConv2D:
    """The operator for an input of (height, width) `size`."""
    settings = layer.settings
    stride = settings.extent("strides", spatial, 1)
    mode = settings.text("padding", "valid")
    if mode not in ("valid", "same"):
        raise layer.unsupported(f"padding {mode!r}", "valid, same")
    extra = _output_padding(layer, spatial)
    is_same = mode == "same"
    lengths, offsets = [], []
    for axis in range(2):
        k, s = kernel[axis], stride[axis]
        whole = (size[axis] - 1) * s + k
        length = _length(size[axis], k, s, extra and extra[axis], is_same)
        lengths.append(length)
        # the gradient of a convolution that pads so much above
        offsets.append(max(whole - length, 0) // 2 if is_same else 0)
    return TransposeConv2D(stride=stride, size=tuple(lengths), offset=tuple(offsets))


def _length(length: int, kernel: int, stride: int, extra: int | None, is_same: bool) -> int:
    """Outputs along an axis, as Keras has them; `extra` is what `output_padding` says."""
    if extra is None:
        return length * stride + (0 if is_same else max(kernel - stride, 0))
    cut = 2 * (kernel // 2) if is_same else 0
    return (length - 1) * stride + kernel - cut + extra


def _output_padding(layer: Layer, spatial: int) -> tuple[int, int] | None:
    """Rows and columns more, which Keras wants to be fewer than the stride; None where it chooses them itself."""
    value = layer.settings.get("output_padding", [])
    if value == []:
        return None
    values = [value] * spatial if isinstance(value, int) else value
    is_right = isinstance(values, list) and len(values) == spatial
    if not is_right or not all(type(v) is int and 0 <= v < 2**31 for v in values):
        raise layer.settings.wrong("output_padding", value, f"{spatial} numbers, 0 and above")
    return (0, values[0]) if spatial == 1 else (values[0], values[1])
