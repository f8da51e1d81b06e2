"""Twenty rules over one Parquet file: each way prints how many rows break each of them."""
