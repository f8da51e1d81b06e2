"""The function `etl-transform`."""
