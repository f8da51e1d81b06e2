"""The window of the measurements: the whole sample is in it."""

WEEK = {"start": "2018-01-30T00:00:00Z", "end": "2018-02-08T00:00:00Z"}
