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
    "--scale", default="small", show_default=True, type=click.Choice(["small", "agency", "national"]),
    help="About 200 people, 50,000 learners, or 3.4 million of them (PostgreSQL).",
)  # fmt: skip
@click.option("--learners", type=click.IntRange(100), help="The same customer with so many learners.")
def load(scale: str, learners: int | None) -> None:
    """A customer with its people and what they have learned so far. Stopped and started again, it goes on."""
    _only_where_one_tries()
    if scale == "small":
        if learners:
            raise click.UsageError(
                "The small demo has its own people; --learners goes with agency or national."
            )
        from config.demo import load as loading

        click.echo("The demo is loaded." if loading.load() else "The demo was there already.", err=True)
        return
    _load_large(scale, learners or 0)


@demo.command()
def story() -> None:
    """A cohort file is imported, its people learn and are certified, their partner gets the workbook."""
    _only_where_one_tries()
    from config.demo import story as telling

    sys.exit(telling.tell())


def _load_large(scale: str, learners: int) -> None:
    from config.demo.scale import load as loading
    from config.demo.scale import plan

    wanted = plan.scale(scale, learners)
    if scale == "national" and settings.current().database_url.startswith("sqlite"):
        raise click.UsageError(
            "A nation does not fit into one file: set LMS_DATABASE_URL to a PostgreSQL database, or take --scale agency."
        )
    told = loading.load(wanted, lambda text: click.echo(text, err=True))
    if not told.learners:
        click.echo("The demo was there already.", err=True)
        return
    click.echo(
        f"The demo is loaded: {told.learners:,} learners and {told.events:,} events in {told.seconds:,.0f} s "
        f"({told.events / told.seconds:,.0f} events a second). Sign in as {loading.admin_login(wanted)}.",
        err=True,
    )


def _only_where_one_tries() -> None:
    """The demo's people and passwords have no place among real ones."""
    if settings.current().env == "production":
        click.echo(
            "This is a real installation. Set LMS_ENV=demo, and LMS_VAR to a folder of its own.", err=True
        )
        sys.exit(2)
