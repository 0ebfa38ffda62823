"""A residual sum takes no memory of its own: it lies over an operand that dies, whole or row by row, on every core."""

import pytest

from tests.device.support import CORES
from tests.example_graphs import Network
from tinygen import targets
from tinygen.emit.program import Program, lower
from tinygen.ops.activation import Activation
from tinygen.ops.add import Add
from tinygen.ops.mul import Mul
from tinygen.planner import lower_bound
from tinygen.streaming.runs import row_run

RELU = Add(activation=Activation.RELU)


def residual(op, *, shortcut_first: bool, shortcut_lives: bool = False):
    """A sum (or product) in the middle of a network."""
    net = Network((1, 6, 5, 8))
    x = net.conv(net.input, 8)
    y = net.conv(x, 8, activation=Activation.NONE)
    total = net.apply(op, (x, y) if shortcut_first else (y, x))
    after = net.conv(total, 8)
    return net.finish(net.apply(op, (after, x)) if shortcut_lives else net.conv(after, 3))


def lowered(graph, core) -> Program:
    return lower(graph, targets.load(core))


@pytest.mark.parametrize("core", CORES)
@pytest.mark.parametrize(("op", "shortcut_first"), [(Add(), True), (RELU, False), (Mul(), False)])
def test_it_lies_over_an_operand(op, shortcut_first, core):
    program = lowered(residual(op, shortcut_first=shortcut_first), core)
    (layer,) = [x for x in program.layers if isinstance(x.call.op, type(op))]
    storages = program.layout.storages
    assert storages[layer.call.output.name] in [storages[t.name] for t in layer.call.inputs]
    run = row_run(next(c for c in program.selection.chosen if c.call is layer.call))
    assert run.over == (0, 1), "a row may take the place of either"


@pytest.mark.parametrize("core", CORES)
def test_it_lies_over_the_operand_that_dies(core):
    graph = residual(Add(), shortcut_first=True, shortcut_lives=True)
    program = lowered(graph, core)
    first, last = [x.call for x in program.layers if isinstance(x.call.op, Add)]
    shortcut, branch = (program.layout.storages[t.name] for t in first.inputs)
    assert program.layout.storages[first.output.name] is branch
    assert shortcut is not branch
    assert program.layout.storages[last.output.name].external == last.output.name


def test_the_arena_has_no_room_for_a_third_tensor():
    program = lowered(residual(Add(), shortcut_first=True), "host")
    (index,) = [i for i, x in enumerate(program.layers) if isinstance(x.call.op, Add)]
    alive = [b for b in program.buffers if b.first <= index <= b.last]
    assert lower_bound(alive) == 2 * 6 * 5 * 8
