"""Writes a generated folder, all or nothing.

Touches only a folder that is missing, empty, or carries our manifest; deletes only files that the manifest lists.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from tinygen.emit.manifest import FILE_NAME, GENERATOR
from tinygen.errors import OutputFolderError


def write_folder(folder: Path, files: dict[str, bytes]) -> None:
    """Replace the generated files of `folder`; a crash leaves either the old folder or the new one."""
    check_folder(folder)
    parent = folder.absolute().parent
    try:
        parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=parent))
    except OSError as error:
        raise _failure(folder, error) from error
    try:
        _fill(staging / "new", files)
        if folder.is_dir():
            _keep_foreign_files(folder, staging / "new")
            os.rename(folder, staging / "old")
        os.rename(staging / "new", folder)
    except OSError as error:
        if (staging / "old").is_dir() and not folder.exists():
            os.rename(staging / "old", folder)
        raise _failure(folder, error) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def check_folder(folder: Path) -> None:
    """Raise OutputFolderError unless the folder may be written: do this before long work."""
    try:
        is_folder = folder.is_dir() and not folder.is_symlink()
        is_other = not is_folder and (folder.is_symlink() or folder.exists())
        is_empty = not is_folder or not any(folder.iterdir())
    except (OSError, ValueError) as error:  # a name that is too long, a folder that cannot be read
        raise OutputFolderError(
            what=f"the output folder cannot be used: {getattr(error, 'strerror', None) or error}",
            where=str(folder)[:200],
            next_step="give another with -o",
        ) from error
    if is_other:
        raise OutputFolderError(
            what="the output is not a folder", where=str(folder), next_step="give another with -o"
        )
    if is_empty:
        return
    if _listed_files(folder) is None:
        raise OutputFolderError(
            what="the output folder holds files that tinygen did not write",
            where=str(folder),
            next_step="give an empty or new folder with -o, or empty this one yourself",
        )


def _listed_files(folder: Path) -> set[str] | None:
    """The files that the folder's manifest lists; None when the manifest is not ours."""
    try:
        manifest = json.loads((folder / FILE_NAME).read_text())
        if manifest["generator"] != GENERATOR:
            return None
        return {*manifest["files"], FILE_NAME}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _fill(folder: Path, files: dict[str, bytes]) -> None:
    for path, data in files.items():
        if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
            raise ValueError(f"{path} leaves the output folder")
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)


def _keep_foreign_files(old: Path, new: Path) -> None:
    """Copy what the user has added to the folder: files, empty folders, and links as links."""
    ours = _listed_files(old) or set()
    for path in _entries(old):
        relative = path.relative_to(old)
        if relative.as_posix() in ours or os.path.lexists(new / relative):
            continue
        if path.is_dir() and not path.is_symlink():
            (new / relative).mkdir(parents=True)
            continue
        (new / relative).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, new / relative, follow_symlinks=False)


def _entries(folder: Path) -> Iterator[Path]:
    """All files, links and empty folders below a folder; what links point to is not entered."""
    for path in sorted(folder.iterdir()):
        is_folder = path.is_dir() and not path.is_symlink()
        if is_folder and any(path.iterdir()):
            yield from _entries(path)
        else:
            yield path


def _failure(folder: Path, error: OSError) -> OutputFolderError:
    return OutputFolderError(
        what=f"the output folder cannot be written: {error.strerror}",
        where=str(folder),
        next_step="check permissions and free space, or give another folder with -o",
    )
