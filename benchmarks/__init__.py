"""One script for each figure that the project claims, its peers beside it."""
