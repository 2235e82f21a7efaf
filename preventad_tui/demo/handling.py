"""From a request on the wire through the faults and the application to an answer on the wire."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from email.utils import formatdate

from aiohttp import web

from preventad_tui.demo.effects import Effect, Transfer
from preventad_tui.demo.faults import Faults
from preventad_tui.demo.messages import Answer, Call
from preventad_tui.demo.recording import Record
from preventad_tui.demo.sending import FaultySender, Meter, send
from preventad_tui.demo.site import Loris
from preventad_tui.demo.tokens import TokenOffice


class Handler:
    """The web server's one handler."""

    def __init__(
        self,
        loris: Loris,
        faults: Faults,
        record: Record,
        tokens: TokenOffice,
        delay_s: float,
    ) -> None:
        self._loris = loris
        self._faults = faults
        self._record = record
        self._tokens = tokens
        self._delay_s = delay_s
        self._session_locks: dict[str, asyncio.Lock] = {}
        self.stopping = asyncio.Event()

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request."""
        headers = tuple(
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in request.raw_headers
        )
        target = request.raw_path
        number = self._record.begin(request.method, target, headers)
        meter, status = Meter(), 0
        try:
            body = await request.read()
            call = Call(request.method, target, headers, body, request.remote or "")
            async with AsyncExitStack() as stack:
                if self._loris.session_locks and call.cookie:
                    # LORIS to 24.1: PHP keeps the session's file locked for the whole request.
                    lock = self._session_locks.setdefault(call.cookie, asyncio.Lock())
                    await stack.enter_async_context(lock)
                effects = self._faults.drawn(call)
                answer = self._answer(call, effects)
                status = answer.status
                self._record.answered(number, status)
                transfer = Transfer(delay_s=self._delay_s)
                for effect in effects:
                    transfer = effect.transfer(transfer)
                await self._pause(transfer.delay_s)
                if transfer.healthy:
                    return await send(request, answer, meter)
                if request.transport is not None:
                    sender = FaultySender(request.transport, self.stopping, meter)
                    await sender.send(request, answer, transfer)
        except ConnectionError:
            pass  # the client left in the middle, which clients may do
        finally:
            self._record.end(number, status, meter.sent)
        return web.Response()  # the connection is closed: nobody gets this

    def _answer(self, call: Call, effects: list[Effect]) -> Answer:
        for effect in effects:
            if effect.expires_tokens:
                self._tokens.expire_all()
            call = effect.call(call)
        answer = next(
            (said for effect in effects if (said := effect.instead(call)) is not None), None
        )
        if answer is None:
            answer = self._loris.answer(call)
        for effect in effects:
            if answer.status == 200:
                answer = effect.answer(call, answer)
        if offset_s := self._tokens.clock_offset_s:
            answer = answer.with_headers(("Date", formatdate(time.time() + offset_s, usegmt=True)))
        return answer

    async def _pause(self, seconds: float) -> None:
        if seconds:
            try:
                await asyncio.wait_for(self.stopping.wait(), seconds)
            except TimeoutError:
                pass
