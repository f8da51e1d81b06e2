"""PostgreSQL tables as Arrow batches typed by their contracts: every value is exact, or its row is a reject."""

from etl.extract.postgres.catalog import Drift
from etl.extract.postgres.extracted import Extracted, RejectedRow
from etl.extract.postgres.snapshot import Fingerprint, Snapshot
from etl.extract.postgres.source import Source, connect, open_source
from etl.postgres.settings import ConnectionSettings, Timeouts, connection_settings

__all__ = [
    "ConnectionSettings",
    "Drift",
    "Extracted",
    "Fingerprint",
    "RejectedRow",
    "Snapshot",
    "Source",
    "Timeouts",
    "connect",
    "connection_settings",
    "open_source",
]
