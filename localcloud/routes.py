"""The local cloud's own requests, under `/_local/`, beside the AWS APIs."""

import asyncio
import importlib
import json
import os
import traceback
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs

from localcloud import schedules

PREFIX: Final = "/_local/"

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]


def around(aws: Application, ready: Callable[[], None]) -> Application:
    """Serve our own requests, leave all others to the AWS APIs, and call `ready` once those answer."""

    async def application(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(aws, scope, receive, send, ready)
        elif scope["type"] == "http" and scope["path"].startswith(PREFIX):
            await _reply(scope, send)
        else:
            await aws(scope, receive, send)

    return application


async def _live(aws: Application, scope: Message, receive: Receive, send: Send, ready: Callable[[], None]) -> None:
    async def watching(message: Message) -> None:
        if message["type"] == "lifespan.startup.complete":
            ready()
        await send(message)

    try:
        await aws(scope, receive, watching)
    except Exception as error:  # noqa: BLE001 - raised, it would pass for a server that needs no start-up
        traceback.print_exc()
        await send({"type": "lifespan.startup.failed", "message": str(error)})


async def _reply(scope: Message, send: Send) -> None:
    query = {name: values[-1] for name, values in parse_qs(scope["query_string"].decode()).items()}
    try:
        status, answer = 200, await _handle(scope["method"], scope["path"].removeprefix(PREFIX), query)
    except LookupError as error:
        status, answer = 404, {"error": str(error.args[0])}
    except ValueError as error:
        status, answer = 400, {"error": str(error)}
    body = json.dumps(answer).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _handle(method: str, path: str, query: dict[str, str]) -> dict[str, object]:
    match (method, *path.split("/")):
        case ("GET", "status"):
            return {"home": str(Path(os.environ["STATE_DIR"]).parent), "pid": os.getpid()}
        case ("POST", "save"):
            save()
            return {}
        case ("POST", "rules", name, "fire"):
            at = datetime.fromisoformat(query.get("at", ""))
            return {"targets": await asyncio.to_thread(schedules.fire, name, at)}
    raise LookupError(f"the local cloud has no {method} {PREFIX}{path}")


def save() -> None:
    """Write the state of every service to the home."""
    services = importlib.import_module("ministack.app")._build_persistence_save_dict()  # noqa: SLF001 - its only list
    importlib.import_module("ministack.core.persistence").save_all(services)
