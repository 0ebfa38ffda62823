"""The cycle model: a QEMU plugin in C, built on demand with the host's compiler.

Rules, sources and the comparison with hardware are in docs/cycle-model.md.
"""

import atexit
import functools
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from importlib import resources
from pathlib import Path

from tinygen.device import tools
from tinygen.errors import ToolMissingError

_FLAGS = ("-std=c11", "-O2", "-fPIC", "-shared", "-fvisibility=hidden")
_LAST_QEMU_WITH_API_1 = 8


def argument(core: str, result: str) -> str:
    """Value of QEMU's -plugin option: model `core` and write the regions to the file `result`.

    `result` is relative to the directory in which QEMU runs.

    Raises ToolMissingError where the plugin cannot be built.
    """
    path = str(library()).replace(",", ",,")  # QEMU's way to write a comma in a value
    return f"{path},core={core},out={result}"


def obstacle(emulator: str) -> str | None:
    """Why this emulator cannot load the plugin, or None. Later versions changed the interface."""
    version = re.search(r"version (\d+)", tools.version(emulator))
    if version and int(version[1]) > _LAST_QEMU_WITH_API_1:
        return f"the cycle model needs QEMU 5 to {_LAST_QEMU_WITH_API_1}, this is {version[1]}"
    return None


def library() -> Path:
    """Path of the built plugin, in the user's cache and keyed by its sources and compiler."""
    sources = resources.files(__package__) / "source"
    with resources.as_file(sources) as folder:
        files = sorted(folder.glob("*.[ch]"))
        digest = hashlib.sha256(repr((tools.version("cc"), _FLAGS)).encode())
        for file in files:
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
        built = _cache_folder() / f"cycles-{digest.hexdigest()[:32]}.so"
        if not built.exists():
            _build([str(f) for f in files if f.suffix == ".c"], built)
    return built


def _build(sources: list[str], built: Path) -> None:
    with tempfile.TemporaryDirectory(dir=built.parent) as scratch:
        product = Path(scratch) / built.name
        command = [tools.find("cc"), *_FLAGS, "-o", str(product), *sources]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise ToolMissingError(
                what=f"the cycle model does not compile here:\n{result.stderr.strip()}",
                where=str(built),
                next_step="install a C compiler for this computer: sudo apt-get install gcc",
            )
        os.replace(product, built)  # another process may have built the same one


@functools.cache
def _cache_folder() -> Path:
    """The user's cache, or a temporary folder of this process where there is none to write to."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(base) / "tinygen"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        writable = os.access(folder, os.W_OK)
    except OSError:
        writable = False
    if writable:
        return folder
    temporary = tempfile.mkdtemp(prefix="tinygen-plugin-")
    atexit.register(shutil.rmtree, temporary, ignore_errors=True)
    return Path(temporary)
