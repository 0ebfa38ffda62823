"""C for a segment: tables of steps and addresses, and a function that runs the layers row by row."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tinygen.emit.names import comment
from tinygen.kernels import Array, KernelCall
from tinygen.kernels.kernel import Kernel
from tinygen.streaming.runs import InputRows, Kind, RowRun
from tinygen.streaming.segment import Segment, Stage

WORD = 4
"""Addresses of rows count words of so many bytes."""

StructOf = Callable[[KernelCall, str], str]
"""The C name of the parameter struct of a kernel call, given a name to derive it from."""


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """The table of addresses in words: where those of each tensor's rows begin, and of each layer's scratch."""

    words: tuple[int, ...]
    rows: dict[int, int]
    scratch: dict[int, int]


def addresses_of(segment: Segment) -> Addresses:
    """Addresses of rows by tensor, then of scratch by layer."""
    graph = segment.rows.graph
    rows: dict[int, int] = {}
    scratch: dict[int, int] = {}
    words: list[int] = []
    for index, tensor in enumerate(graph.tensors):
        if tensor.row_bytes:
            rows[index] = len(words)
            words += [segment.offsets[index, row] // WORD for row in range(tensor.rows)]
    for index, layer in enumerate(graph.layers):
        if segment.rows.scratch_bytes(index):
            scratch[index] = len(words)
            words += [segment.scratch[index, step] // WORD for step in range(layer.steps)]
    return Addresses(words=tuple(words), rows=rows, scratch=scratch)


def tables(segment: Segment, addresses: Addresses) -> tuple[Array, Array]:
    """Steps and addresses as constants."""
    return (
        Array(name="steps", data=np.array(segment.schedule, np.uint8)),
        Array(name="at", data=np.array(addresses.words, np.uint16), alignment=4),
    )


def whole_tensors(segment: Segment) -> dict[int, str]:
    """Tensors outside of the block, inputs first, and the names of the arguments that point to them."""
    graph = segment.rows.graph
    inputs = {t: f"whole_in{i or ''}" for i, t in enumerate(sorted(graph.present))}
    return inputs | dict.fromkeys(sorted(graph.kept), "whole_out")


def function_text(
    segment: Segment,
    function: str,
    steps: str,
    at: str,
    addresses: Addresses,
    struct_of: StructOf,
    arenas: Sequence[str],
    block: str,
    before_step: str,
) -> str:
    """The function; `steps` and `at` are the C names of the tables, `block` is where the rows lie in the arena.

    `before_step` is a statement about step i, for those who watch; `arenas` are the pointers that both name.
    """
    writer = _Writer(
        segment=segment, at=at, addresses=addresses, struct_of=struct_of, prefix=function
    )
    graph = segment.rows.graph
    arguments = [f"int8_t *{arena}" for arena in arenas]
    for tensor, name in writer.whole.items():
        arguments.append(f"{'const ' if tensor in graph.present else ''}int8_t *{name}")
    windows = [run for run in segment.runs if run.kind is Kind.WINDOW]
    most = max((_extent(run) for run in windows), default=1)
    most_out = max((run.rows for run in windows), default=1)
    cases = [line for i, s in enumerate(segment.rows.stages) for line in writer.case(i, s)]
    head = [
        f"/* Row by row: {comment(segment.runs[0].call.node.name)} to {comment(segment.runs[-1].call.node.name)}. */",
        *writer.signature(arguments),
        "{",
        f"    int8_t *const block = {block};",
        *writer.counters(),
        f"    const int8_t *rows[{most}];",
        f"    int8_t *outs[{most_out}];",
        "    int8_t *out;",
        "    int32_t y;",
        "",
        "    (void)block;",
        "    (void)rows;",
        "    (void)outs;",
        "    (void)out;",
        f"    {writer.loop} {{",
        *writer.take(steps),
        "",
        f"        {before_step}",
        "        y = done[step]++;",
        "        switch (step) {",
    ]
    tail = ["        default:", "            break;", "        }", "    }", *writer.end(), "}"]
    return "\n".join([*head, *cases, *tail])


def _extent(run: RowRun) -> int:
    """Input rows of a step."""
    return (run.rows - 1) * run.window.stride[0] + run.window.extent[0]


@dataclass(frozen=True, kw_only=True)
class _Writer:
    """Writes the cases of the switch."""

    segment: Segment
    at: str
    addresses: Addresses
    struct_of: StructOf
    prefix: str

    @property
    def is_pushed(self) -> bool:
        return None in self.segment.rows.stages

    @property
    def counter(self) -> str:
        """The type of a number of steps of a layer."""
        return f"uint{8 * self.segment.rows.counter_bytes}_t"

    @property
    def loop(self) -> str:
        count = len(self.segment.schedule)
        if self.is_pushed:
            return f"while ({self.prefix}_next < {count})"
        return f"for (int32_t i = 0; i < {count}; i++)"

    def signature(self, arguments: list[str]) -> Iterator[str]:
        """Pushed, it goes on to where a row is missing, says where that belongs, and comes back to it later."""
        if self.is_pushed:
            yield f"static uint16_t {self.prefix}_next;"
            yield f"static {self.counter} {self.prefix}_done[{len(self.segment.rows.graph.layers)}];"
            yield ""
        result = "int8_t *" if self.is_pushed else "void "
        # inlined, it would have its stack while others run
        yield f"TG_NOINLINE static {result}{self.prefix}({', '.join(arguments)})"

    def take(self, steps: str) -> Iterator[str]:
        if self.is_pushed:
            yield f"        const int32_t i = {self.prefix}_next++;"
        yield f"        const int32_t step = {steps}[i];"

    def counters(self) -> Iterator[str]:
        if self.is_pushed:
            yield f"    {self.counter} *const done = {self.prefix}_done;"
        else:
            yield f"    {self.counter} done[{len(self.segment.rows.graph.layers)}] = {{0}};"

    def end(self) -> Iterator[str]:
        """Ready for the next input."""
        if self.is_pushed:
            yield f"    {self.prefix}_next = 0;"
            yield f"    memset({self.prefix}_done, 0, sizeof {self.prefix}_done);"
            yield "    return NULL;"

    def case(self, index: int, stage: Stage | None) -> Iterator[str]:
        if stage is None:
            yield f"        case {index}: /* a row arrives */"
            tensor = self.segment.rows.graph.layers[index].output
            yield f"            return {self._row(tensor, 'y', 0)};"
            return
        run = self.segment.runs[stage.run]
        yield f"        case {index}: /* {comment(run.call.node.name)} */"
        write = _Writer.finish if stage.finishes else _WRITERS[run.kind]
        lines = write(self, run, index)
        yield from (f"            {line}" for line in lines)
        yield "            break;"

    def _tensor(self, name: str) -> int:
        tensors = self.segment.rows.graph.tensors
        return next(i for i, t in enumerate(tensors) if t.name == name)

    @cached_property
    def whole(self) -> dict[int, str]:
        return whole_tensors(self.segment)

    def _row(self, tensor: int, row: str, row_bytes: int) -> str:
        """Address of a row of a tensor of the row graph."""
        if tensor in self.addresses.rows:
            return f"tg_row_at({self.at} + {self.addresses.rows[tensor]}, block, {row})"
        return f"{self.whole[tensor]} + {row} * {row_bytes}"

    def _out(self, run: RowRun, index: int, row: str = "y") -> str:
        y = run.call.output
        tensor = self.segment.rows.graph.layers[index].output
        return self._row(tensor, row, y.bytes // y.shape[1])

    def _in(self, run: RowRun, rows: InputRows) -> str:
        x, move = run.call.inputs[rows.index], run.move
        row = "y" if move.steps_per_row == 1 else f"(y / {move.steps_per_row})"
        row = row if move.skipped == 0 else f"({row} + {move.skipped})"
        part = f" + y % {move.steps_per_row} * {move.part_bytes}" if move.part_bytes else ""
        return self._row(self._tensor(x.name), row, x.bytes // x.shape[1]) + part

    def _scratch(self, run: RowRun, index: int) -> list[str]:
        """The argument for scratch, where the kernel has one."""
        if run.kernel.scratch_bytes is None:
            return []
        if index not in self.addresses.scratch:
            return ["NULL"]
        return [f"tg_row_at({self.at} + {self.addresses.scratch[index]}, block, y)"]

    def window(self, run: RowRun, index: int) -> list[str]:
        x, window = run.call.inputs[0], run.window
        tensor = self._tensor(x.name)
        (kernel_call,) = run.kernel_calls
        struct = self.struct_of(kernel_call, f"{self.prefix}_{index}")
        first = f"y * {run.rows * window.stride[0]} - {window.padding.top}"
        pad = f"{struct}.pad_row" if "pad_row" in kernel_call.params.fields else "NULL"
        span = f"{_extent(run)}, {x.shape[1]}"
        if tensor in self.addresses.rows:
            table = f"{self.at} + {self.addresses.rows[tensor]}, block"
            gather = f"tg_rows_at(rows, {first}, {span}, {table}, {pad});"
        else:
            source = f"{self.whole[tensor]}, {x.bytes // x.shape[1]}"
            gather = f"tg_rows_in(rows, {first}, {span}, {source}, {pad});"
        count, places = self._out_rows(run, index)
        scratch = "".join(f", {place}" for place in self._scratch(run, index))
        return [
            gather,
            *places,
            f"{run.kernel.symbol}_rows(&{struct}, rows, outs, {count}{scratch});",
        ]

    def _out_rows(self, run: RowRun, index: int) -> tuple[str, list[str]]:
        """How many rows a step makes, and statements that say where they go."""
        if run.rows == 1:
            return "1", [f"outs[0] = {self._out(run, index)};"]
        y = run.call.output
        tensor = self.segment.rows.graph.layers[index].output
        left = f"{y.shape[1]} - y * {run.rows}"
        count = str(run.rows) if y.shape[1] % run.rows == 0 else f"tg_at_most({left}, {run.rows})"
        if tensor in self.addresses.rows:
            table = f"{self.at} + {self.addresses.rows[tensor]} + y * {run.rows}"
            return count, [f"tg_out_rows_at(outs, {count}, {table}, block);"]
        start = f"{self.whole[tensor]} + y * {run.rows * y.bytes // y.shape[1]}"
        return count, [f"tg_out_rows_in(outs, {count}, {start}, {y.bytes // y.shape[1]});"]

    def row(self, run: RowRun, index: int) -> list[str]:
        by_index = {rows.index: rows for rows in run.inputs}
        lines = []
        for count, kernel_call in enumerate(run.kernel_calls):
            struct = self.struct_of(kernel_call, f"{self.prefix}_{index}_{count}")
            reads = [self._in(run, by_index[i]) for i in kernel_call.inputs]
            arguments = [f"&{struct}", *reads, self._out(run, index)]
            arguments += self._scratch(run, index)
            lines.append(f"{run.kernel.symbol}({', '.join(arguments)});")
        return lines

    def sum(self, run: RowRun, index: int) -> list[str]:
        struct = self.struct_of(run.kernel_calls[0], f"{self.prefix}_{index}")
        return [
            f"out = {self._out(run, index, '0')};",
            f"{run.kernel.symbol}(&{struct}, {self._in(run, run.inputs[0])}, "
            f"({run.sums.ctype} *)(void *)out, y == 0);",
        ]

    def finish(self, run: RowRun, index: int) -> list[str]:
        kernel: Kernel = run.finish
        struct = self.struct_of(run.kernel_calls[1], f"{self.prefix}_{index}")
        sums = self.segment.rows.graph.layers[index].reads[0].tensor
        return [
            f"out = {self._row(sums, '0', 0)};",
            f"{kernel.symbol}(&{struct}, (const {run.sums.ctype} *)(const void *)out, "
            f"{self._out(run, index, '0')});",
        ]


_WRITERS = {Kind.WINDOW: _Writer.window, Kind.ROW: _Writer.row, Kind.SUM: _Writer.sum}
