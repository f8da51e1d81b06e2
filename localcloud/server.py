"""The serving process of a local cloud: `python -m localcloud.server --home DIRECTORY`."""

import argparse
import asyncio
import errno
import http.client
import importlib
import json
import os
import resource
import signal
import socket
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final

from localcloud import gaps, routes
from localcloud.errors import LocalCloudError
from localcloud.home import Home, Record
from localcloud.postgres import PostgresServer

PREFERRED_PORT: Final = 4566
# Requests under way get this long to end; an open keep-alive connection would hold the process for ever.
GRACE_SECONDS: Final = 0.7


def main() -> None:
    """Serve one home until told to stop, or until the parent process is gone."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--port", type=int)
    parser.add_argument("--detached", action="store_true")
    options = parser.parse_args()
    if options.detached and os.fork():
        os._exit(0)
    with suppress(PermissionError):  # leads its group already
        os.setsid()
    if not options.detached:
        threading.Thread(target=_end_with_parent, name="parent-watch", daemon=True).start()
    home = Home(options.home)
    lock = home.acquire()
    if lock is None:
        _answer(taken=True)
        return
    os.ftruncate(sys.stderr.fileno(), 0)
    try:
        listener = _listen(options.port)
    except OSError as error:
        _answer(error=_port_problem(options.port, error))
        return
    home.clear_scratch()
    _raise_file_limit()
    # ministack reads its port when it is imported, so nothing of it may be imported above this line.
    os.environ["GATEWAY_PORT"] = str(listener.getsockname()[1])
    gaps.close_all()
    asyncio.run(_serve(home, listener))


async def _serve(home: Home, listener: socket.socket) -> None:
    ministack = importlib.import_module("ministack.app")
    hypercorn = importlib.import_module("hypercorn.asyncio")
    config = importlib.import_module("hypercorn.config").Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.graceful_timeout = GRACE_SECONDS / 2
    if os.environ.get("USE_SSL"):
        config.certfile, config.keyfile = str(home.certificate), str(home.private_key)
    ready, stopping = asyncio.Event(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)

    def announce() -> None:
        ready.set()
        _announce(home, listener.getsockname()[1])

    serving = asyncio.create_task(
        hypercorn.serve(routes.around(ministack.app, announce), config, shutdown_trigger=stopping.wait)
    )
    until_stopped = asyncio.create_task(stopping.wait())
    await asyncio.wait({serving, until_stopped}, return_when=asyncio.FIRST_COMPLETED)
    await asyncio.wait({serving}, timeout=GRACE_SECONDS)
    if serving.done():
        serving.result()
    elif ready.is_set():  # what is not loaded yet must not be saved either
        routes.save()
    _end(home)


def _end(home: Home) -> None:
    """Leave at once: threads that still run a handler would otherwise keep the interpreter alive."""
    try:
        PostgresServer(home.postgres).stop()
    except LocalCloudError as error:
        sys.stderr.write(f"{error}\n")
    importlib.import_module("ministack.core.lambda_runtime").reset()
    sys.stderr.flush()
    os._exit(0)


def _announce(home: Home, port: int) -> None:
    account, region = os.environ["MINISTACK_ACCOUNT_ID"], os.environ["MINISTACK_REGION"]
    home.announce(Record(os.getpid(), port, account, region, iam=bool(os.environ.get("USE_SSL"))))
    _answer(ready=True)
    # The starting process closes its end of the pipe now; what is printed from here on belongs in the log.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())


def _answer(**answer: object) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def _end_with_parent() -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _listen(port: int | None) -> socket.socket:
    """Bind before anything else is done: connections that come early wait for the server to be ready."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", PREFERRED_PORT if port is None else port))
    except OSError as error:
        if port is not None or error.errno != errno.EADDRINUSE:
            raise
        listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    return listener


def _port_problem(port: int | None, error: OSError) -> str:
    if error.errno != errno.EADDRINUSE:
        return f"cannot listen on 127.0.0.1:{port or PREFERRED_PORT}: {error.strerror}; choose another port"
    return (
        f"port {port} on 127.0.0.1 is in use by {_occupant(port)}; stop that, or leave the port out: "
        "the local cloud then takes a free one"
    )


def _occupant(port: int | None) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", "/_local/status")
        found = json.loads(connection.getresponse().read())
        return f"the local cloud of {found['home']} (process {found['pid']})"
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return "another program"
    finally:
        connection.close()


def _raise_file_limit() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


if __name__ == "__main__":
    main()
