"""The `etl` command."""

from serverless_app.cli.main import app

__all__ = ["app"]
