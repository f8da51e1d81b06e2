"""What `make run` shows of each pipeline, on real data: a module each, named after the pipeline."""
