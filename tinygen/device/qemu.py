"""Run a firmware image under QEMU and turn what can go wrong into a user error."""

import re
import subprocess
from pathlib import Path

from tinygen.device import tools
from tinygen.device.image import Image, symbol_at
from tinygen.errors import VerificationError

_EXIT_MEANINGS = {
    95: "the model wrote to its input buffer",
    96: "the model wrote outside its output buffer",
    98: "the firmware could not open, read or write a file of the host",
}
"""Exit codes of firmware/tinygen_device.h that need no further detail."""

_FAULT_EXIT = 99
_STACK_EXIT = 97

_CFSR_BITS = {
    0: "instruction access violation",
    1: "data access violation",
    8: "instruction bus error",
    9: "precise data bus error",
    10: "imprecise data bus error",
    12: "bus error on exception entry (stack overflow)",
    16: "undefined instruction",
    17: "invalid state",
    18: "invalid program counter",
    19: "coprocessor or FPU not present",
    20: "stack limit exceeded",
    24: "unaligned access",
    25: "division by zero",
}
"""Configurable Fault Status Register, Armv7-M and Armv8-M Architecture Reference Manuals."""

_RISCV_CAUSES = {
    0: "instruction address misaligned",
    1: "instruction access fault",
    2: "illegal instruction",
    3: "breakpoint",
    4: "load address misaligned",
    5: "load access fault",
    6: "store address misaligned",
    7: "store access fault",
}
"""mcause, RISC-V Privileged Architecture."""


class StackOverflowError(VerificationError):
    """The model needs more stack than the firmware image has on this board."""


def run(image: Image, folder: Path, *, timeout_s: float = 300, plugin: str | None = None) -> str:
    """Run the image with `folder` as the place of its files; return what it printed.

    Without a plugin the instruction counter is on; with one it is off, because QEMU executes
    blocks anew around a timer access then and a plugin would count them twice.
    Raises VerificationError for a fault, a stack overflow or a timeout, ToolMissingError.
    """
    counting = ["-plugin", plugin] if plugin else ["-icount", f"shift={image.board.icount_shift}"]
    command = [
        tools.find(image.board.emulator),
        "-M",
        image.board.machine,
        *image.board.extra_args,
        "-nographic",
        "-monitor",
        "none",
        "-serial",
        "null",
        "-semihosting-config",
        "enable=on,target=native",
        *counting,
        "-kernel",
        str(image.elf),
    ]
    try:
        result = subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise VerificationError(
            what=f"the firmware did not finish within {timeout_s:g} s",
            where=_place(image),
            next_step="use fewer samples, or look for an endless loop",
        ) from error
    printed = (result.stdout + result.stderr).decode(errors="replace")
    if result.returncode != 0:
        raise _failure(image, result.returncode, printed)
    return printed


def _place(image: Image) -> str:
    return f"{image.target.name} on QEMU machine {image.board.machine}"


def _failure(image: Image, code: int, printed: str) -> VerificationError:
    place = _place(image)
    if code == _STACK_EXIT:
        return StackOverflowError(
            what=f"the stack of {image.board.stack_bytes} bytes overflowed", where=place
        )
    if code == _FAULT_EXIT:
        return _fault(image, printed)
    if code in _EXIT_MEANINGS:
        return VerificationError(what=_EXIT_MEANINGS[code], where=place)
    if "Lockup" in printed:
        return VerificationError(
            what="the processor locked up: a fault occurred while a fault was handled", where=place
        )
    return VerificationError(
        what=f"QEMU ended with code {code}: {printed.strip()[-500:]}", where=place
    )


def _fault(image: Image, printed: str) -> VerificationError:
    values = {key: int(value, 16) for key, value in re.findall(r"(\w+)=(0x[0-9a-f]+)", printed)}
    if values.get("sp", 0) < values.get("stack_bottom", 0):
        return StackOverflowError(
            what=f"the stack of {image.board.stack_bytes} bytes overflowed", where=_place(image)
        )
    program_counter = values.get("pc", 0)
    symbol = symbol_at(image, program_counter)
    function = f" in {symbol}()" if symbol else ""
    return VerificationError(
        what=f"processor fault{function}: {_cause(image, values)}",
        where=f"{_place(image)}, pc {program_counter:#010x}",
        next_step="the generated code does not suit this core: check the target, or report it",
    )


def _cause(image: Image, values: dict[str, int]) -> str:
    status = values.get("status", 0)
    address = f" at address {values.get('address', 0):#010x}"
    if "riscv" in image.target.features:
        return _RISCV_CAUSES.get(status, f"trap {status}") + address
    causes = [text for bit, text in _CFSR_BITS.items() if status >> bit & 1]
    if not causes:
        return "hard fault (unaligned access, bad address or undefined instruction)"
    return ", ".join(causes) + (address if status >> 15 & 1 else "")
