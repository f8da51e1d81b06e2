"""The pipelines: a folder each, with its contracts and what it does at every stage."""
