"""Rollback shows the version before again, in one step, and no look-back takes it away."""

from datetime import date

import pytest

from etl.errors import InputError, NotFound, WindowTaken
from etl.pipelines.lake_export.datasets import PIPELINE
from etl.pipelines.lake_export.rollback import RolledBack, rollback
from etl.runs.ledger import ChunkId, ChunkRecord
from tests.integration.lake_export.conftest import BUCKET, Lake

DAY = date(2024, 12, 22)
CHUNK = ChunkId(PIPELINE, "workflows", DAY.isoformat())
NOW = 1_734_912_000.0


def rolled_back(lake: Lake, now: float = NOW) -> RolledBack:
    return rollback("workflows", DAY, s3=lake.s3, bucket=BUCKET, ledger=lake.ledger, owner="somebody", now=now)


def publish(lake: Lake, ids: list[str], fingerprint: str) -> str:
    version = lake.put_day("workflows", DAY, ids)
    claim = lake.ledger.claim(CHUNK, owner=fingerprint, now=NOW, lease_seconds=60)
    lake.ledger.finish(claim, ChunkRecord("published", fingerprint=fingerprint, version=version, key="a-key"))
    return version


def record(lake: Lake) -> ChunkRecord:
    return lake.ledger.chunks(PIPELINE, "workflows")[DAY.isoformat()]


def test_readers_see_the_version_before(lake: Lake) -> None:
    first, second = publish(lake, ["a"], "one"), publish(lake, ["a", "b"], "two")

    assert rolled_back(lake) == RolledBack("workflows", DAY, version=first, replaced=second)
    assert lake.ids("workflows", DAY) == ["a"]


def test_the_ledger_keeps_the_fingerprint_of_the_source(lake: Lake) -> None:
    publish(lake, ["a"], "one")
    publish(lake, ["a", "b"], "two")
    rolled_back(lake)

    assert (record(lake).status, record(lake).fingerprint) == ("rolled_back", "two")


def test_the_ledger_counts_the_rows_that_readers_see_again(lake: Lake) -> None:
    publish(lake, ["a", "b"], "one")
    publish(lake, ["a"], "two")
    rolled_back(lake)

    assert record(lake).rows_out == 2


def test_the_version_that_was_replaced_can_be_brought_back_in_turn(lake: Lake) -> None:
    publish(lake, ["a"], "one")
    publish(lake, ["a", "b"], "two")
    rolled_back(lake)
    rolled_back(lake)

    assert lake.ids("workflows", DAY) == ["a", "b"]


def test_the_same_content_published_again_is_no_version_to_go_back_to(lake: Lake) -> None:
    publish(lake, ["a"], "one")
    publish(lake, ["a"], "one")

    with pytest.raises(InputError, match="has no earlier version with another content"):
        rolled_back(lake)


def test_a_removed_day_comes_back(lake: Lake) -> None:
    first = publish(lake, ["a"], "one")
    lake.s3.delete_object(Bucket=BUCKET, Key="workflows/year=2024/month=12/day=22/data.parquet")

    assert rolled_back(lake).version == first
    assert lake.ids("workflows", DAY) == ["a"]


def test_a_day_that_was_never_exported_is_refused_and_leaves_no_trace(lake: Lake) -> None:
    with pytest.raises(InputError, match="workflows 2024-12-22 was never exported"):
        rolled_back(lake)

    assert lake.ledger.chunks(PIPELINE, "workflows") == {}


def test_a_lake_without_versions_says_so_and_leaves_the_ledger_as_it_was(lake: Lake) -> None:
    claim = lake.ledger.claim(CHUNK, owner="run", now=NOW, lease_seconds=60)
    lake.ledger.finish(claim, ChunkRecord("published", fingerprint="one"))
    before = record(lake)

    with pytest.raises(NotFound, match="has no versions"):
        rolled_back(lake)
    assert record(lake) == before


def test_a_chunk_that_a_run_is_at_is_left_alone(lake: Lake) -> None:
    publish(lake, ["a"], "one")
    publish(lake, ["a", "b"], "two")
    lake.ledger.claim(CHUNK, owner="a-run", now=NOW, lease_seconds=60)

    with pytest.raises(WindowTaken):
        rolled_back(lake, now=NOW + 1)
    assert lake.ids("workflows", DAY) == ["a", "b"]
