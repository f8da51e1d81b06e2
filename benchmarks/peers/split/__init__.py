"""A file with bad rows to typed Parquet: each way prints how many rows it wrote and how many it rejected."""
