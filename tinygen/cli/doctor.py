"""tinygen doctor: which tools are here, and how to install those that are not."""

import shutil

import click

from tinygen.cli.output import json_option, print_json, print_table

TOOLS = {
    "cc": "compile generated C on this machine (verify, demo)",
    "gcc": "the cycle model of bench",
    "arm-none-eabi-gcc": "Cortex-M firmware (bench, verify --on qemu)",
    "qemu-system-arm": "Cortex-M emulation",
    "riscv64-unknown-elf-gcc": "RISC-V firmware",
    "qemu-system-riscv32": "RISC-V emulation",
}
PACKAGES = (
    ("tflite_micro", "compare .tflite files with TFLite Micro", "pip install --pre tflite-micro"),
    ("tensorflow", "SavedModel folders, training the demo", "pip install tensorflow-cpu"),
)


@click.command("doctor")
@json_option
def command(as_json: bool) -> None:
    """Check the tools that some commands need."""
    import importlib.util

    from tinygen.device.tools import DEBIAN_PACKAGES

    rows = [
        _row(
            tool,
            shutil.which(tool) is not None,
            use,
            f"sudo apt-get install -y {DEBIAN_PACKAGES[tool]}",
        )
        for tool, use in TOOLS.items()
    ]
    rows += [
        _row(name, importlib.util.find_spec(name) is not None, use, fix)
        for name, use, fix in PACKAGES
    ]
    if as_json:
        print_json(rows)
        return
    print_table(
        "",
        ("tool", "here", "needed for", "install with"),
        [(r["tool"], r["present"], r["use"], "" if r["present"] else r["install"]) for r in rows],
    )


def _row(name: str, present: bool, use: str, install: str) -> dict[str, object]:
    return {"tool": name, "present": present, "use": use, "install": install}
