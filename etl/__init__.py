"""The runtime library: what the pipelines run in the cloud, free of CDK and of any framework."""
