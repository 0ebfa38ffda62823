"""Fixtures that the importers' tests define."""

from tests.importers.conftest import published  # noqa: F401
