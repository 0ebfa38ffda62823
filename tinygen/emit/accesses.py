"""How often the buffers of the arena are read and written, roughly: what is hot goes into the fast memory.

A layer reads one byte of its input for every multiply-accumulate, and writes its output once. A kernel with scratch
copies its input there once, and reads the scratch instead. Loads that a kernel saves by keeping bytes in registers are
saved in about the same measure everywhere, so that the order stays.
"""

from collections.abc import Sequence

from tinygen.planner import Layout
from tinygen.selection import Candidate
from tinygen.streaming.network import Item


def accesses(
    items: Sequence[Item], candidates: Sequence[Candidate], layout: Layout
) -> dict[str, float]:
    """Bytes read and written by buffer name."""
    found = {buffer.name: 0.0 for buffer in layout.buffers}
    blocks = {b.first: b.name for b in layout.buffers if b.name not in layout.storages}

    def touch(tensor: str, count: float) -> None:
        storage = layout.storages.get(tensor)
        if storage is not None and storage.tensors[0] in found:
            found[storage.tensors[0]] += count

    for index, item in enumerate(items):
        for candidate in candidates[item.first : item.last + 1]:
            call = candidate.call
            macs = call.op.macs(call)
            block = blocks.get(index)
            # within a segment the block holds the rows, which are read where they lie
            copies = block is not None and item.segment is None and macs > 0
            for tensor in call.activations:
                touch(tensor.name, tensor.bytes if copies else max(macs, tensor.bytes))
            if block is not None:
                found[block] += max(macs, call.output.bytes)
            touch(call.output.name, call.output.bytes)
    return found
