"""Rejects: records that broke their contract, kept with every reason, in the form in which they came."""

from typing import Any

import msgspec

from etl.contracts import Problem


class Reject(msgspec.Struct, frozen=True):
    """A record that broke its contract. It says nothing about the run, so that equal runs leave equal rejects."""

    dataset: str
    window: dict[str, str]
    source: str
    """The key of the staging object that the record was read from."""
    line: int
    """Its line there, from 1."""
    reasons: list[Problem]
    record: Any
    """The raw record, as its source gave it."""
