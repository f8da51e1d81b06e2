"""Records of JSON: what makes their values."""

from typing import Any

from etl.contracts.model import Contract
from etl.extract.files.csv_records import Text
from etl.extract.files.rows import Take
from etl.values.converters import from_json
from etl.values.json_text import JsonError, parse_json
from etl.values.records import Problem


def take_json(contract: Contract) -> Take:
    """Return what makes values of a record's text; fields that the contract does not declare are left out."""
    converters = [(field.name, from_json(field)) for field in contract.source_fields]

    def take(text: Text) -> tuple[list[Any], list[Problem]]:
        try:
            record = parse_json(text.raw.decode())
        except JsonError as error:
            if error.key:
                return [], [Problem("duplicate_key", error.key, "a key once in an object")]
            return [], [Problem("json", "", f"one JSON object: {error}")]
        if not isinstance(record, dict):
            return [], [Problem("json", "", "one JSON object")]
        problems: list[Problem] = []
        values = [
            None if (value := record.get(name)) is None else convert(name, value, problems)
            for name, convert in converters
        ]
        return values, problems

    return take
