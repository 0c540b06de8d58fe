"""What the commands say, and how they fail."""

import typer
from rich.console import Console

from custvalue.rules.errors import InputError

BAD_INPUT = 2


def console(*, stderr: bool = False) -> Console:
    """Return a console that prints names as text: no markup, no colouring of numbers."""
    return Console(stderr=stderr, soft_wrap=True, highlight=False, markup=False)


def fail(error: InputError) -> typer.Exit:
    """Print what is wrong and return the exit of bad input."""
    console(stderr=True).print(f"Error: {error}")
    return typer.Exit(BAD_INPUT)
