"""The same work done by others: each module is the program of one process, in an environment of its own."""
