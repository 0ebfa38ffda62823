"""What a survey of a model file reports."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One layer of a model that cannot be converted."""

    layer: str
    operator: str
    problem: str
    next_step: str
