"""Contracts beside the standard itself: its own library and its own schema have to accept a file, too.

`etl.contracts` reads the part of the standard that something here keeps, strictly; this is the check that the file
stays one of the Open Data Contract Standard, which other tools read.
"""

import json
from importlib.resources import files
from pathlib import Path

from jsonschema import Draft201909Validator
from jsonschema.exceptions import best_match
from open_data_contract_standard.model import OpenDataContractStandard
from pydantic import ValidationError

from etl.contracts.located import Document, Refusal
from etl.errors import ContractError


def check_standard(path: Path) -> OpenDataContractStandard:
    """Return a contract as the standard's library reads it.

    Raises ContractError with file and line when it is none, or when the standard's JSON schema refuses it.
    """
    try:
        document = Document(path.read_bytes())
    except OSError as error:
        raise ContractError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    except Refusal as refusal:
        raise ContractError(f"{path}:{refusal.line or 1}: {refusal}") from refusal
    schema = json.loads((files("open_data_contract_standard") / "schema.json").read_text("utf-8"))
    if (breach := best_match(Draft201909Validator(schema).iter_errors(document.value))) is not None:
        line = document.line(tuple(breach.absolute_path))
        raise ContractError(f"{path}:{line}: not valid in the standard: {breach.message}; see docs/contracts.md")
    try:
        return OpenDataContractStandard.model_validate(document.value)
    except ValidationError as error:
        first = error.errors()[0]
        raise ContractError(
            f"{path}:{document.line(first['loc'])}: the standard's library refuses it: {first['msg']}"
        ) from error
