"""Data of any size that are the same each time, and what is wrong with them."""
