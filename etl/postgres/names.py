"""Quote names and texts for SQL."""


def quoted(name: str) -> str:
    """Return an identifier in quotes."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text as a literal; backslashes are safe whatever `standard_conforming_strings` is."""
    escaped = text.replace("\\", "\\\\").replace("'", "''")
    return f"E'{escaped}'"


def relation(table: str) -> str:
    """Return a table in quotes with its schema, which is `public` unless named, as in `sales.orders`."""
    schema, dot, name = table.partition(".")
    return f"{quoted(schema)}.{quoted(name)}" if dot else f"{quoted('public')}.{quoted(table)}"
