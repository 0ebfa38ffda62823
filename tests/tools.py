"""A missing tool fails a test: a suite that skips what it cannot run looks as green as one that ran it."""

import os

import pytest

from tinygen.device import tools
from tinygen.errors import ToolMissingError

ALLOW_MISSING = "TINYGEN_ALLOW_MISSING_TOOLS"
"""Environment variable that turns the failure into a skip with a printed reason."""


def require_tools(*names: str) -> None:
    """Fail with the install line when a tool is missing; skip if the environment allows it."""
    for name in names:
        try:
            tools.find(name)
        except ToolMissingError as error:
            missing(str(error))


def missing(reason: str) -> None:
    """Fail, or skip if the environment allows it."""
    if os.environ.get(ALLOW_MISSING):
        pytest.skip(f"{reason} ({ALLOW_MISSING} is set)")
    pytest.fail(f"{reason}\n(set {ALLOW_MISSING}=1 to skip)", pytrace=False)
