"""Names for tensors and nodes that quantization adds."""

from collections.abc import Collection


def free_name(wanted: str, taken: Collection[str]) -> str:
    """The name, or the name with the first number that makes it unlike the taken ones."""
    name, number = wanted, 1
    while name in taken:
        name, number = f"{wanted}_{number}", number + 1
    return name
