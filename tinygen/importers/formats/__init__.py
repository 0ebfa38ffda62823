"""The model formats, one per file. There is no list to edit: every module here has a `FORMAT`."""

import importlib
import pkgutil

from tinygen.importers.format import Format

FORMATS: tuple[Format, ...] = tuple(
    importlib.import_module(f"{__name__}.{info.name}").FORMAT
    for info in sorted(pkgutil.iter_modules(__path__), key=lambda info: info.name)
)
"""Every format that `load` recognizes."""
