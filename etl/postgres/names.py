"""Names and texts as SQL."""


def quoted(name: str) -> str:
    """Return an identifier in quotes."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text as a literal, whatever `standard_conforming_strings` says of backslashes."""
    escaped = text.replace("\\", "\\\\").replace("'", "''")
    return f"E'{escaped}'"


def relation(table: str) -> str:
    """Return a table in quotes with its schema: `public` unless it is qualified, as in `sales.orders`."""
    schema, dot, name = table.partition(".")
    return f"{quoted(schema)}.{quoted(name)}" if dot else f"{quoted('public')}.{quoted(table)}"
