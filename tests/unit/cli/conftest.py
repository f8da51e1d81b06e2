"""The command in this process, with a home of the test's own where no local cloud runs."""

import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from serverless_app.cli import app
from serverless_app.localcloud.home import Home
from serverless_app.target import LOCAL_HOME

Etl = Callable[[str], Result]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """The home of a local cloud that no command under test may start."""
    monkeypatch.setenv(LOCAL_HOME, str(tmp_path / "home"))
    home = Home(tmp_path / "home")
    yield home
    assert home.holder() is None


@pytest.fixture
def etl(home: Home) -> Etl:  # noqa: ARG001 -- only has to be set
    return lambda line: CliRunner().invoke(app, shlex.split(line))
