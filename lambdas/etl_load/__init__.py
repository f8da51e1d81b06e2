"""The function `etl-load`."""
