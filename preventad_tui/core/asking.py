"""Asking for JSON: one place that turns an answer's status into data or a sentence."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

from preventad_tui.core.errors import (
    NoPermission,
    NotLoris,
    PreventADError,
    ServerError,
    TokenRejected,
    Unreachable,
)
from preventad_tui.core.http import Answer, HttpClient
from preventad_tui.core.json_text import Shrink, read_error_text, read_json
from preventad_tui.core.probing import no_data_error

_Thing = TypeVar("_Thing")


async def ask_json(
    client: HttpClient,
    link: str,
    *,
    max_bytes: int,
    timeout_s: float,
    on_progress: Callable[[int], None] | None = None,
    params: Mapping[str, str] | None = None,
    shrink: Shrink = lambda found: found,
) -> Any:
    """The JSON value at a link, asked for with the token and parsed off the event loop.

    `shrink` is given each object of it (see `read_json`).

    A kept-alive connection that the server closed meanwhile is asked again once.

    Raises:
        TokenRejected: 401.
        NoPermission: 403.
        NotLoris: a page, or no JSON (`sign-in-page`, `html`, `not-json`, `redirect`, `http-404`).
        ServerError: other statuses (`http-500` ...), and what `HttpClient.get` raises.
    """
    answer = await _get(client, link, max_bytes, timeout_s, on_progress, params)
    host = client.origin.netloc
    words = read_error_text(answer.body)
    match answer.status:
        case 200:
            return await asyncio.to_thread(read_json, answer.body, host, shrink)
        case 401:
            raise TokenRejected(
                f"{host} does not accept the login any more.",
                "Log in again. An account with too many failed logins gets this for 15 minutes.",
                "http-401",
            )
        case 403:
            raise NoPermission(
                f"This account may not read {link} on {host}" + (f": {words}." if words else "."),
                "Ask the project's people for access to the imaging data.",
                "http-403",
            )
        case _:
            raise no_data_error(answer, host, words)


async def for_each(
    things: Sequence[_Thing], at_once: int, do: Callable[[_Thing], Awaitable[None]]
) -> None:
    """Do something for each of many, in their order, so many at once.

    Raises:
        Exception: the first error, as it was raised; what is under way is broken off.
    """
    waiting = list(reversed(things))

    async def take() -> None:
        while waiting:
            await do(waiting.pop())

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(take())
    except* Exception as errors:
        raise errors.exceptions[0] from None


def is_about_the_answer(error: PreventADError) -> bool:
    """Whether only this one answer was bad: neither the way there, nor the login as a whole."""
    if isinstance(error, NotLoris):
        return error.reason not in ("sign-in-page", "redirect")
    return isinstance(error, ServerError | NoPermission) and error.reason.startswith("http-")


async def _get(
    client: HttpClient,
    link: str,
    max_bytes: int,
    timeout_s: float,
    on_progress: Callable[[int], None] | None,
    params: Mapping[str, str] | None,
) -> Answer:
    def ask() -> Awaitable[Answer]:
        return client.get(
            link, max_bytes=max_bytes, timeout_s=timeout_s, on_progress=on_progress, params=params
        )

    try:
        return await ask()
    except Unreachable as error:
        if error.reason != "dropped":
            raise
        return await ask()
