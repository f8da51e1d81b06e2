"""Who serves a home is told by its lock, not by what lies about in it."""

import os
from pathlib import Path

from localcloud.home import Home, Record

RECORD = Record(pid=os.getpid(), port=4566, account="000000000000", region="us-east-1", iam=False)


def test_a_held_home_is_refused_to_a_second_holder(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with home.acquire() or tmp_path.open():
        assert home.acquire() is None


def test_the_holder_of_a_home_is_known_by_its_pid(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert home.holder() is None
    with home.acquire() or tmp_path.open():
        assert home.holder() == os.getpid()
    assert home.holder() is None


def test_the_record_of_the_holder_is_believed(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with home.acquire() or tmp_path.open():
        home.announce(RECORD)
        assert home.record() == RECORD


def test_a_record_that_nobody_stands_behind_is_not_believed(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.announce(RECORD)
    assert home.record() is None


def test_a_new_holder_does_not_inherit_the_record(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.announce(RECORD)
    with home.acquire() or tmp_path.open():
        assert home.record() is None


def test_a_half_written_record_is_none(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with home.acquire() or tmp_path.open():
        (tmp_path / "server.json").write_text('{"pid": ')
        assert home.record() is None


def test_wiping_leaves_the_log(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.state.mkdir()
    home.log.write_text("why it failed")
    home.wipe()
    assert not home.state.exists()
    assert home.log.read_text() == "why it failed"
