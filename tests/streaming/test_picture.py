"""memory.svg shows everything that lies in the arena, inside of its frame."""

import contextlib
from xml.etree import ElementTree

import pytest

from tests.example_graphs import cnn
from tests.streaming.plans import segments_everywhere
from tinygen import targets
from tinygen.emit import picture
from tinygen.emit.program import lower

SVG = "{http://www.w3.org/2000/svg}"
HOST = targets.load("host")


@pytest.mark.parametrize("by_rows", [False, True])
def test_every_buffer_and_row_is_drawn_inside_of_the_frame(by_rows):
    with segments_everywhere(0) if by_rows else contextlib.nullcontext():
        program = lower(cnn(), HOST)
    root = ElementTree.fromstring(picture.draw(program, "a <net> & more"))
    frame, *boxes = root.iter(f"{SVG}rect")
    top, height = float(frame.get("y")), float(frame.get("height"))
    titles = " ".join(box.find(f"{SVG}title").text for box in boxes)
    for box in boxes:
        y, tall = float(box.get("y")), float(box.get("height"))
        assert top - 0.2 <= y and y + tall <= top + height + 0.2
    for buffer in program.buffers:
        if buffer.name in program.layout.storages:
            assert buffer.name in titles
    for item in program.items:
        rows = item.segment.offsets if item.segment else {}
        for tensor, row in rows:
            assert f"{item.segment.rows.graph.tensors[tensor].name}, row {row}:" in titles
