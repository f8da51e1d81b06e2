"""Whatever a description says, it stays a comment, and says the same."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlglot import exp, parse

from etl.contracts.ddl import ddl
from etl.contracts.types import Text
from tests.unit.contracts.ddl.contracts import one

_printable = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=60).filter(str.strip)


@given(_printable)
@example("it's `a`; DROP TABLE x; -- \\' \\")
@pytest.mark.parametrize("engine", ["athena", "iceberg"])
def test_athena_reads_the_comment_as_it_was_written_in_one_line(engine: str, said: str) -> None:
    (made,) = parse(ddl(one(Text(), description=said), engine, location="s3://bucket/"), dialect="athena")

    assert made is not None
    assert [comment.this.this for comment in made.find_all(exp.CommentColumnConstraint)] == [
        " ".join(said.replace("\ufffe", " ").replace("\uffff", " ").split())
    ]


@given(_printable)
@example("it's \"a\"; DROP TABLE x; -- \\' \\")
@pytest.mark.parametrize("engine", ["postgres", "redshift"])
def test_databases_read_the_comment_as_it_was_written(engine: str, said: str) -> None:
    _, made = parse(ddl(one(Text(), description=said), engine), dialect=engine)

    assert isinstance(made, exp.Comment)
    assert made.expression.this == said
