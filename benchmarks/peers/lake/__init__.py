"""Ways to bring a table of PostgreSQL into Parquet files."""
