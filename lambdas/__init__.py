"""The functions: event in, one call into `etl`, result out."""
