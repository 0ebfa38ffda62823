"""Memory planning: which tensors share storage, where each storage lies in the arena. Pure functions."""

from tinygen.planner.banks import Banks, in_banks
from tinygen.planner.layout import Layout, lay_out
from tinygen.planner.offsets import Buffer, Overlap, Plan, lower_bound, place
from tinygen.planner.storage import Step, Storage, assign_storage

__all__ = [
    "Banks",
    "Buffer",
    "Layout",
    "Overlap",
    "Plan",
    "Step",
    "Storage",
    "assign_storage",
    "in_banks",
    "lay_out",
    "lower_bound",
    "place",
]
