"""What a model file may ask for. Far above any model for a microcontroller, far below what exhausts a laptop."""

MAX_CONFIG_BYTES = 64 * 2**20
"""Architecture in JSON."""

MAX_WEIGHTS_FILE_BYTES = 1024 * 2**20
"""The HDF5 file inside a .keras archive, uncompressed."""

MAX_ELEMENTS = 2**26
"""Elements of one tensor, weights or activations."""

MAX_NODES = 10_000
"""Layers after nested models have been unfolded: nesting can multiply them without end."""

MAX_DATASETS = 100_000
"""Arrays and groups below one layer in an HDF5 file."""
