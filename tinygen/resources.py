"""Where `templates/` and `runtime_c/` lie: inside an installed wheel, or at the top of a checkout."""

import importlib.resources
from importlib.resources.abc import Traversable
from pathlib import Path


def resource(folder: str) -> Traversable:
    """Return the folder "templates" or "runtime_c"."""
    packaged = importlib.resources.files("tinygen").joinpath("_data", folder)
    if packaged.is_dir():
        return packaged
    return Path(__file__).resolve().parent.parent / folder
