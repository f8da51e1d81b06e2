"""The engine's process: requests come as lines of JSON, answers go as lines of JSON; it ends with its parent."""

import json
import os
import sys
import threading
from typing import Any

from localcloud.athena.service import Service
from localcloud.athena.storage import Clients


def main() -> None:
    """Serve until the other end of the pipe is closed, as it is when the local cloud ends, however that happens."""
    # What a library prints must not get between the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    lock = threading.Lock()

    def answer(document: dict[str, Any]) -> None:
        line = json.dumps(document) + "\n"
        with lock:
            answers.write(line)
            answers.flush()

    service = Service(Clients.from_environment(), answer)
    for line in sys.stdin:
        service.take(json.loads(line))
    # Queries that still run have nobody to answer to.
    os._exit(0)


if __name__ == "__main__":
    main()
