"""The published models, where they are on this machine."""

from pathlib import Path

import pytest

PUBLISHED = Path(__file__).resolve().parents[3] / "shared" / "models"


@pytest.fixture
def published():
    """A function from a file name to the path of a published model; skips where it is not here."""

    def find(name: str) -> Path:
        if not (PUBLISHED / name).is_file():
            pytest.skip(f"the published model {name} is not in ../shared/models")
        return PUBLISHED / name

    return find
