"""Foreign models to graphs: `load(path)`.

A file's content decides which importer reads it, and its extension must agree. Each file of
`formats/` describes one format; the importers themselves are loaded when a model of their format is
met. No importer runs code of the model.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tinygen.classical import Description
from tinygen.errors import ConversionError, ModelFileError, UsageError
from tinygen.importers import formats
from tinygen.importers.finding import Finding
from tinygen.importers.format import Format
from tinygen.ir import Graph

__all__ = [
    "Finding",
    "Format",
    "ImportOptions",
    "formats",
    "identify",
    "is_pipeline",
    "load",
    "load_pipeline",
    "survey",
]


@dataclass(frozen=True, kw_only=True)
class ImportOptions:
    """`name` is the graph's name; None takes the file's name without its extension."""

    name: str | None = None


def load(path: Path, *, options: ImportOptions = ImportOptions()) -> Graph:
    """Read a model file or folder.

    Raises ModelFileError for what is no model or is damaged, UnsupportedError for a model that uses
    what tinygen does not support.
    """
    path = Path(path)
    with _naming(path):
        graph = _graph_format(path).importer().load(path)
    return graph.replace(name=options.name or path.stem)


def survey(path: Path) -> tuple[Finding, ...]:
    """List the layers that cannot be converted; empty when `load` would succeed.

    Raises ModelFileError as `load` does.
    """
    path = Path(path)
    with _naming(path):
        return _graph_format(path).importer().survey(path)


def load_pipeline(path: Path, *, trust: bool = False) -> Description:
    """Read a file of a fitted scikit-learn estimator; `trust` allows files that run code of their own.

    Raises what `load` raises, and UsageError for such a file without `trust`.
    """
    path = Path(path)
    with _naming(path):
        return identify(path).importer().load(path, trust=trust)


def is_pipeline(path: Path) -> bool:
    """True for a file of a fitted estimator, which `load_pipeline` reads. Raises what `identify` raises."""
    return identify(path).is_pipeline


def _graph_format(path: Path) -> Format:
    found = identify(path)
    if found.is_pipeline:
        raise UsageError(
            what="a fitted estimator becomes a graph only with samples of its input",
            where=str(path),
            next_step="give it to `tinygen emit`, verify or bench with --calibration X.npz",
        )
    return found


@contextlib.contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Let errors name the file."""
    try:
        yield
    except ConversionError as error:
        error.where = _in_file(path, error.where)
        raise


def _in_file(path: Path, where: str | None) -> str:
    """A place in a file, with the file."""
    if where is None:
        return str(path)
    return where if path.name in where else f"{where} of {path.name}"


def identify(path: Path) -> Format:
    """The format of a model, from its content.

    Raises ModelFileError for what is no model, or has the extension of another format.
    """
    _check_exists(path)
    found = next((f for f in formats.FORMATS if f.matches(path)), None)
    if found is None:
        raise _unrecognized(path)
    if path.is_file() and path.suffix.lower() not in found.suffixes:
        raise ModelFileError(
            what=f"the file is a {found.name} but is named '{path.suffix or path.name}'",
            where=str(path),
            next_step=f"check that it is the right file; if so, name it {_either(found.suffixes)}",
        )
    return found


def _check_exists(path: Path) -> None:
    where = str(path)
    try:
        is_file, exists = path.is_file(), path.exists()
        is_empty = is_file and path.stat().st_size == 0
        if is_file:
            path.open("rb").close()
    except (OSError, ValueError) as error:
        raise ModelFileError(
            what=f"the model cannot be opened: {error}", where=where, next_step="check the path"
        ) from error
    if not exists:
        raise ModelFileError(
            what="there is no such file or folder", where=where, next_step="check the path"
        )
    if is_empty:
        raise ModelFileError(
            what="the file is empty", where=where, next_step="export or download the model again"
        )


def _unrecognized(path: Path) -> ModelFileError:
    known = "; ".join(f"{f.name} ({_either(f.suffixes) or 'a folder'})" for f in formats.FORMATS)
    claimed = [f.name for f in formats.FORMATS if path.suffix.lower() in f.suffixes]
    if path.is_dir():
        what = "the folder holds no SavedModel (no saved_model.pb)"
    elif claimed:
        what = f"the file is named like a {_either(claimed)} but its content is not one"
    else:
        what = "the file is in no format that tinygen reads"
    return ModelFileError(
        what=what, where=str(path), next_step=f"give one of: {known}; or export the model again"
    )


def _either(words: list[str] | tuple[str, ...]) -> str:
    return " or ".join(words)
