"""``flask demo``: data to look at, and the main job from end to end."""

import sys

import click
from flask import Flask
from flask.cli import AppGroup

from config import settings

demo = AppGroup("demo", help="Data to look at, and the main job from end to end.")


def register(app: Flask) -> None:
    """Add these commands."""
    app.cli.add_command(demo)


@demo.command()
@click.option(
    "--scale", default="small", show_default=True, type=click.Choice(["small", "agency", "national"])
)
def load(scale: str) -> None:
    """About 200 people in several cohorts, with what they have learned so far."""
    _only_where_one_tries()
    if scale != "small":
        click.echo(f"The scale {scale!r} comes later; `small` is there.", err=True)
        sys.exit(2)
    from config.demo import load as loading

    click.echo("The demo is loaded." if loading.load() else "The demo was there already.", err=True)


@demo.command()
def story() -> None:
    """A cohort file is imported, its people learn and are certified, their partner gets the workbook."""
    _only_where_one_tries()
    from config.demo import story as telling

    sys.exit(telling.tell())


def _only_where_one_tries() -> None:
    """The demo's people and passwords have no place among real ones."""
    if settings.current().env == "production":
        click.echo(
            "This is a real installation. Set LMS_ENV=demo, and LMS_VAR to a folder of its own.", err=True
        )
        sys.exit(2)
