"""Quality: the rules of a contract, evaluated alike by DuckDB, Spark and Athena, and the scorecard they end in."""

from etl.quality.rules import Rule, rules_of

__all__ = ["Rule", "rules_of"]
