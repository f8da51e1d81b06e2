"""The function `etl-extract`."""
