"""The tables of the lake: objects on S3 and their entries in the Glue Catalog, made through the same APIs as in AWS."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

BUCKET: Final = "lake-data"
DATABASE: Final = "lake"
_HIVE: Final = "org.apache.hadoop.hive"
_PARQUET: Final = f"{_HIVE}.ql.io.parquet.serde.ParquetHiveSerDe"
_OPEN_CSV: Final = f"{_HIVE}.serde2.OpenCSVSerde"
_OPENX: Final = "org.openx.data.jsonserde.JsonSerDe"
_FORMATS: Final = {
    _PARQUET: f"{_HIVE}.ql.io.parquet.MapredParquetInputFormat",
}
_TEXT_INPUT: Final = "org.apache.hadoop.mapred.TextInputFormat"


@dataclass(frozen=True, kw_only=True)
class External:
    """A table over objects below its own folder; `partitions` are the registered ones, values to folder."""

    name: str
    columns: Mapping[str, str]
    objects: Mapping[str, bytes]
    serde: str = _PARQUET
    serde_parameters: Mapping[str, str] = field(default_factory=dict)
    partition_keys: Mapping[str, str] = field(default_factory=dict)
    partitions: Mapping[Sequence[str], str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)

    def create(self, s3: Any, glue: Any) -> None:
        """Put the objects and register the table."""
        for key, body in self.objects.items():
            s3.put_object(Bucket=BUCKET, Key=f"{self.name}/{key}", Body=body)
        table = {
            "Name": self.name,
            "TableType": "EXTERNAL_TABLE",
            "StorageDescriptor": self._storage(""),
            "PartitionKeys": _columns(self.partition_keys),
            "Parameters": {"EXTERNAL": "TRUE", **self.parameters},
        }
        glue.create_table(DatabaseName=DATABASE, TableInput=table)
        for values, folder in self.partitions.items():
            partition = {"Values": list(values), "StorageDescriptor": self._storage(folder)}
            glue.create_partition(DatabaseName=DATABASE, TableName=self.name, PartitionInput=partition)

    def _storage(self, folder: str) -> dict[str, Any]:
        return {
            "Columns": _columns(self.columns),
            "Location": f"s3://{BUCKET}/{self.name}/{folder}",
            "InputFormat": _FORMATS.get(self.serde, _TEXT_INPUT),
            "OutputFormat": f"{_HIVE}.ql.io.HiveIgnoreKeyTextOutputFormat",
            "SerdeInfo": {"SerializationLibrary": self.serde, "Parameters": dict(self.serde_parameters)},
        }


def create_lake(s3: Any, glue: Any) -> None:
    """Make the bucket, the database and its tables."""
    s3.create_bucket(Bucket=BUCKET)
    glue.create_database(DatabaseInput={"Name": DATABASE})
    for table in (*_parquet_tables(), *_text_tables(), *_partitioned_tables()):
        table.create(s3, glue)


def parquet(columns: Mapping[str, Any]) -> bytes:
    """Return a Parquet file of Arrow arrays, or of integers."""
    written = io.BytesIO()
    arrays = {
        name: values if isinstance(values, pa.Array) else pa.array(values, pa.int32())
        for name, values in columns.items()
    }
    pq.write_table(pa.table(arrays), written)
    return written.getvalue()


def _columns(types: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Type": kind} for name, kind in types.items()]


def _parquet_tables() -> list[External]:
    """Return what is read from Parquet; the rows of `shipping` are those of Trino's page on SELECT."""
    shipping = {
        "origin_state": pa.array(["California", "California", "New Jersey", "California", "California", "New York"]),
        "origin_zip": [94131, 94131, 7081, 90210, 94131, 10002],
        "destination_state": pa.array(
            ["New Jersey", "New Jersey", "Connecticut", "Connecticut", "Colorado", "New Jersey"]
        ),
        "destination_zip": [8648, 8540, 6708, 6927, 80302, 8540],
        "package_weight": [13, 42, 225, 1337, 5, 3],
    }
    moment = datetime(2020, 2, 29, 12, 34, 56, 789000, tzinfo=UTC).replace(tzinfo=None)
    typed = {
        "tiny": pa.array([1, None], pa.int8()),
        "small": pa.array([2, None], pa.int16()),
        "whole": pa.array([3, None], pa.int32()),
        "big": pa.array([4, None], pa.int64()),
        "exact": pa.array([Decimal("5.50"), None], pa.decimal128(5, 2)),
        "real": pa.array([0.1, None], pa.float64()),
        "name": pa.array(["ç", None]),
        "flag": pa.array([True, None]),
        "day": pa.array([date(2020, 2, 29), None]),
        "moment": pa.array([moment, None], pa.timestamp("us")),
    }
    nested = {
        "id": [1, 2],
        "address": pa.array(
            [{"city": "Bern", "zip": 3000}, None], pa.struct([("city", pa.string()), ("zip", pa.int32())])
        ),
        "scores": pa.array([[("math", 5)], None], pa.map_(pa.string(), pa.int32())),
        "tags": pa.array([["a", "b"], None], pa.list_(pa.string())),
    }
    return [
        External(
            name="shipping",
            columns={
                "origin_state": "string",
                "origin_zip": "int",
                "destination_state": "string",
                "destination_zip": "int",
                "package_weight": "int",
            },
            objects={"part-0.parquet": parquet(shipping)},
        ),
        External(
            name="typed",
            columns={
                "tiny": "tinyint",
                "small": "smallint",
                "whole": "int",
                "big": "bigint",
                "exact": "decimal(5,2)",
                "real": "double",
                "name": "string",
                "flag": "boolean",
                "day": "date",
                "moment": "timestamp",
            },
            objects={"part-0.parquet": parquet(typed)},
        ),
        External(
            name="nested",
            columns={
                "id": "int",
                "address": "struct<city:string,zip:int>",
                "scores": "map<string,int>",
                "tags": "array<string>",
            },
            objects={"part-0.parquet": parquet(nested)},
        ),
        External(name="empty", columns={"id": "int"}, objects={}),
        External(
            name="hidden",
            columns={"id": "int"},
            objects={name: parquet({"id": [1]}) for name in ("part-0.parquet", "_part-1.parquet", ".part-2.parquet")},
        ),
    ]


def _text_tables() -> list[External]:
    lazy = 'id,name,amount\n1,one,1.5\n2,,\n\\N,"quoted",2.0\n4,\\N,3.0\n5,few\n6,many,4.0,extra\n'
    quoted = '"1","a,b","say \\"hi\\""\n"2","","plain"\n'
    events = (
        '{"ID": 1, "userId": "u1", "detail": {"kind": "open", "at": 2}, "tags": ["x", "y"], "more": true}\n{"id": 2}\n'
    )
    return [
        External(
            name="lazy",
            columns={"id": "int", "name": "string", "amount": "double"},
            objects={"part-0.csv": lazy.encode()},
            serde=f"{_HIVE}.serde2.lazy.LazySimpleSerDe",
            serde_parameters={"field.delim": ",", "serialization.format": ","},
            parameters={"skip.header.line.count": "1"},
        ),
        External(
            name="quoted",
            columns={"id": "string", "name": "string", "note": "string"},
            objects={"part-0.csv": quoted.encode()},
            serde=_OPEN_CSV,
            serde_parameters={"separatorChar": ",", "quoteChar": '"', "escapeChar": "\\"},
        ),
        External(
            name="quoted_numbers",
            columns={"id": "int", "name": "string"},
            objects={"part-0.csv": b'"","a"\n'},
            serde=_OPEN_CSV,
        ),
        External(
            name="events",
            columns={"id": "int", "userid": "string", "detail": "struct<kind:string,at:int>", "tags": "array<string>"},
            objects={"part-0.json": events.encode()},
            serde=_OPENX,
        ),
        External(
            name="broken_events",
            columns={"id": "int"},
            objects={"part-0.json": b'{"id": 1}\n{"id": \n'},
            serde=_OPENX,
        ),
    ]


def _partitioned_tables() -> list[External]:
    """Return tables with folders that are known to the catalog, or computed, and with folders that are neither."""
    projection = {
        "projection.enabled": "true",
        "projection.year.type": "integer",
        "projection.year.range": "2020,2021",
        "projection.day.type": "date",
        "projection.day.range": "2020-01-01,2020-01-03",
        "projection.day.format": "yyyy-MM-dd",
        "projection.kind.type": "enum",
        "projection.kind.values": "a,b",
        "storage.location.template": f"s3://{BUCKET}/projected/${{year}}/${{day}}/${{kind}}/",
    }
    folders = ("2020/2020-01-01/a", "2021/2020-01-02/b", "2022/2020-01-01/a", "2020/2020-01-01/c")
    days = ("2024-01-01", "2024-01-02", "2024-01-03")
    return [
        External(
            name="readings",
            columns={"id": "int"},
            objects={f"day={day}/part-0.parquet": parquet({"id": [number + 1]}) for number, day in enumerate(days)},
            partition_keys={"day": "string"},
            partitions={(day,): f"day={day}/" for day in days[:2]},
        ),
        External(
            name="projected",
            columns={"id": "int"},
            objects={f"{folder}/part-0.parquet": parquet({"id": [n + 1]}) for n, folder in enumerate(folders)},
            partition_keys={"year": "int", "day": "string", "kind": "string"},
            parameters=projection,
        ),
        External(
            name="injected",
            columns={"id": "int"},
            objects={"d1/part-0.parquet": parquet({"id": [1]}), "d2/part-0.parquet": parquet({"id": [2]})},
            partition_keys={"device": "string"},
            parameters={
                "projection.enabled": "true",
                "projection.device.type": "injected",
                "storage.location.template": f"s3://{BUCKET}/injected/${{device}}/",
            },
        ),
    ]
