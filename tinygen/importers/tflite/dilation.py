"""Takes what converters make of a dilated convolution as one convolution again.

A convolution with dilation (dh, dw) sees dh * dw interleaved images, each without dilation. Keras 3 computes it
that way: SPACE_TO_BATCH_ND pads the image and takes it apart into a batch, CONV_2D or DEPTHWISE_CONV_2D runs on
each, BATCH_TO_SPACE_ND puts the results together and crops them. Around the convolution of a sequence [N, L, C],
EXPAND_DIMS or RESHAPE add and remove an axis of length 1.

Cells that SPACE_TO_BATCH_ND adds hold the zero point, as the padding of a convolution does, and a result that is
cropped is one whose padding was not needed: so the padding is what was added less what was cropped. (TFLite
Micro's SPACE_TO_BATCH_ND never sets the value of these cells; TFLite writes the zero point, which is what is meant.)
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tinygen.importers.tflite.model_file import FileOperator, FileTensor, ModelFile

_CONVOLUTIONS = ("CONV_2D", "DEPTHWISE_CONV_2D")
_ADDS_AXIS = ("EXPAND_DIMS", "RESHAPE")
_REMOVES_AXIS = ("SQUEEZE", "RESHAPE")

Pairs = tuple[tuple[int, int], ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class DilatedConvolution(FileOperator):
    """A convolution from the input of SPACE_TO_BATCH_ND to the output of BATCH_TO_SPACE_ND.

    `kind` and `table` are those of the convolution inside. Of height and width: `block` are the dilations,
    `paddings` and `crops` the cells (before, after). `added_axis` is 1 or 2 for a sequence, None for an image.
    """

    block: tuple[int, int]
    paddings: Pairs
    crops: Pairs
    added_axis: int | None


def merge_dilations(file: ModelFile) -> ModelFile:
    """Put one DilatedConvolution in the place of each chain of operators that computes one."""
    file = _for_each_reader(_for_each_reader(file, _ADDS_AXIS), ("SPACE_TO_BATCH_ND",))
    readers = _readers(file)
    replaced: dict[int, FileOperator | None] = {}
    for operator in file.operators:
        chain = _chain(file, operator, readers)
        merged = _merged(file, chain) if chain else None
        if merged:
            replaced.update((id(op), None) for op in chain)
            replaced[id(chain[-1])] = merged
    kept = (replaced.get(id(op), op) for op in file.operators)
    return dataclasses.replace(file, operators=tuple(op for op in kept if op is not None))


def _for_each_reader(file: ModelFile, kinds: Sequence[str]) -> ModelFile:
    """Operators of these kinds once for every operator that reads their result: several convolutions may share it.

    Of those that add an axis only such as read a result of SPACE_TO_BATCH_ND.
    """
    readers, tensors = _readers(file), list(file.tensors)
    apart = {o for op in file.operators if op.kind == "SPACE_TO_BATCH_ND" for o in op.outputs}
    copies: dict[int, list[FileOperator]] = {}
    reading: dict[int, dict[int, int]] = {}
    for operator in file.operators:
        if operator.kind not in kinds or len(operator.outputs) != 1 or not operator.inputs:
            continue
        (result,), found = operator.outputs, readers.get(operator.outputs[0], [])
        is_first = operator.kind == "SPACE_TO_BATCH_ND" or operator.inputs[0] in apart
        if not is_first or result in file.outputs:
            continue
        for reader in found[1:]:
            tensors.append(file.tensors[result])
            copy = dataclasses.replace(operator, outputs=(len(tensors) - 1,))
            copies.setdefault(id(operator), []).append(copy)
            reading.setdefault(id(reader), {})[result] = len(tensors) - 1
    operators: list[FileOperator] = []
    for operator in file.operators:
        new = reading.get(id(operator), {})
        inputs = tuple(new.get(index, index) for index in operator.inputs)
        changed = dataclasses.replace(operator, inputs=inputs) if new else operator
        operators += [changed, *copies.get(id(operator), ())]
    return dataclasses.replace(file, tensors=tuple(tensors), operators=tuple(operators))


def _readers(file: ModelFile) -> dict[int, list[FileOperator]]:
    """Which operators read each tensor."""
    readers: dict[int, list[FileOperator]] = {}
    for operator in file.operators:
        for index in operator.inputs:
            readers.setdefault(index, []).append(operator)
    return readers


def _chain(
    file: ModelFile, first: FileOperator, readers: dict[int, list[FileOperator]]
) -> list[FileOperator]:
    """The operators from SPACE_TO_BATCH_ND to BATCH_TO_SPACE_ND, three or five; none where they are others."""
    if first.kind != "SPACE_TO_BATCH_ND":
        return []
    chain = [first]
    while len(chain) < 5 and chain[-1].kind != "BATCH_TO_SPACE_ND":
        following = _only_reader(file, chain[-1], readers)
        if following is None:
            return []
        chain.append(following)
    inner = chain[1:-1]
    if len(inner) == 3 and inner[0].kind in _ADDS_AXIS and inner[2].kind in _REMOVES_AXIS:
        inner = inner[1:2]
    is_whole = chain[-1].kind == "BATCH_TO_SPACE_ND" and len(chain[-1].outputs) == 1
    return chain if is_whole and len(inner) == 1 and inner[0].kind in _CONVOLUTIONS else []


def _only_reader(
    file: ModelFile, operator: FileOperator, readers: dict[int, list[FileOperator]]
) -> FileOperator | None:
    """The one operator that takes this one's result as its first input, if nothing else sees that."""
    if len(operator.outputs) != 1 or operator.outputs[0] in file.outputs:
        return None
    found = readers.get(operator.outputs[0], [])
    return found[0] if len(found) == 1 and found[0].inputs[0] == operator.outputs[0] else None


def _merged(file: ModelFile, chain: Sequence[FileOperator]) -> DilatedConvolution | None:
    """The chain as one operator; None where its numbers or shapes are not those of a convolution."""
    middle = len(chain) // 2
    block, paddings = _block(file, chain[0])
    block_after, crops = _block(file, chain[-1])
    if not block or block != block_after:
        return None
    before = [file.tensors[i] for i in (chain[0].inputs[0], *_results(chain[:middle]))]
    after = [file.tensors[i] for i in _results(chain[middle:])]
    if not (_same_units(before) and _same_units(after)):
        return None
    if len(chain) == 3 and len(block) == 2:
        added_axis = None
    elif len(chain) == 5 and len(block) == 1:
        added_axis = _added_axis(*before[1:])
        if added_axis is None or added_axis != _added_axis(after[1], after[0]):
            return None
        # The added axis has nothing to take apart
        at = added_axis - 1
        block, paddings, crops = (
            (*values[:at], neutral, *values[at:])
            for values, neutral in ((block, 1), (paddings, (0, 0)), (crops, (0, 0)))
        )
    else:
        return None
    return DilatedConvolution(
        kind=chain[middle].kind,
        inputs=(chain[0].inputs[0], *chain[middle].inputs[1:]),
        outputs=chain[-1].outputs,
        table=chain[middle].table,
        block=block,
        paddings=paddings,
        crops=crops,
        added_axis=added_axis,
    )


def _results(operators: Sequence[FileOperator]) -> list[int]:
    return [op.outputs[0] for op in operators]


def _block(file: ModelFile, operator: FileOperator) -> tuple[tuple[int, ...], Pairs]:
    """The block's size, and the paddings or crops (before, after) of each of its axes; empty if unknown."""
    if len(operator.inputs) != 3 or min(operator.inputs) < 0:
        return (), ()
    sizes, pairs = (file.tensors[i].data for i in operator.inputs[1:])
    if sizes is None or pairs is None or {sizes.dtype.kind, pairs.dtype.kind} != {"i"}:
        return (), ()
    if sizes.ndim != 1 or len(sizes) not in (1, 2) or pairs.shape != (len(sizes), 2):
        return (), ()
    return tuple(int(s) for s in sizes), tuple((int(a), int(b)) for a, b in pairs)


def _same_units(tensors: Sequence[FileTensor]) -> bool:
    """True if an element means the same in all of them, and the file knows their shapes."""
    first = tensors[0]
    return not any(t.is_open for t in tensors) and all(
        t.type == first.type
        and np.array_equal(t.scales, first.scales)
        and np.array_equal(t.zero_points, first.zero_points)
        for t in tensors[1:]
    )


def _added_axis(sequence: FileTensor, image: FileTensor) -> int | None:
    """Where a sequence [N, L, C] has got an axis; the batch may be written as 1 where it is unknown."""
    if len(sequence.shape) != 3 or len(image.shape) != 4:
        return None
    length, channels = sequence.shape[1:]
    candidates = {1: (1, length, channels), 2: (length, 1, channels)}
    return next((axis for axis, shape in candidates.items() if shape == image.shape[1:]), None)
