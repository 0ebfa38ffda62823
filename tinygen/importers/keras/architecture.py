"""The architecture of a Keras model: layers and which tensors they are called on, from the JSON of any version.

Nothing is built from the JSON but these records. Class names are only looked up in the table of importers.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinygen.errors import ModelFileError
from tinygen.importers.keras.limits import MAX_CONFIG_BYTES

SEQUENTIAL = ("Sequential",)
FUNCTIONAL = ("Functional", "Model")  # Keras 2.3 and before wrote "Model"
INPUT_LAYER = "InputLayer"
CONSTANT_VALUE = "_CONSTANT_VALUE"  # stands for a layer where Keras 2 writes 3.0 - x
ARRAYS = ("__numpy__", "__tensor__")


@dataclass(frozen=True, kw_only=True)
class Reference:
    """Output `output` of the call number `call` of a layer."""

    layer: str
    call: int
    output: int


@dataclass(frozen=True, kw_only=True)
class Constant:
    """A number or an array in the place of a tensor, as in `x + 3.0`."""

    value: NDArray[np.float32]


Operand = Reference | Constant


@dataclass(frozen=True, kw_only=True)
class LayerRecord:
    """One layer and its calls; each call lists the tensors that it reads, and numbers in their place."""

    class_name: str
    name: str
    config: Mapping[str, Any]
    operands: tuple[tuple[Operand, ...], ...]
    """What each call is given, in order."""
    arguments: tuple[Any, ...] = ()
    """What the file says of each call."""
    model: "ModelRecord | None"
    """The layers inside, where the layer is itself a model."""
    is_operation: bool
    """True for bare operations such as `a + b` in Keras 3, which have no weights and no folder for them."""

    @property
    def calls(self) -> tuple[tuple[Reference, ...], ...]:
        """The tensors that each call reads."""
        return tuple(
            tuple(item for item in operands if isinstance(item, Reference))
            for operands in self.operands
        )

    @property
    def kind(self) -> str:
        """What the layer is, as the table of importers names it."""
        if self.is_operation:
            return f"keras.ops.{self.class_name}"
        function = self.config.get("function")
        if self.class_name == "TFOpLambda" and isinstance(function, str):
            return f"tf.{function}"
        return self.class_name


@dataclass(frozen=True, kw_only=True)
class ModelRecord:
    """A Sequential or functional model."""

    name: str
    layers: tuple[LayerRecord, ...]
    inputs: tuple[Reference, ...]
    outputs: tuple[Reference, ...]


def parse(text: str | bytes, where: str) -> ModelRecord:
    """Read the JSON that Keras stores with a model. Raises ModelFileError when it is not that."""
    if len(text) > MAX_CONFIG_BYTES:
        raise ModelFileError(what="the architecture is too large", where=where)
    try:
        return _model(json.loads(text), where)
    except RecursionError as error:
        raise ModelFileError(what="the architecture is nested too deeply", where=where) from error
    except (ValueError, UnicodeDecodeError) as error:
        raise ModelFileError(
            what="the architecture is not valid JSON",
            where=f"{where} ({error})",
            next_step="save the model again with Keras",
        ) from error


def _model(record: Any, where: str) -> ModelRecord:
    class_name = _entry(record, "class_name", str, where)
    config = record.get("config")
    if class_name in SEQUENTIAL:
        # Keras before 2.2.3 stored the bare list of layers
        return _sequential({"layers": config} if isinstance(config, list) else config, where)
    if class_name in FUNCTIONAL:
        return _functional(config, where)
    raise ModelFileError(
        what=f"the model is a {class_name!r}, a class of its own",
        where=where,
        next_step="only Sequential and functional models describe themselves in the file: rebuild it as one, "
        "or save it as a SavedModel folder or .tflite",
    )


def _sequential(config: Any, where: str) -> ModelRecord:
    layers = []
    previous: Reference | None = None
    records = _entry(config, "layers", list, where)
    if records and _entry(records[0], "class_name", str, where) != INPUT_LAYER:
        records = [_implied_input(config, records[0], where), *records]
    for record in records:
        layer = _layer(record, where, operands=((previous,),) if previous else ())
        layers.append(layer)
        previous = Reference(layer=layer.name, call=0, output=0)
    if previous is None:
        raise ModelFileError(what="the model has no layers", where=where)
    return ModelRecord(
        name=str(config.get("name", "sequential")),
        layers=tuple(layers),
        inputs=(Reference(layer=layers[0].name, call=0, output=0),),
        outputs=(previous,),
    )


def _implied_input(config: Any, first: Any, where: str) -> dict[str, Any]:
    """The input layer that a Sequential model did not write down; its shape stands in the first layer."""
    first_config = _entry(first, "config", dict, where)
    first_build = first.get("build_config")
    build = first_build.get("input_shape") if isinstance(first_build, dict) else None
    candidates = (
        first_config.get("batch_input_shape"),
        first_config.get("batch_shape"),
        config.get("build_input_shape"),
        build,
    )
    shape = next((s for s in candidates if s is not None), None)
    name = f"{first_config.get('name', 'layer')}_input"
    return {"class_name": INPUT_LAYER, "config": {"batch_shape": shape, "name": name}}


def _functional(config: Any, where: str) -> ModelRecord:
    layers = []
    for record in _entry(config, "layers", list, where):
        nodes = record.get("inbound_nodes", []) if isinstance(record, dict) else []
        if not isinstance(nodes, list):
            raise _malformed("inbound_nodes", where)
        operands = tuple(_call(node) for node in nodes)
        layers.append(_layer(record, where, operands, tuple(nodes)))
    inputs = tuple(_references(config.get("input_layers")))
    outputs = tuple(_references(config.get("output_layers")))
    if not inputs or not outputs:
        raise ModelFileError(what="the model has no inputs or no outputs", where=where)
    return ModelRecord(
        name=str(config.get("name", "model")), layers=tuple(layers), inputs=inputs, outputs=outputs
    )


def layer_record(record: Any, where: str) -> LayerRecord:
    """The layer that a setting of another one describes."""
    return _layer(record, where, operands=())


def _layer(
    record: Any,
    where: str,
    operands: tuple[tuple[Operand, ...], ...],
    arguments: tuple[Any, ...] = (),
) -> LayerRecord:
    class_name = _entry(record, "class_name", str, where)
    config = record.get("config")
    is_model = class_name in SEQUENTIAL or class_name in FUNCTIONAL
    if not isinstance(config, (dict, list) if is_model else dict):
        raise _malformed("config", where)
    own_name = config.get("name") if isinstance(config, dict) else None
    name = record.get("name") or own_name or class_name
    if not isinstance(name, str):
        raise _malformed("name", where)
    module = record.get("module")
    return LayerRecord(
        class_name=class_name,
        name=name,
        config=config if isinstance(config, dict) else {},
        operands=operands,
        arguments=arguments,
        model=_model(record, f"{where}, model '{name}'") if is_model else None,
        is_operation=isinstance(module, str) and module.startswith("keras.src.ops"),
    )


def _call(node: Any) -> tuple[Operand, ...]:
    """The operands of one call: Keras 3 wraps them in args and kwargs, Keras 2 writes bare triples."""
    if isinstance(node, dict):
        return tuple(_operands([node.get("args"), node.get("kwargs")]))
    return tuple(_operands(node))


def _references(item: Any) -> Iterator[Reference]:
    """Every reference to a tensor below an item, in order."""
    return (operand for operand in _operands(item) if isinstance(operand, Reference))


def _operands(item: Any) -> Iterator[Operand]:
    """Every reference to a tensor and every number or array below an item, in order."""
    found = _as_reference(item)
    if found is not None:
        yield found
        # Keras 2 appends the keyword arguments, which may hold further tensors: a + b
        if isinstance(item, list) and len(item) == 4:
            yield from _operands(item[3])
    elif isinstance(item, dict):
        config = item.get("config") if isinstance(item.get("config"), dict) else None
        if config is not None and item.get("class_name") in ARRAYS:
            yield from _constant(config.get("value"))
        elif config is not None and item.get("class_name") == "__keras_tensor__":
            yield from _operands(config.get("keras_history"))
        else:
            yield from _operands(list(item.values()))
    elif isinstance(item, list) and item[:1] == [CONSTANT_VALUE]:
        yield from _operands(item[2:])
    elif isinstance(item, list):
        for entry in item:
            yield from _operands(entry)
    elif isinstance(item, (int, float)) and not isinstance(item, bool):
        yield from _constant(item)


def _constant(value: Any) -> Iterator[Constant]:
    """The array of a number or of nested lists of numbers; none for what is neither."""
    try:
        with np.errstate(over="ignore"):
            array = np.asarray(value, np.float32)
    except (TypeError, ValueError, OverflowError):
        return
    if array.size:
        yield Constant(value=array)


def _as_reference(item: Any) -> Reference | None:
    if not isinstance(item, list) or len(item) not in (3, 4):
        return None
    layer, call, output = item[:3]
    if (
        not isinstance(layer, str)
        or layer == CONSTANT_VALUE
        or type(call) is not int
        or type(output) is not int
    ):
        return None
    return Reference(layer=layer, call=call, output=output)


def _entry(record: Any, key: str, kind: type, where: str) -> Any:
    value = record.get(key) if isinstance(record, Mapping) else None
    if not isinstance(value, kind):
        raise _malformed(key, where)
    return value


def _malformed(key: str, where: str) -> ModelFileError:
    return ModelFileError(
        what=f"the architecture is malformed: '{key}' is missing or of the wrong type",
        where=where,
        next_step="save the model again with Keras",
    )


def folders(
    model: ModelRecord, snake_case: Callable[[str], str], prefix: str = ""
) -> dict[tuple[str, ...], str]:
    """Where a .keras archive keeps each layer's weights, by the path of names that leads to the layer.

    Keras numbers the layers of one class in their order: `layers/conv2d`, `layers/conv2d_1`.
    """
    counts: dict[str, int] = {}
    result: dict[tuple[str, ...], str] = {}
    for layer in model.layers:
        if layer.is_operation:
            continue
        base = snake_case(layer.class_name)
        number = counts[base] = counts.get(base, -1) + 1
        folder = f"{prefix}layers/{base}_{number}" if number else f"{prefix}layers/{base}"
        result[(layer.name,)] = folder
        if layer.model is not None:
            below = folders(layer.model, snake_case, f"{folder}/")
            result.update({(layer.name, *path): f for path, f in below.items()})
    return result
