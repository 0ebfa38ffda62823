"""The command line: every command parses, calls one function, prints. One file per command."""

import os
import sys

import click

from tinygen.cli import bench, demo, doctor, emit, inspect, ops, reduce, targets, verify
from tinygen.errors import TinygenError
from tinygen.version import VERSION

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(context_settings=CONTEXT)
@click.version_option(VERSION, prog_name="tinygen")
def cli() -> None:
    """Trained models into verified, standalone C for microcontrollers.

    Exit codes: 0 done, 1 the model cannot be read, converted or written, 2 usage,
    3 verification failed, 4 a tool is missing.
    """


for _module in (emit, inspect, verify, bench, reduce, targets, ops, doctor, demo):
    cli.add_command(_module.command)


def main() -> None:
    """Entry point of the `tinygen` script: user errors become a message and an exit code."""
    try:
        cli.main(prog_name="tinygen", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except click.Abort:
        click.echo("interrupted", err=True)
        sys.exit(130)
    except TinygenError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except Exception as error:
        if os.environ.get("TINYGEN_TRACEBACK"):
            raise
        click.echo(f"error: internal: {type(error).__name__}: {error}", err=True)
        click.echo(
            "  next: this is a defect of tinygen; report it with the output of the same", err=True
        )
        click.echo("        command under TINYGEN_TRACEBACK=1, and the model if you can", err=True)
        sys.exit(70)
