"""Rules on several rows, on other datasets, or on the whole dataset, in DQDL."""

from decimal import Decimal

from etl.quality.dqdl.text import Line, bounded, column_sql, custom_sql, forbidden, impossible, number, plain, quoted
from etl.quality.measures import Aggregate, Fresh, Referenced, Rows, Unique
from etl.quality.rules import Rule


def unique_line(rule: Rule, measure: Unique) -> Line:
    """Return the rule that no two rows agree in some columns."""
    if not forbidden(rule):
        return impossible(rule, "DQDL's Uniqueness counts values, not the rows that share one")
    if all(len(column.path) == 1 and plain(column.name) for column in measure.columns) and len(measure.columns) == 1:
        return Line(f"IsUnique {quoted(measure.columns[0].name)}")
    columns = [column_sql(column.path) for column in measure.columns]
    complete = " and ".join(f"{column} is not null" for column in columns)
    groups = f"select 1 from primary where {complete} group by {', '.join(columns)} having count(*) > 1"  # noqa: S608 -- text of a rule
    return custom_sql(f"select count(*) from ({groups})", rule)  # noqa: S608 -- text of a rule


def reference_line(rule: Rule, measure: Referenced, *, nullable: bool) -> Line:
    """Return the rule that values are in another dataset, which is known by its name as an alias."""
    names = [column.name for column in measure.columns]
    if not nullable and all(map(plain, (*names, *measure.to_columns, measure.dataset))) and "" not in names:
        target = measure.to_columns[0] if len(names) == 1 else "{" + ",".join(measure.to_columns) + "}"
        return Line(f'ReferentialIntegrity "{",".join(names)}" "{measure.dataset}.{target}" = 1.0')
    return custom_sql(_orphans(measure), rule)


def _orphans(measure: Referenced) -> str:
    pairs = list(zip(measure.columns, measure.to_columns, strict=True))
    same = " and ".join(f"p.{column_sql(column.path)} = r.{column_sql((to,))}" for column, to in pairs)
    complete = " and ".join(f"p.{column_sql(column.path)} is not null" for column, _ in pairs)
    other = column_sql((measure.dataset,))
    return f"select count(*) from primary p left anti join {other} r on {same} where {complete}"  # noqa: S608 -- text of a rule


def rows_line(rule: Rule, measure: Rows) -> Line:
    """Return the rule on the number of rows; the median of earlier runs is a dynamic rule of Glue ETL."""
    if measure.trailing_median is None:
        return bounded("RowCount", rule)
    median = f"median(last({measure.trailing_median}))"
    return bounded("RowCount", rule, lambda percent: f"{number(percent / Decimal(100))} * {median}")


def fresh_line(rule: Rule, measure: Fresh) -> Line:
    """Return the rule on the newest value, measured from the time of the evaluation: DQDL knows no window."""
    newest = f"cast(max({column_sql(measure.column.path)}) as timestamp)"
    age = f"select unix_micros(current_timestamp()) - unix_micros({newest}) from primary"  # noqa: S608 -- text of a rule
    micros = measure.at_most.days * 86_400_000_000 + measure.at_most.seconds * 1_000_000
    remark = "DataFreshness would ask it of every row; measured from now, as DQDL knows no window"
    return custom_sql(age, rule, condition=f"<= {micros}", remark=remark)


def aggregate_line(rule: Rule, measure: Aggregate) -> Line:
    """Return a query with one number as its result."""
    import sqlglot  # noqa: PLC0415 -- costs 0.25 s, for the few contracts with SQL of their own

    try:
        query = sqlglot.transpile(measure.query.replace("${object}", "primary"), read="postgres", write="spark")[0]
    except sqlglot.ParseError as error:
        return impossible(rule, f"its query cannot be read ({str(error).splitlines()[0]})")
    return custom_sql(query, rule)
