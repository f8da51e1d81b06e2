"""Parquet to S3: sent while it is written, seen when it is published, and only over what it was to replace."""

import resource
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.stub import Stubber
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from etl.errors import AccessDenied, EtlError, TerminalError, TransientError, WindowTaken
from etl.load.parquet import ParquetUpload, Published
from etl.load.row_groups import RowGroups

MEBIBYTE = 1024 * 1024
PART_BYTES = 5 * MEBIBYTE
SCHEMA = pa.schema(
    [
        pa.field("id", pa.int64(), nullable=False),
        pa.field("text", pa.string(), metadata={"description": "what it says"}),
        pa.field("tags", pa.list_(pa.field("element", pa.string()))),
    ],
    {"contract.id": "things"},
)


def batch(*numbers: int, text: str = "") -> pa.RecordBatch:
    rows = [{"id": number, "text": text or None, "tags": ["a", None] if number % 2 else None} for number in numbers]
    return pa.RecordBatch.from_pylist(rows, schema=SCHEMA)


# Incompressible enough: what counts is how long the file becomes.
LONG = [
    batch(number, text="".join(chr(33 + (number * 7 + at * at) % 90) for at in range(97)) * 10_000)
    for number in range(12)
]


class Scratch:
    """Uploads with a scratch file of their own."""

    def __init__(self, s3: Any, folder: Path) -> None:
        self.s3 = s3
        self.path = folder / "data.parquet"

    def upload(self, key: str = "key", replaces: str | None = None, **options: Any) -> ParquetUpload:
        said = {"compression": "none", "part_bytes": PART_BYTES, "row_group_bytes": MEBIBYTE, **options}
        return ParquetUpload(self.s3, "staging", key, SCHEMA, scratch=self.path, replaces=replaces, **said)

    def publish(self, batches: Sequence[pa.RecordBatch], key: str = "key", **options: Any) -> Published:
        with self.upload(key, **options) as upload:
            for one in batches:
                upload.write(one)
            upload.close_file()
            return upload.publish()

    def stored(self, key: str = "key") -> bytes:
        content: bytes = self.s3.get_object(Bucket="staging", Key=key)["Body"].read()
        return content


@pytest.fixture
def scratch(s3: Any, bucket: str, tmp_path: Path) -> Scratch:
    assert bucket == "staging"
    return Scratch(s3, tmp_path)


def calls_of(s3: Any) -> list[str]:
    calls: list[str] = []
    s3.meta.events.register("before-call.s3", lambda model, **_: calls.append(model.name))
    return calls


def table_of(content: bytes) -> pa.Table:
    return pq.read_table(pa.BufferReader(content))


def test_what_was_written_is_what_is_read(scratch: Scratch) -> None:
    batches = [batch(1, 2, text="naïve"), batch(3)]

    published = scratch.publish(batches)

    content = scratch.stored()
    assert table_of(content).equals(pa.Table.from_batches(batches), check_metadata=True)
    assert (published.key, published.rows, published.bytes) == ("key", 3, len(content))
    assert published.etag == scratch.s3.head_object(Bucket="staging", Key="key")["ETag"]
    assert published.version is None


def test_a_bucket_with_versions_tells_which_one_it_is(scratch: Scratch) -> None:
    scratch.s3.put_bucket_versioning(Bucket="staging", VersioningConfiguration={"Status": "Enabled"})

    published = scratch.publish([batch(1)])

    assert published.version == scratch.s3.head_object(Bucket="staging", Key="key")["VersionId"]


def test_no_rows_are_a_file_too(scratch: Scratch) -> None:
    assert scratch.publish([]).rows == 0
    assert table_of(scratch.stored()).schema.equals(SCHEMA, check_metadata=True)


def test_a_short_file_is_put_at_once(scratch: Scratch) -> None:
    calls = calls_of(scratch.s3)

    scratch.publish([batch(1)])

    assert calls == ["PutObject"]


def test_a_long_file_is_sent_in_parts(scratch: Scratch) -> None:
    calls = calls_of(scratch.s3)

    published = scratch.publish(LONG)

    assert calls == ["CreateMultipartUpload", *["UploadPart"] * 3, "CompleteMultipartUpload"]
    assert published.bytes == len(scratch.stored()) > 2 * PART_BYTES
    assert table_of(scratch.stored()).equals(pa.Table.from_batches(LONG))


def test_parts_are_sent_while_the_file_is_written(scratch: Scratch) -> None:
    calls = calls_of(scratch.s3)

    with scratch.upload() as upload:
        for one in LONG:
            upload.write(one)
        upload._parts._parts[0].result()
        assert calls[:2] == ["CreateMultipartUpload", "UploadPart"]
        assert "Contents" not in scratch.s3.list_objects_v2(Bucket="staging")


def test_a_closed_file_can_be_opened_before_it_is_published(scratch: Scratch) -> None:
    with scratch.upload() as upload:
        upload.write(batch(1, 2))
        upload.close_file()

        assert pq.read_table(upload.scratch).num_rows == upload.rows == 2
        assert upload.bytes == upload.scratch.stat().st_size
        assert "Contents" not in scratch.s3.list_objects_v2(Bucket="staging")


@pytest.mark.parametrize("batches", [[batch(1)], LONG], ids=["short", "long"])
@pytest.mark.parametrize("closed", [False, True])
def test_what_is_not_published_leaves_nothing(batches: list[pa.RecordBatch], closed: bool, scratch: Scratch) -> None:  # noqa: FBT001 -- a parameter of pytest
    with scratch.upload() as upload:
        for one in batches:
            upload.write(one)
        if closed:
            upload.close_file()

    assert "Contents" not in scratch.s3.list_objects_v2(Bucket="staging")
    assert "Uploads" not in scratch.s3.list_multipart_uploads(Bucket="staging")
    assert not scratch.path.exists()


def test_an_exception_leaves_what_stood_there(scratch: Scratch) -> None:
    etag = scratch.publish([batch(1)]).etag

    def break_off() -> Iterator[pa.RecordBatch]:
        yield from LONG
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        scratch.publish(break_off(), replaces=etag)  # type: ignore[arg-type]  # all that is asked is to go through it

    assert table_of(scratch.stored()).num_rows == 1
    assert "Uploads" not in scratch.s3.list_multipart_uploads(Bucket="staging")


@pytest.mark.parametrize("batches", [[batch(1, 2)], LONG], ids=["short", "long"])
def test_the_object_that_was_meant_is_replaced(batches: list[pa.RecordBatch], scratch: Scratch) -> None:
    etag = scratch.publish([batch(1)]).etag

    replaced = scratch.publish(batches, replaces=etag)

    assert replaced.etag != etag
    assert table_of(scratch.stored()).num_rows == replaced.rows


def test_an_object_that_somebody_put_there_meanwhile_stays(scratch: Scratch) -> None:
    other = scratch.publish([batch(7)])

    with pytest.raises(WindowTaken, match="s3://staging/key was replaced by another run"):
        scratch.publish([batch(1)])
    with pytest.raises(WindowTaken):
        scratch.publish([batch(1)], replaces='"0123456789abcdef0123456789abcdef"')

    assert scratch.s3.head_object(Bucket="staging", Key="key")["ETag"] == other.etag


Answer = tuple[str, dict[str, Any] | str, dict[str, Any]]


def stubbed(folder: Path, answers: Sequence[Answer], **options: Any) -> Any:
    """Publish a long file with these answers of S3: a response, or an error's code, and what has to be asked."""
    s3 = boto3.client("s3")
    with Stubber(s3) as stub:
        for name, answer, asked in answers:
            if isinstance(answer, str):
                status = 412 if answer == "PreconditionFailed" else 409 if "Conflict" in answer else 400
                stub.add_client_error(name, answer, http_status_code=status)
            else:
                stub.add_response(name, answer, asked or None)
        try:
            return Scratch(s3, folder).publish(LONG, **options)
        finally:
            stub.assert_no_pending_responses()


BEGUN: list[Answer] = [("create_multipart_upload", {"UploadId": "u"}, {}), *[("upload_part", {"ETag": "e"}, {})] * 3]
PARTS = {"Parts": [{"PartNumber": number, "ETag": "e"} for number in (1, 2, 3)]}
ABORTED: Answer = ("abort_multipart_upload", {}, {"Bucket": "staging", "Key": "key", "UploadId": "u"})


@pytest.mark.parametrize(
    ("replaces", "condition"), [(None, {"IfNoneMatch": "*"}), ('"etag"', {"IfMatch": '"etag"'})], ids=["new", "old"]
)
def test_a_long_file_is_completed_on_its_condition(
    replaces: str | None, condition: dict[str, str], tmp_path: Path
) -> None:
    asked = {"Bucket": "staging", "Key": "key", "UploadId": "u", "MultipartUpload": PARTS, **condition}

    published = stubbed(
        tmp_path,
        [*BEGUN, ("complete_multipart_upload", {"ETag": '"new"', "VersionId": "v"}, asked)],
        replaces=replaces,
    )

    assert (published.etag, published.version) == ('"new"', "v")


@pytest.mark.parametrize("code", ["PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"])
def test_a_condition_that_is_lost_at_the_end_aborts_the_upload(code: str, tmp_path: Path) -> None:
    others: Answer = ("head_object", {"ETag": '"theirs"', "Metadata": {"upload": "theirs"}}, {})

    with pytest.raises(WindowTaken, match="was replaced by another run"):
        stubbed(tmp_path, [*BEGUN, ("complete_multipart_upload", code, {}), others, ABORTED])


@pytest.mark.parametrize("code", ["PreconditionFailed", "NoSuchUpload"])
def test_a_condition_that_the_first_attempt_broke_is_kept(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("secrets.token_hex", lambda _: "own")
    own: Answer = ("head_object", {"ETag": '"new"', "VersionId": "v", "Metadata": {"upload": "own"}}, {})

    published = stubbed(tmp_path, [*BEGUN, ("complete_multipart_upload", code, {}), own])

    assert (published.etag, published.version) == ('"new"', "v")


def test_an_upload_that_is_gone_may_be_tried_again(tmp_path: Path) -> None:
    nothing: Answer = ("head_object", "404", {})

    with pytest.raises(TransientError, match="NoSuchUpload"):
        stubbed(tmp_path, [*BEGUN, ("complete_multipart_upload", "NoSuchUpload", {}), nothing, ABORTED])


def test_a_part_that_fails_ends_the_upload(tmp_path: Path) -> None:
    begun: list[Answer] = [("create_multipart_upload", {"UploadId": "u"}, {})]

    with pytest.raises(AccessDenied, match="s3://staging/key: UploadPart"):
        stubbed(tmp_path, [*begun, ("upload_part", "AccessDenied", {}), ABORTED])


def test_a_missing_bucket_is_an_error_of_the_tree(s3: Any, tmp_path: Path) -> None:
    with pytest.raises(EtlError, match="s3://staging/key"):
        Scratch(s3, tmp_path).publish([batch(1)])


@pytest.fixture
def full_disk() -> Iterator[None]:
    """No file grows beyond this, as on a disk that is full; Python ignores the signal that would come with it."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (256 * 1024, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.usefixtures("full_disk")
@pytest.mark.parametrize("batches", [LONG[:1], LONG], ids=["in the end", "in the middle"])
def test_a_full_disk_names_the_setting_and_leaves_nothing(batches: list[pa.RecordBatch], scratch: Scratch) -> None:
    with pytest.raises(TerminalError, match=r"s3://staging/key.*scratch file.*scratch_mb"):
        scratch.publish(batches)

    assert "Contents" not in scratch.s3.list_objects_v2(Bucket="staging")
    assert not scratch.path.exists()


def test_row_groups_are_bounded_in_bytes(scratch: Scratch) -> None:
    scratch.publish(LONG)

    metadata = pq.read_metadata(pa.BufferReader(scratch.stored()))

    assert metadata.num_row_groups == len(LONG) // 2
    assert {metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)} == {2}


def test_the_order_of_rows_is_noted(scratch: Scratch) -> None:
    scratch.publish([batch(1, 2)], sorted_by=["id", "text"])

    noted = pq.read_metadata(pa.BufferReader(scratch.stored())).row_group(0).sorting_columns

    assert pq.SortingColumn.to_ordering(SCHEMA, noted) == ((("id", "ascending"), ("text", "ascending")), "at_end")


@pytest.mark.parametrize(
    ("compression", "stored"), [("snappy", "SNAPPY"), ("zstd", "ZSTD"), ("gzip", "GZIP"), ("none", "UNCOMPRESSED")]
)
def test_the_contract_says_the_compression(compression: str, stored: str, scratch: Scratch) -> None:
    scratch.publish([batch(1)], compression=compression)

    assert pq.read_metadata(pa.BufferReader(scratch.stored())).row_group(0).column(0).compression == stored


def test_values_that_repeat_have_a_dictionary_and_documents_no_statistics(s3: Any, bucket: str, tmp_path: Path) -> None:
    schema = pa.schema(
        [("few", pa.string()), ("many", pa.string()), pa.field("json", pa.string(), metadata={"logicalType": "json"})]
    )
    rows = pa.RecordBatch.from_pylist(
        [{"few": f"{number % 3}", "many": f"{number}", "json": f"{number}"} for number in range(1000)], schema=schema
    )
    with ParquetUpload(
        s3, bucket, "key", schema, compression="none", scratch=tmp_path / "data.parquet", replaces=None
    ) as upload:
        upload.write(rows)
        upload.close_file()
        group = pq.read_metadata(upload.scratch).row_group(0)

    columns = {group.column(number).path_in_schema: group.column(number) for number in range(3)}
    assert {name: column.has_dictionary_page for name, column in columns.items()} == {
        "few": True,
        "many": False,
        "json": False,
    }
    assert columns["few"].statistics.max == "2"
    assert columns["json"].statistics is None


_ROWS = st.lists(
    st.tuples(
        st.integers(0, 99),
        st.none() | st.text("aß", max_size=30),
        st.none() | st.lists(st.none() | st.text("a", max_size=5)),
    )
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=_ROWS, cuts=st.lists(st.integers(1, 5), max_size=20))
def test_the_same_rows_are_the_same_bytes_in_whatever_batches(
    rows: list[tuple[Any, ...]], cuts: list[int], tmp_path: Path
) -> None:
    whole = pa.RecordBatch.from_pylist([dict(zip(SCHEMA.names, row, strict=True)) for row in rows], schema=SCHEMA)
    pieces, at = [], 0
    for cut in [*cuts, whole.num_rows + 1]:
        # As others would have made it: with buffers of its own.
        pieces.append(pa.RecordBatch.from_pylist(whole.slice(at, cut).to_pylist(), schema=SCHEMA))
        at += cut

    assert _written([whole], tmp_path) == _written(pieces, tmp_path)


def _written(batches: Sequence[pa.RecordBatch], folder: Path) -> bytes:
    with ParquetUpload(
        None, "b", "k", SCHEMA, compression="snappy", scratch=folder / "f", replaces=None, row_group_bytes=100
    ) as upload:
        for one in batches:
            upload.write(one)
        upload.close_file()
        return upload.scratch.read_bytes()


@given(st.lists(st.integers(0, 60), max_size=10), st.integers(1, 200))
def test_a_row_group_is_as_short_as_its_size_allows(lengths: list[int], limit: int) -> None:
    schema = pa.schema([("text", pa.string())])
    rows = RowGroups(schema, limit)
    sizes = [4 + length for length in lengths]

    groups = [group for length in lengths for group in rows.add(pa.RecordBatch.from_pydict({"text": ["x" * length]}))]
    rest = rows.rest()

    at = 0
    for group in groups:
        size = sum(sizes[at : at + group.num_rows])
        assert limit <= size < limit + sizes[at + group.num_rows - 1]
        at += group.num_rows
    assert sum(sizes[at:]) < limit
    assert at + rest.num_rows == len(lengths)
