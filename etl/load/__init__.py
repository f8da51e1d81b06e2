"""Where records go, one file per kind of sink."""
