"""The command ``dialytics``: thin commands over the library."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from .._version import __version__

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: What was typed after the command's name; by default the process's arguments.

    Returns:
        The exit code: 0 fine, 1 what was looked for was found, 2 it could not be done.
    """
    from . import contracts  # noqa: PLC0415  # only what is called is imported

    parser = argparse.ArgumentParser(prog="dialytics", description="Compare the contracts of APIs.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    contracts.add_commands(commands)
    options = parser.parse_args(arguments)
    try:
        code: int = options.run(options)
    except ImportError as error:
        need = f"install dialytics with its extra '{options.extra}'"
        sys.stderr.write(f"dialytics: {error.name} is missing; {need}\n")
        return 2
    return code
