"""Faults, call by call: what they do to a deployed pipeline, and whether what it leaves is still right.

A pipeline's test deploys it on a local cloud with the `environment` of `injection`, says in an `Exploration` how to
run it, what its readers see and how to take that back, and asserts that `harm` finds nothing.
"""
