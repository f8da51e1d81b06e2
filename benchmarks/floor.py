"""The store's own pace: requests made before the clock starts, answers left unread."""

import http.client
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

import msgspec

from benchmarks.sample_input import records
from benchmarks.stand_ins import WEEK
from etl.extract.dynamodb import Scan
from etl.load.dynamodb import BATCH_ITEMS
from etl.values.dynamodb_json import to_item
from etl.windows import Window

_THREADS = (1, 2, 4)


class _Page(msgspec.Struct, rename="pascal"):
    scanned_count: int
    last_evaluated_key: dict[str, Any] | None = None


class Floor:
    """A DynamoDB endpoint, called without an SDK; each method prepares its requests and returns the run."""

    def __init__(self, endpoint_url: str) -> None:
        self._address = urlsplit(endpoint_url).netloc
        region, day = os.environ["AWS_REGION"], datetime.now(UTC).strftime("%Y%m%d")
        # A local cloud accepts any signature, but reads region and account from it.
        scope = f"{os.environ['AWS_ACCESS_KEY_ID']}/{day}/{region}/dynamodb/aws4_request"
        self._signature = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"

    def load(self, table: str, count: int) -> Callable[[], int]:
        """Put records in batches of the largest size, from the fastest number of threads."""
        puts = ({"PutRequest": {"Item": item}} for item in map(to_item, records(count)))
        bodies = []
        while batch := list(islice(puts, BATCH_ITEMS)):
            bodies.append(msgspec.json.encode({"RequestItems": {table: batch}}))
        trial = bodies[: max(_THREADS) * 20]
        threads = min(_THREADS, key=lambda number: self._seconds(trial, number))

        def run() -> int:
            self._send_all(bodies, threads)
            return count

        return run

    def extract(self, table: str) -> Callable[[], int]:
        """Scan a table page by page with the extract stage's own request; read only the next key of each answer."""
        request = Scan(None, table, Window.from_dict(WEEK))._request()  # noqa: SLF001 -- exactly the stage's request

        def run() -> int:
            send, scanned = self._connect("Scan"), 0
            while True:
                page = msgspec.json.decode(send(msgspec.json.encode(request)), type=_Page)
                scanned += page.scanned_count
                if page.last_evaluated_key is None:
                    return scanned
                request["ExclusiveStartKey"] = page.last_evaluated_key

        return run

    def _seconds(self, bodies: list[bytes], threads: int) -> float:
        started = time.perf_counter()
        self._send_all(bodies, threads)
        return time.perf_counter() - started

    def _send_all(self, bodies: list[bytes], threads: int) -> None:
        remaining = iter(bodies)  # threads can share a list's iterator, but not a generator

        def work(_: int) -> None:
            send = self._connect("BatchWriteItem")
            for body in remaining:
                answer = msgspec.json.decode(send(body))
                if answer.get("UnprocessedItems"):
                    raise RuntimeError("the store is short of capacity: there is no floor to measure")

        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(work, range(threads)))

    def _connect(self, operation: str) -> Callable[[bytes], bytes]:
        connection = http.client.HTTPConnection(self._address)
        headers = {
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": f"DynamoDB_20120810.{operation}",
            "Authorization": self._signature,
        }

        def send(body: bytes) -> bytes:
            connection.request("POST", "/", body, headers)
            response = connection.getresponse()
            answer = response.read()
            if response.status != http.client.OK:
                raise RuntimeError(f"{operation} answered {response.status}: {answer[:200]!r}")
            return answer

        return send
