"""Where a held call and the test meet: no clock, one waits for the other."""

import socket
from types import TracebackType
from typing import Self

PATIENCE_SECONDS = 60.0


class Meeting:
    """Wait for a call that is held at `port`, and release it by leaving the context."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(PATIENCE_SECONDS)
        self._held: socket.socket | None = None
        self.port: int = self._server.getsockname()[1]

    def wait(self) -> None:
        """Return once a call is held; raise TimeoutError when none is in good time."""
        self._held, _ = self._server.accept()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._held is not None:
            self._held.close()
        self._server.close()
