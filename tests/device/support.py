"""What the tests of the device layer share."""

import os

import pytest

from tinygen import targets
from tinygen.device import tools
from tinygen.errors import ToolMissingError

CORES = tuple(
    name for name in targets.names() if targets.load(name).qemu and not targets.load(name).is_board
)

ALLOW_MISSING = "TINYGEN_ALLOW_MISSING_TOOLS"


def require_tools(*names: str) -> None:
    """Fail with the install line when a tool is missing; skip if the environment allows it."""
    for name in names:
        try:
            tools.find(name)
        except ToolMissingError as error:
            if os.environ.get(ALLOW_MISSING):
                pytest.skip(f"{error} ({ALLOW_MISSING} is set)")
            pytest.fail(f"{error}\n(set {ALLOW_MISSING}=1 to skip)", pytrace=False)
