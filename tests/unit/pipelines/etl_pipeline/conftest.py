"""Staging objects, written by the tests, and a ledger."""

from collections.abc import Callable
from typing import Any

import pytest

from etl.staging import JsonLinesWriter, StagedObject

Stage = Callable[..., StagedObject]


@pytest.fixture
def stage(s3: Any, bucket: str) -> Stage:
    """Write records to a staging object and return its reference."""

    def stage(records: list[Any], key: str = "extract/data.json") -> StagedObject:
        with JsonLinesWriter(s3, bucket, key) as writer:
            for record in records:
                writer.write(record)
        return writer.staged

    return stage
