"""Athena's engine on a laptop: Athena SQL, typed and translated for DuckDB, over the catalog's tables alone."""
