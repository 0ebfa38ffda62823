"""Members of a model: each is built as if it were the whole model, and gives tensors instead of methods."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tinygen import reference
from tinygen.analysis.ranges import tensor_ranges
from tinygen.classical.builder import GraphBuilder
from tinygen.classical.combination import Answer, Part
from tinygen.classical.description import Columns, Description, Rows
from tinygen.errors import UnsupportedError
from tinygen.ir import DType, Operator, Quantization, Range, Tensor

Build = Callable[[GraphBuilder, Description, NDArray[np.float64], int], None]
"""What adds the nodes of any description: quantize.build."""

METHODS = {
    Answer.CLASSES: "predict",
    Answer.DECISION: "decision",
    Answer.PROBABILITIES: "predict_proba",
    Answer.VALUES: "predict",
}


class MemberBuilder(GraphBuilder):
    """A builder that writes into another one, with a row of its own as input, and keeps methods for itself."""

    def __init__(self, root: GraphBuilder, raw: Rows, input: Tensor, name: str) -> None:
        self.root, self.raw, self.input, self.name = root, raw, input, name
        self.precision, self.quantize_net = root.precision, root.quantize_net
        self.answers: dict[str, Tensor] = {}

    def constant(
        self,
        name: str,
        values: NDArray,
        dtype: DType = DType.INT32,
        quantization: Quantization | None = None,
    ) -> Tensor:
        return self.root.constant(f"{self.name}: {name}", values, dtype, quantization)

    def node(
        self,
        name: str,
        op: Operator,
        inputs: Sequence[Tensor],
        *,
        dtype: DType = DType.INT32,
        scale: float = 1.0,
        zero_point: int = 0,
    ) -> Tensor:
        full = f"{self.name}: {name}"
        return self.root.node(full, op, inputs, dtype=dtype, scale=scale, zero_point=zero_point)

    def reach(self) -> NDArray[np.float64]:
        name = self.input.name
        if name == self.root.input.name:
            return self.root.reach()
        bounds = tensor_ranges(self.root.graph_of((name,)))[name]
        return np.maximum(np.abs(bounds.low), np.abs(bounds.high)).astype(np.float64)

    def values(self, tensor: Tensor, samples: Rows) -> NDArray[np.float64]:
        """Of the same rows as `samples`, which are those of this builder's input."""
        return self.root.values(tensor, self.raw)

    def method(self, name: str, output: Tensor) -> None:
        self.answers[name] = output


@dataclass(frozen=True, kw_only=True, eq=False)
class Members:
    """Where members are built: in `graph`, on rows of its input, of which there are samples.

    `root` and `raw` are the builder of the whole model and samples of its input. If `is_wide`, members have wide sums.
    """

    graph: GraphBuilder
    samples: Rows
    bits: int
    build: Build
    is_wide: bool = False

    @property
    def is_fine(self) -> bool:
        """True if columns that are computed here have 31 bits."""
        return self.bits == 32 or self.graph.precision.has_wide_columns

    @property
    def root(self) -> GraphBuilder:
        return self.graph.root if isinstance(self.graph, MemberBuilder) else self.graph

    @property
    def raw(self) -> Rows:
        return self.graph.raw if isinstance(self.graph, MemberBuilder) else self.samples

    def methods(self, member: Description) -> dict[str, Tensor]:
        """The methods of a member by name; one that was met before is not built again."""
        known = self.root.members
        place = (
            id(member.scorer), self.graph.input.name, self.is_wide, *map(id, member.transforms)
        )  # fmt: skip
        if place not in known:
            builder = MemberBuilder(
                self.root, self.raw, self.graph.input, f"member {len(known) + 1}"
            )
            if self.is_wide:
                builder.precision = replace(builder.precision, is_wide=True)
            known[place] = member, builder.answers  # the member is kept, so that its id is
            self.build(builder, member, self.samples, self.bits)
        return known[place][1]

    def answer(self, part: Part) -> Tensor:
        """The tensor of a member's answer; of classes their index."""
        found = self.methods(part.member).get(METHODS[part.answer])
        if found is None:
            raise UnsupportedError(
                what=f"this model needs a member's {part.answer.value}, which C is not written for",
                where=describe(part.member),
                next_step="use another estimator there, or voting by classes",
            )
        return found

    def values(self, tensors: Sequence[Tensor]) -> list[NDArray]:
        """The integers of tensors for all samples."""
        graph = self.root.graph_of(tuple(dict.fromkeys(t.name for t in tensors)))
        (x,) = graph.input_tensors
        known = {x.name: self.raw.astype(x.dtype.numpy)}
        if all(t.name == x.name for t in tensors):
            return [known[x.name] for _ in tensors]
        found = reference.run(graph, known)
        return [known[t.name] if t.name in known else found[t.name] for t in tensors]

    def ranges(self, tensors: Sequence[Tensor]) -> list[Range]:
        """Bounds of tensors."""
        found = tensor_ranges(self.root.graph_of(tuple(dict.fromkeys(t.name for t in tensors))))
        return [found[t.name] for t in tensors]

    def behind(self, tensor: Tensor, name: str) -> "Members":
        """Where members are built whose features are a tensor; samples are its integers."""
        (values,) = self.values([tensor])
        graph = MemberBuilder(self.root, self.raw, tensor, name)
        return replace(self, graph=graph, samples=values.astype(np.float64))


def describe(member: Description) -> str:
    """The estimator behind a member, for errors."""
    owner = getattr(member.answer, "__self__", None)
    return type(owner).__name__ if owner is not None else type(member.scorer).__name__


def scaled_columns(factors: NDArray[np.float64], offsets: NDArray[np.float64]) -> Columns:
    """Columns times positive factors, plus offsets."""
    return Columns(
        sources=np.arange(len(factors)),
        signs=np.ones(len(factors), np.int64),
        apply=lambda rows: rows * factors + offsets,
        factors=factors,
        offsets=offsets,
    )


def in_front(whole: Description, member: Description) -> Description:
    """A member on the features of the whole, behind its transformers."""
    transforms = (*whole.transforms, *member.transforms)
    return replace(member, features=whole.features, transforms=transforms)
