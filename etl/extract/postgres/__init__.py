"""PostgreSQL tables as Arrow batches typed by their contracts: every value exact, or its row a reject."""

from etl.extract.postgres.catalog import Drift
from etl.extract.postgres.judging import Extracted, Rejected
from etl.extract.postgres.snapshot import Fingerprint, Snapshot
from etl.extract.postgres.source import Source, connect
from etl.postgres.settings import ConnectionSettings, Timeouts, connection_settings

__all__ = [
    "ConnectionSettings",
    "Drift",
    "Extracted",
    "Fingerprint",
    "Rejected",
    "Snapshot",
    "Source",
    "Timeouts",
    "connect",
    "connection_settings",
]
