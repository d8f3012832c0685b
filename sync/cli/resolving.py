"""`resolve`: identity alone, on exported records and responses, to be measured on a company's own data."""

import typer


def add_to(app: typer.Typer) -> None:
    """Put the command into the tree."""
