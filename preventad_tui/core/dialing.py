"""Connecting by TCP: a name's addresses tried side by side, nothing left open.

asyncio's own race of addresses loses a socket when it is cancelled at the wrong moment.
"""

import asyncio
import socket
from typing import Any

_STAGGER_S = 0.25
"""How long an address is waited for before the next one is tried too (RFC 8305)."""

AddressInfo = tuple[Any, Any, int, str, Any]

_looking: dict[tuple[asyncio.AbstractEventLoop, str, int], asyncio.Task[list[AddressInfo]]] = {}


async def dial(host: str, port: int) -> socket.socket:
    """A connected socket, by whichever address answers first.

    Raises:
        OSError: none did; the first address's own error. `socket.gaierror`: there is no such name.
    """
    loop = asyncio.get_running_loop()
    infos = _alternating(await _look_up(host, port))
    tries: list[asyncio.Task[socket.socket]] = []
    winner: asyncio.Task[socket.socket] | None = None
    try:
        while winner is None:
            if infos:
                tries.append(loop.create_task(_open(infos.pop(0))))
            under_way = [one for one in tries if not one.done()]
            if under_way:
                first = asyncio.FIRST_COMPLETED
                timeout_s = _STAGGER_S if infos else None
                await asyncio.wait(under_way, timeout=timeout_s, return_when=first)
            winner = next((one for one in tries if one.done() and not one.exception()), None)
            if winner is None and not infos and all(one.done() for one in tries):
                break
    finally:
        # Nothing is awaited here: a cancellation would lose the winner's socket.
        for one in tries:
            if one is not winner:
                one.cancel()
                one.add_done_callback(_close)
    return (winner or tries[0]).result()


async def _look_up(host: str, port: int) -> list[AddressInfo]:
    """A name's addresses; all who ask meanwhile wait for the same answer.

    The system's look-up may hang for minutes in its thread, and every attempt asks again: so not
    more than one thread is lost to it.
    """
    loop = asyncio.get_running_loop()
    asked = (loop, host, port)

    def forget(looking: asyncio.Task[list[AddressInfo]]) -> None:
        del _looking[asked]
        if not looking.cancelled():
            looking.exception()  # seen, though nobody may wait for it any more

    if asked not in _looking:
        question = loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        _looking[asked] = asyncio.ensure_future(question)
        _looking[asked].add_done_callback(forget)
    return await asyncio.shield(_looking[asked])


def _close(late: asyncio.Task[socket.socket]) -> None:
    if not late.cancelled() and not late.exception():
        late.result().close()


async def _open(info: AddressInfo) -> socket.socket:
    family, kind, protocol, _, address = info
    opened = socket.socket(family, kind, protocol)
    try:
        opened.setblocking(False)
        await asyncio.get_running_loop().sock_connect(opened, address)
    except BaseException:
        opened.close()
        raise
    return opened


def _alternating(infos: list[AddressInfo]) -> list[AddressInfo]:
    """The resolver's order, but the two families in turn."""
    first = [info for info in infos if info[0] == infos[0][0]]
    other = [info for info in infos if info[0] != infos[0][0]]
    mixed = []
    while first or other:
        mixed += first[:1] + other[:1]
        del first[:1], other[:1]
    return mixed
