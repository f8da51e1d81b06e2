"""Changes to records between a source and a sink, one file per kind of change."""
