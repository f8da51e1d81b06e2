"""JSON Lines on S3: an object appears whole or not at all, and one that differs from its reference is refused."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import islice
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber
from hypothesis import given
from hypothesis import strategies as st

from etl.errors import AccessDenied, NotFound, StagingError, TransientError
from etl.staging import CHUNK_BYTES, JsonLinesWriter, StagedObject, read_lines
from tests.unit.fakes import MemoryS3

MEBIBYTE = 1024 * 1024
PART_BYTES = 5 * MEBIBYTE
LONG = {"text": "x" * MEBIBYTE}
lines_of_any_text = st.lists(st.text().map(lambda text: text.encode().replace(b"\n", b"")))


def write(s3: Any, records: Iterable[Any], key: str = "key") -> StagedObject:
    with JsonLinesWriter(s3, "staging", key, part_bytes=PART_BYTES) as writer:
        for record in records:
            writer.write(record)
    return writer.staged


def stored(s3: Any, key: str = "key") -> bytes:
    content: bytes = s3.get_object(Bucket="staging", Key=key)["Body"].read()
    return content


def keys(s3: Any) -> list[str]:
    return [found["Key"] for found in s3.list_objects_v2(Bucket="staging").get("Contents", [])]


def calls_of(s3: Any) -> list[str]:
    calls: list[str] = []
    s3.meta.events.register("before-call.s3", lambda model, **_: calls.append(model.name))
    return calls


@pytest.mark.usefixtures("bucket")
def test_writes_a_record_a_line_and_refers_to_all_of_it(s3: Any) -> None:
    staged = write(s3, [{"b": Decimal("1.50"), "a": b"\x00"}, {"é": None}])

    content = '{"b":1.50,"a":"AA=="}\n{"é":null}\n'.encode()
    assert stored(s3) == content
    assert staged == StagedObject("key", 2, len(content))


@pytest.mark.usefixtures("bucket")
def test_no_records_are_an_empty_object(s3: Any) -> None:
    assert write(s3, []) == StagedObject("key", 0, 0)
    assert keys(s3) == ["key"]


@pytest.mark.usefixtures("bucket")
def test_a_short_object_is_put_at_once(s3: Any) -> None:
    calls = calls_of(s3)

    write(s3, [LONG] * 4)

    assert calls == ["PutObject"]


@pytest.mark.usefixtures("bucket")
def test_a_long_object_is_sent_in_parts(s3: Any) -> None:
    calls = calls_of(s3)
    records = [LONG | {"line": line} for line in range(12)]

    staged = write(s3, records)

    assert calls == ["CreateMultipartUpload", *["UploadPart"] * 3, "CompleteMultipartUpload"]
    assert staged.records == len(list(read_lines(s3, "staging", staged))) == 12


@pytest.mark.usefixtures("bucket")
def test_an_object_that_ends_with_a_part_has_no_empty_one(s3: Any) -> None:
    calls = calls_of(s3)

    write(s3, [LONG] * 5)

    assert calls == ["CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"]


@pytest.mark.parametrize("length", [3, 12])
@pytest.mark.usefixtures("bucket")
def test_equal_records_are_equal_bytes(s3: Any, length: int) -> None:
    records = [LONG | {"line": line} for line in range(length)]

    write(s3, records, "one")
    write(s3, records, "other")

    assert stored(s3, "one") == stored(s3, "other")


def break_off(s3: Any, records: list[Any]) -> None:
    def broken() -> Iterator[Any]:
        yield from records
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write(s3, broken())


@pytest.mark.parametrize("length", [1, 12])
@pytest.mark.usefixtures("bucket")
def test_an_exception_leaves_no_object(s3: Any, length: int) -> None:
    break_off(s3, [LONG] * length)

    assert keys(s3) == []


@pytest.mark.parametrize("length", [1, 12])
@pytest.mark.usefixtures("bucket")
def test_an_exception_leaves_the_object_that_stood_there(s3: Any, length: int) -> None:
    write(s3, [{"stood": "there"}])

    break_off(s3, [LONG] * length)

    assert stored(s3) == b'{"stood":"there"}\n'


@pytest.mark.usefixtures("bucket")
def test_an_exception_aborts_the_upload(s3: Any) -> None:
    calls = calls_of(s3)

    break_off(s3, [LONG] * 12)

    assert calls[-1] == "AbortMultipartUpload"
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="staging")


@pytest.mark.parametrize("length", [1, 12])
@pytest.mark.usefixtures("bucket")
def test_an_object_that_stood_there_is_replaced_whole(s3: Any, length: int) -> None:
    write(s3, [LONG] * 2)

    staged = write(s3, [{"line": 1}] + [LONG] * (length - 1))

    assert len(stored(s3)) == staged.bytes


@pytest.mark.usefixtures("bucket")
def test_until_it_is_published_an_object_shows_what_stood_there(s3: Any) -> None:
    write(s3, [{"stood": "there"}])

    with JsonLinesWriter(s3, "staging", "key", part_bytes=PART_BYTES) as writer:
        for _ in range(6):
            writer.write(LONG)
        assert stored(s3) == b'{"stood":"there"}\n'


def test_a_missing_bucket_is_named(s3: Any) -> None:
    with pytest.raises(NotFound, match="s3://staging/key: PutObject answered NoSuchBucket"):
        write(s3, [])


def test_a_failed_part_names_the_object_and_aborts_the_upload() -> None:
    s3 = boto3.client("s3")
    target = {"Bucket": "staging", "Key": "key"}
    with Stubber(s3) as stub:
        stub.add_response("create_multipart_upload", {"UploadId": "u"}, target | {"ContentType": ANY})
        stub.add_client_error("upload_part", "SlowDown", http_status_code=503)
        stub.add_response("abort_multipart_upload", {}, target | {"UploadId": "u"})

        with pytest.raises(TransientError, match="s3://staging/key: UploadPart answered SlowDown"):
            write(s3, [LONG] * 5)

        stub.assert_no_pending_responses()


def test_a_failed_completion_aborts_the_upload() -> None:
    s3 = boto3.client("s3")
    with Stubber(s3) as stub:
        stub.add_response("create_multipart_upload", {"UploadId": "u"})
        stub.add_response("upload_part", {"ETag": "e"})
        stub.add_response("upload_part", {"ETag": "f"})
        stub.add_client_error("complete_multipart_upload", "InternalError", http_status_code=500)
        stub.add_response("abort_multipart_upload", {})

        with pytest.raises(TransientError, match="CompleteMultipartUpload answered InternalError"):
            write(s3, [LONG] * 6)

        stub.assert_no_pending_responses()


def test_an_abort_that_fails_does_not_hide_why_it_was_needed() -> None:
    s3 = boto3.client("s3")
    with Stubber(s3) as stub:
        stub.add_response("create_multipart_upload", {"UploadId": "u"})
        stub.add_response("upload_part", {"ETag": "e"})
        stub.add_client_error("abort_multipart_upload", "AccessDenied", http_status_code=403)

        break_off(s3, [LONG] * 5)

        stub.assert_no_pending_responses()


def test_a_denied_write_names_the_object() -> None:
    s3 = boto3.client("s3")
    with Stubber(s3) as stub:
        stub.add_client_error("put_object", "AccessDenied", http_status_code=403)

        with pytest.raises(AccessDenied, match="s3://staging/key: PutObject answered AccessDenied"):
            write(s3, [])


def put(s3: Any, content: bytes) -> StagedObject:
    s3.put_object(Bucket="staging", Key="key", Body=content, ContentType="application/x-ndjson")
    return StagedObject("key", content.count(b"\n"), len(content))


@given(lines_of_any_text, st.integers(1, 9))
def test_a_line_is_whole_wherever_the_chunks_break(lines: list[bytes], chunk_bytes: int) -> None:
    s3 = MemoryS3(chunk_bytes)
    staged = put(s3, b"".join(line + b"\n" for line in lines))

    assert list(read_lines(s3, "staging", staged)) == lines


def test_a_line_may_be_longer_than_a_chunk(s3: Any, bucket: str) -> None:
    lines = [b"short", "é".encode() * (CHUNK_BYTES + 1), b"", b"end"]
    staged = put(s3, b"\n".join(lines) + b"\n")

    assert list(read_lines(s3, bucket, staged)) == lines


def test_an_empty_object_has_no_lines(s3: Any, bucket: str) -> None:
    assert list(read_lines(s3, bucket, put(s3, b""))) == []


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"1\n2\n", "2 records in 4 bytes"),
        (b"1\n2\n3", "2 records in 5 bytes"),
        (b"", "0 records in 0 bytes"),
        (b"1\n2\n3\n4\n", "4 records in 8 bytes"),
        (b"1\n2\n33\n", "3 records in 7 bytes"),
        (b"1\n222\n", "2 records in 6 bytes"),
    ],
)
def test_an_object_that_differs_from_its_reference_is_refused(s3: Any, bucket: str, content: bytes, found: str) -> None:
    put(s3, content)

    with pytest.raises(StagingError) as refusal:
        list(read_lines(s3, bucket, StagedObject("key", 3, 6)))

    assert f"s3://staging/key holds {found}, its reference says 3 in 6" in str(refusal.value)
    assert "Run the window again" in str(refusal.value)


def test_a_last_line_without_its_end_is_refused_even_when_the_counts_fit(s3: Any, bucket: str) -> None:
    put(s3, b"1\n2\n\n3")

    with pytest.raises(StagingError):
        list(read_lines(s3, bucket, StagedObject("key", 3, 6)))


def test_a_missing_object_is_named(s3: Any, bucket: str) -> None:
    with pytest.raises(NotFound, match="s3://staging/absent: GetObject answered NoSuchKey"):
        list(read_lines(s3, bucket, StagedObject("absent", 0, 0)))


def test_reads_no_further_than_it_is_asked(s3: Any, bucket: str) -> None:
    staged = put(s3, b"x\n" * CHUNK_BYTES)
    lines = read_lines(s3, bucket, StagedObject("key", staged.records + 1, staged.bytes))

    # What is wrong with the object would show at its end.
    assert list(islice(lines, 3)) == [b"x"] * 3
