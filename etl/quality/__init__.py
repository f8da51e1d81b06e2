"""Quality: evaluates the rules of a contract on DuckDB and Spark, and scores the results."""

from etl.quality.rules import Rule, rules_of

__all__ = ["Rule", "rules_of"]
