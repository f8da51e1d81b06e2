"""Contracts: what a dataset promises, in the Open Data Contract Standard, and what follows from it."""

from etl.contracts.model import Contract, Field
from etl.contracts.reader import parse_contract, read_contract

__all__ = ["Contract", "Field", "parse_contract", "read_contract"]
