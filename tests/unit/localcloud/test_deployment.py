"""The archive of an asset depends on its files alone."""

import io
import os
import zipfile
from pathlib import Path

import pytest

from localcloud.deployment import zip_directory


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "module.py").write_text("value = 1\n")
    (tmp_path / "zeta.txt").write_text("last")
    return tmp_path


def test_an_archive_holds_the_files_under_their_relative_names(directory: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(zip_directory(directory))) as archive:
        assert archive.namelist() == ["package/module.py", "zeta.txt"]
        assert archive.read("package/module.py") == b"value = 1\n"


def test_a_touched_file_gives_the_same_archive(directory: Path) -> None:
    before = zip_directory(directory)
    os.utime(directory / "zeta.txt", (0, 0))
    assert zip_directory(directory) == before


def test_a_changed_file_gives_another_archive(directory: Path) -> None:
    before = zip_directory(directory)
    (directory / "zeta.txt").write_text("more")
    assert zip_directory(directory) != before
