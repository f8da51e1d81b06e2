"""One stack per pipeline: composes constructs and grants."""
