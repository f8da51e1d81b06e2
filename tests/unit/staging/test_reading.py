"""JSON Lines from S3: every line whole, and an object that is not what its reference says is not taken for it."""

from itertools import islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.errors import NotFound, StagingError
from etl.staging import CHUNK_BYTES, StagedObject, read_lines
from tests.unit.fakes import MemoryS3

lines_of_any_text = st.lists(st.text().map(lambda text: text.encode().replace(b"\n", b"")))


def stored(s3: Any, content: bytes) -> StagedObject:
    s3.put_object(Bucket="staging", Key="key", Body=content, ContentType="application/x-ndjson")
    return StagedObject("key", content.count(b"\n"), len(content))


@given(lines_of_any_text, st.integers(1, 9))
def test_a_line_is_whole_wherever_the_chunks_break(lines: list[bytes], chunk_bytes: int) -> None:
    s3 = MemoryS3(chunk_bytes)
    staged = stored(s3, b"".join(line + b"\n" for line in lines))

    assert list(read_lines(s3, "staging", staged)) == lines


def test_a_line_may_be_longer_than_a_chunk(s3: Any, bucket: str) -> None:
    lines = [b"short", "é".encode() * (CHUNK_BYTES + 1), b"", b"end"]
    staged = stored(s3, b"\n".join(lines) + b"\n")

    assert list(read_lines(s3, bucket, staged)) == lines


def test_an_empty_object_has_no_lines(s3: Any, bucket: str) -> None:
    assert list(read_lines(s3, bucket, stored(s3, b""))) == []


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
    stored(s3, content)

    with pytest.raises(StagingError) as refusal:
        list(read_lines(s3, bucket, StagedObject("key", 3, 6)))

    assert f"s3://staging/key holds {found}, its reference says 3 in 6" in str(refusal.value)
    assert "Run the window again" in str(refusal.value)


def test_a_last_line_without_its_end_is_refused_even_when_the_counts_fit(s3: Any, bucket: str) -> None:
    stored(s3, b"1\n2\n\n3")

    with pytest.raises(StagingError):
        list(read_lines(s3, bucket, StagedObject("key", 3, 6)))


def test_a_missing_object_is_named(s3: Any, bucket: str) -> None:
    with pytest.raises(NotFound, match="s3://staging/absent: GetObject answered NoSuchKey"):
        list(read_lines(s3, bucket, StagedObject("absent", 0, 0)))


def test_reads_no_further_than_it_is_asked(s3: Any, bucket: str) -> None:
    staged = stored(s3, b"x\n" * CHUNK_BYTES)
    lines = read_lines(s3, bucket, StagedObject("key", staged.records + 1, staged.bytes))

    # What is wrong with the object would show at its end.
    assert list(islice(lines, 3)) == [b"x"] * 3
