"""Contracts: what a dataset promises, in the Open Data Contract Standard, and what follows from it."""

from etl.contracts.model import Contract, Field
from etl.contracts.reader import parse_contract, read_contract
from etl.contracts.records import Problem, RecordValidator

__all__ = ["Contract", "Field", "Problem", "RecordValidator", "parse_contract", "read_contract"]
