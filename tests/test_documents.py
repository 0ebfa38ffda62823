"""Documents say what commands say: generated blocks are fresh, linked files exist, commands are real."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tinygen.cli import cli

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


def test_generated_blocks_are_fresh():
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "update_docs.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: p.name)
def test_links_lead_somewhere(document):
    links = re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", document.read_text())
    missing = [
        link for link in links if "://" not in link and not (document.parent / link).exists()
    ]
    assert not missing


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: p.name)
def test_commands_and_options_exist(document):
    blocks = re.findall(r"^```\w*\n(.*?)^```", document.read_text(), flags=re.M | re.S)
    for line in re.findall(r"^(?:\$ )?(tinygen [a-z].*)$", "\n".join(blocks), flags=re.M):
        name, *words = line.split()[1:]
        assert name in cli.commands, f"{document.name}: `{line}`"
        known = {
            option for p in cli.commands[name].params for option in (*p.opts, *p.secondary_opts)
        }
        unknown = [w for w in words if w.startswith("-") and w.split("=")[0] not in known]
        assert not unknown, f"{document.name}: `{line}`"
