"""Export: one chunk from PostgreSQL to the lake, claimed, read in one snapshot, audited, and published in one step."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import msgspec

from etl.contracts import Contract
from etl.contracts.arrow import file_schema
from etl.errors import SourceError
from etl.extract.postgres import Fingerprint, Snapshot, Source
from etl.lake import publish
from etl.lake.audit import RejectedRows, audit_file, require_passed, scorecard_of
from etl.lake.layout import day_of, object_key, of_source, window_of
from etl.load.parquet import ParquetUpload
from etl.pipelines.lake_export.datasets import PIPELINE, dataset
from etl.pipelines.lake_export.messages import ExportRequest, ExportResult, Outcome
from etl.pipelines.lake_export.plan import fingerprint_of
from etl.quality.history import rows_before, write_scorecard
from etl.runs.ledger import ChunkId, ChunkRecord, Ledger, is_settled
from etl.runs.rejects import Reject, rejects_key
from etl.staging import JsonLinesWriter
from etl.windows import Window


class ExportSettings(msgspec.Struct, frozen=True):
    """What the stack configures."""

    s3_data_lake_bucket: str
    staging_bucket: str
    ledger_table: str
    etl_batch_size: int = 10_000
    """Rows in memory at a time."""
    empty_days: Literal["remove", "write"] = "remove"
    """Whether a day without rows has no partition, or an empty one."""
    lease_seconds: int = 960
    """How long a chunk belongs to its owner: longer than a function lives."""


def export_chunk(
    request: ExportRequest,
    settings: ExportSettings,
    *,
    s3: Any,
    ledger: Ledger,
    source: Callable[[], Source],
    now: Callable[[], float] = time.time,
) -> ExportResult:
    """Export one chunk atomically: readers see either the old object or the complete new one.

    Raises
    ------
    WindowTaken
        Another run works on the chunk.
    SourceError
        The table differs from the contract, or the ledger does not know the object of a day without rows.
    ToleranceExceeded, QualityError
        The audit failed; nothing was published. Rejects and scorecard stand in the staging bucket.
    EtlError
        Database, S3 or ledger failed.
    """
    contract = dataset(request.chunk.dataset)
    chunk = ChunkId(PIPELINE, contract.dataset, request.chunk.part)
    with (
        ledger.lease(chunk, owner=request.run, seconds=settings.lease_seconds, now=now) as lease,
        source().snapshot() as snapshot,
        TemporaryDirectory() as scratch,
    ):
        result, record = _Export(
            request=request,
            settings=settings,
            s3=s3,
            contract=contract,
            snapshot=snapshot,
            before=lease.previous,
            renew=lease.renew,
            scratch=Path(scratch),
        ).run()
        lease.finish(record)
    return result


@dataclass(frozen=True, kw_only=True)
class _Export:
    request: ExportRequest
    settings: ExportSettings
    s3: Any
    contract: Contract
    snapshot: Snapshot
    before: ChunkRecord | None
    renew: Callable[[], None]
    """Raises WindowTaken when somebody else has the chunk by now."""
    scratch: Path

    def run(self) -> tuple[ExportResult, ChunkRecord]:
        fingerprint = self.snapshot.fingerprint(self.contract, self.day)
        standing = publish.etag_of(self.s3, self.settings.s3_data_lake_bucket, self.key)
        if self.before is not None and self._is_unchanged(self.before, fingerprint, standing):
            return self._unchanged(self.before)
        if self.before is not None and self._is_purged(self.before, fingerprint):
            return self._kept(self.before, fingerprint)
        if not fingerprint.rows:
            self._refuse_unknown_purge(standing)
            if self.settings.empty_days == "remove":
                return self._remove(fingerprint, standing)
        return self._publish(fingerprint, standing)

    @cached_property
    def day(self) -> date | None:
        return day_of(self.request.chunk.part)

    @cached_property
    def window(self) -> Window:
        return window_of(self.day)

    @cached_property
    def key(self) -> str:
        return object_key(self.contract, self.day)

    @property
    def name(self) -> str:
        return f"{self.contract.dataset} {self.request.chunk.part}"

    @property
    def place(self) -> str:
        return f"s3://{self.settings.s3_data_lake_bucket}/{self.key}"

    def _is_unchanged(self, before: ChunkRecord, fingerprint: Fingerprint, standing: str | None) -> bool:
        """Tell whether readers see what the source holds: an owner that died may have published unheard."""
        if self.request.force or before.fingerprint is None:
            return False
        # A failed attempt has replaced the rejects of what is published: they have to be read again.
        if before.rejected and not is_settled(before):
            return False
        return before.fingerprint == fingerprint_of(self.contract, fingerprint) and before.etag == standing

    def _unchanged(self, before: ChunkRecord) -> tuple[ExportResult, ChunkRecord]:
        if not is_settled(before):
            self._settle_rejects()
        status: Literal["published", "empty"] = "published" if before.key else "empty"
        record = msgspec.structs.replace(before, status=status, cause=None)
        return self._result("unchanged", record), record

    def _is_purged(self, before: ChunkRecord, fingerprint: Fingerprint) -> bool:
        """Tell whether the source has lost rows as by a purge: all of a day, or some of the oldest one that it has."""
        if self.request.force or fingerprint.rows >= max(before.rows_in, before.rows_out):
            return False
        return not fingerprint.rows or (self.day is not None and self.snapshot.begins_with(self.contract, self.day))

    def _kept(self, before: ChunkRecord, fingerprint: Fingerprint) -> tuple[ExportResult, ChunkRecord]:
        # Where rows are left, bad ones may be among them; the rejects of what is published say what the lake lacks.
        if not (fingerprint.rows or before.rejected or is_settled(before)):
            self._settle_rejects()
        # Settled, and with the fingerprint of what the lake has: a day that is filled again is exported again.
        rolled_back = before.status == "rolled_back"
        record = msgspec.structs.replace(before, status=before.status if rolled_back else "published", cause=None)
        return self._result("kept", record), record

    def _refuse_unknown_purge(self, standing: str | None) -> None:
        if self.before is None and standing is not None and not self.request.force:
            raise SourceError(
                f"{self.name} has no rows in the source, and {self.place} is there, of which the ledger knows nothing:"
                " the lake keeps it, as the source may have been purged. Run it with force to remove it"
            )

    def _remove(self, fingerprint: Fingerprint, standing: str | None) -> tuple[ExportResult, ChunkRecord]:
        if self.before is None:
            self.renew()
        else:
            self._settle_rejects()
        if standing is not None:
            publish.remove(self.s3, self.settings.s3_data_lake_bucket, self.key)
        record = ChunkRecord("empty", run=self.request.run, fingerprint=fingerprint_of(self.contract, fingerprint))
        return self._result("empty", record), record

    def _publish(self, fingerprint: Fingerprint, standing: str | None) -> tuple[ExportResult, ChunkRecord]:
        rejected = RejectedRows()
        schema = file_schema(of_source(self.contract))
        layout, window_column = self.contract.layout, self.contract.window_column
        with ParquetUpload(
            self.s3,
            self.settings.s3_data_lake_bucket,
            self.key,
            schema,
            compression=layout.compression,
            scratch=self.scratch / "data.parquet",
            replaces=standing,
            # What the contract sorts by may be text, whose order in PostgreSQL is not that of its bytes.
            sorted_by=[window_column] if window_column and not layout.sort_columns else [],
        ) as upload:
            rejects = self._read(upload, rejected)
            upload.close_file()
            audit_file(
                self.name,
                upload.scratch,
                schema,
                self.contract,
                rows=fingerprint.rows,
                rejected=rejected,
                rejects=f"s3://{self.settings.staging_bucket}/{rejects}",
            )
            scorecard = self._judge(upload.scratch, rejected)
            # An owner that hung sees the next one's object, too: who is the owner decides, not what stands there.
            self.renew()
            published = upload.publish()
        record = ChunkRecord(
            "published",
            run=self.request.run,
            rows_in=fingerprint.rows,
            rows_out=published.rows,
            rejected=rejected.rows,
            bytes=published.bytes,
            fingerprint=fingerprint_of(self.contract, fingerprint),
            key=published.key,
            version=published.version,
            etag=published.etag,
            scorecard=scorecard,
        )
        return self._result("published", record, rejects if rejected.rows else None), record

    def _read(self, upload: ParquetUpload, rejected: RejectedRows) -> str:
        """Write the snapshot's rows to the upload and its rejects to their object, and return that key."""
        name, window, source = self.contract.dataset, self.window.to_dict(), f"table {self.contract.table}"
        batches = self.snapshot.read(self.contract, self.day, batch_rows=self.settings.etl_batch_size)
        with self._rejects() as rejects:
            for batch in batches:
                upload.write(batch.rows)
                for row in batch.rejects:
                    rejected.add(row.problems)
                    rejects.write(Reject(name, self.request.run, window, source, row.line, row.problems, row.raw))
        return rejects.staged.key

    def _rejects(self) -> JsonLinesWriter:
        key = rejects_key(self.contract.dataset, self.window)
        return JsonLinesWriter(self.s3, self.settings.staging_bucket, key)

    def _settle_rejects(self) -> None:
        """Write that the chunk has no rejects: the source no longer has the rows that an earlier run rejected."""
        self.renew()
        with self._rejects():
            pass

    def _judge(self, file: Path, rejected: RejectedRows) -> str:
        """Evaluate the rules over the file, write the scorecard, and return its key."""
        bucket = self.settings.staging_bucket
        spans = [check.trailing_median for check in self.contract.checks if check.trailing_median]
        history = rows_before(self.s3, bucket, self.contract.dataset, self.window, max(spans)) if spans else []
        card = scorecard_of(file, self.contract, self.window, run=self.request.run, rejected=rejected, history=history)
        key = write_scorecard(self.s3, bucket, card)
        require_passed(self.name, card, f"s3://{bucket}/{key}")
        return key

    def _result(self, status: Outcome, record: ChunkRecord, rejects: str | None = None) -> ExportResult:
        return ExportResult(
            dataset=self.contract.dataset,
            part=self.request.chunk.part,
            status=status,
            rows=record.rows_out,
            rejected=record.rejected,
            bytes=record.bytes,
            key=record.key,
            version=record.version,
            scorecard=record.scorecard,
            rejects=rejects,
        )
