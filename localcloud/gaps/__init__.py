"""Close the gaps between ministack and AWS: one module per gap, with `close()` and an entry in `GAPS`."""

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
