"""What ministack lacks or does otherwise than AWS: one module per gap, each with `close()`.

A further engine joins as one module here and one entry in `GAPS`.
"""

from localcloud.gaps import (
    athena,
    auto_delete_objects,
    execution_start,
    handler_errors,
    layers,
    worker_start,
)

GAPS = (worker_start, handler_errors, layers, execution_start, auto_delete_objects, athena)


def close_all() -> None:
    """Close every gap in this process, before ministack serves its first request."""
    for gap in GAPS:
        gap.close()
