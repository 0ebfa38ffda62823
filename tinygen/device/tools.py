"""Compilers and emulators: found on the path, or a ToolMissingError that says what to install."""

import functools
import shutil
import subprocess

from tinygen.errors import ToolMissingError

DEBIAN_PACKAGES = {
    "arm-none-eabi-gcc": "gcc-arm-none-eabi libnewlib-arm-none-eabi",
    "riscv64-unknown-elf-gcc": "gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf",
    "qemu-system-arm": "qemu-system-arm",
    "qemu-system-riscv32": "qemu-system-misc",
    "cc": "gcc libc6-dev",
    "gcc": "gcc libc6-dev",
}
"""Debian and Ubuntu packages that hold each tool."""


def find(tool: str) -> str:
    """Return the path of `tool`. Raises ToolMissingError with the install command."""
    path = shutil.which(tool)
    if path is None:
        package = DEBIAN_PACKAGES.get(tool, tool)
        raise ToolMissingError(
            what=f"{tool} is not installed",
            next_step=f"sudo apt-get install {package}",
        )
    return path


@functools.cache
def version(tool: str) -> str:
    """Return the first line that `tool --version` prints."""
    result = subprocess.run(
        [find(tool), "--version"], capture_output=True, text=True, check=False, timeout=30
    )
    lines = result.stdout.splitlines()
    return lines[0].strip() if lines else "unknown version"
