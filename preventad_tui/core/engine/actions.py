"""What each planned action does about its file: one attempt, one outcome."""

import json
import os
from collections.abc import Callable

from preventad_tui.core.checks import deep_check_file
from preventad_tui.core.disk_view import FileStamp, Presence, compare_stamp
from preventad_tui.core.engine.faults import AttemptFailed, judge_refusal
from preventad_tui.core.engine.jobs import Job
from preventad_tui.core.engine.outcome import Outcome
from preventad_tui.core.engine.settings import EngineSettings
from preventad_tui.core.engine.sink import Sink
from preventad_tui.core.engine.stamps import Stamps
from preventad_tui.core.engine.transfer import BINARY, Body, Tools, as_faults, fetch
from preventad_tui.core.http import HttpClient
from preventad_tui.core.json_text import read_error_text, read_json
from preventad_tui.core.ledger import LedgerLine
from preventad_tui.core.plan import Action
from preventad_tui.core.states import FileState
from preventad_tui.core.storage_errors import storage_error
from preventad_tui.core.text import human_size

_TAG_BYTES = 200


class Actions:
    """Carries out plan items; `is_suspicious` tells images far too small for their scan type."""

    def __init__(
        self,
        tools: Tools,
        stamps: Stamps,
        settings: EngineSettings,
        is_suspicious: Callable[[Job, int], bool],
    ) -> None:
        self._tools = tools
        self._stamps = stamps
        self._settings = settings
        self._is_suspicious = is_suspicious

    async def perform(self, client: HttpClient, job: Job) -> Outcome:
        """One attempt at what the plan says.

        Raises:
            AttemptFailed, FileEnd, TokenEnded, Throttled, RepeatPlain, StorageError.
        """
        match job.item.action:
            case Action.CHECK:
                return await self._check(client, job)
            case Action.ADOPT:
                return await self._adopt(client, job)
            case Action.ASK:
                return await self._ask(client, job)
            case _:
                return await self._fetch(client, job)

    # Files that are not on disk, or cut

    async def _fetch(self, client: HttpClient, job: Job) -> Outcome:
        line = self._line(job)
        stamp = await self._stamp(job) if line is not None else None
        body = await self._whole(client, job)
        if line is None or stamp is None:
            return self._stored(job, body)
        # What is shorter than recorded is a cut file of ours. What was altered is in a plan to
        # fetch only by the user's word (verify --repair).
        gives_way = (
            compare_stamp(stamp, line) is Presence.SMALLER or job.item.state is FileState.CHANGED
        )
        return self._stored(job, body, gives_way=stamp if gives_way else None)

    async def _whole(self, client: HttpClient, job: Job) -> Body:
        """The file's bytes in a partial, wherever they come from."""
        file = job.item.file
        if file.content is not None:
            return await self._write(job, file.content)
        if file.extract:
            return await self._write(job, await self._extract(client, job))
        body = await fetch(self._tools, client, job)
        assert body is not None  # no condition was sent
        return body

    async def _write(self, job: Job, content: bytes) -> Body:
        file = job.item.file
        tools = self._tools
        sink = Sink(tools.folder, file.path, file.kind, tools.turns, full_gzip=False)
        try:
            result = await self._tools.pool.run(sink.finish, memoryview(content))
        except BaseException:
            await self._tools.pool.run(sink.discard)
            raise
        if not result.ok:
            raise AttemptFailed(result.reason, result.message, md5=sink.md5)
        return Body(sink.partial, sink.md5, sink.size_bytes, "")

    async def _extract(self, client: HttpClient, job: Job) -> bytes:
        limits, file = self._tools.limits, job.item.file
        with as_faults():
            answer = await client.get(
                job.link, max_bytes=limits.json_max_bytes, timeout_s=limits.header_timeout_s
            )
        if answer.status != 200:
            raise judge_refusal(
                answer.status,
                read_error_text(answer.body),
                link=job.link,
                retry_after_s=None,
                conditional=False,
                earlier_attempts=job.attempts,
            )
        self._tools.meter.total_bytes += len(answer.body)
        with as_faults():
            document = read_json(answer.body, client.origin.netloc)
        if not isinstance(document, dict) or file.extract not in document:
            raise AttemptFailed("not-json", f"the answer holds no {file.extract}")
        return json.dumps(document[file.extract], indent=2).encode() + b"\n"

    # Files that are on disk

    async def _check(self, client: HttpClient, job: Job) -> Outcome:
        """The digest decides whether a file with another time stamp is still ours."""
        line = self._line(job)
        job.is_checking = True
        try:
            md5, size, mtime_ns = await self._tools.pool.run(self._tools.folder.hash_file, job.path)
        except FileNotFoundError:
            return await self._fetch(client, job)
        except OSError as error:
            raise storage_error(error, f"reading {job.path}") from error
        if line is None or (size, md5) != (line.size_bytes, line.md5):
            return Outcome(
                FileState.CHANGED,
                "changed",
                "altered on disk since it was downloaded; kept as it is",
                size_bytes=size,
                mtime_ns=mtime_ns,
                md5=md5,
            )
        return _again(line, line.state, mtime_ns)

    async def _ask(self, client: HttpClient, job: Job) -> Outcome:
        """Ask whether the server has another version; 304 is believed only of a whole file.

        A file that is written from the catalogue is asked of that.
        """
        line, stamp = self._line(job), await self._stamps.take(job)
        if line is None or stamp is None:
            return await self._fetch(client, job)
        presence = compare_stamp(stamp, line)
        if presence is Presence.OCCUPIED:
            return await self._fetch(client, job)
        if presence in (Presence.TOUCHED, Presence.LARGER):
            return await self._check(client, job)
        mtime_ns = stamp.mtime_ns if stamp.is_regular else line.mtime_ns  # a link into git-annex
        body: Body | None
        if job.item.file.content is not None:
            body = await self._whole(client, job)
        elif presence is not Presence.SAME or job.unconditional:
            body = await fetch(self._tools, client, job)
        else:
            body = await fetch(self._tools, client, job, etag=job.item.etag)
        if body is None:
            return _again(line, FileState.UNCHANGED, mtime_ns)
        if body.md5 == line.md5 and presence is Presence.SAME:
            await self._discard(body)
            return _again(line, FileState.UNCHANGED, mtime_ns, etag=body.etag)
        gives_way = stamp if presence is not Presence.SAME else None
        return self._stored(job, body, replaces=line, gives_way=gives_way)

    async def _adopt(self, client: HttpClient, job: Job) -> Outcome:
        """Take over a file that stands there without a ledger line, if it is the server's.

        An image is known by its own structure, read to the end. In a text file a cut does not
        show, so it is fetched and compared; the commit takes it over where the bytes are equal
        and refuses ("occupied") where they are not. The original script's images (an `.etag` file
        beside them) must also still have the server's tag, and give way where they are damaged;
        its text files always give way, since their tags say nothing.
        """
        stamp = await self._stamp(job)
        if stamp is None or not stamp.is_regular:  # the commit finds out
            return await self._fetch_to_compare(client, job)
        job.is_checking = True
        pool, folder = self._tools.pool, self._tools.folder
        tag = await pool.run(self._script_tag, job.path)
        is_image = job.item.file.kind in BINARY
        is_sound = is_image and await pool.run(self._is_sound, job)
        job.is_checking = False
        if not is_sound or job.unconditional:
            return await self._fetch_to_compare(client, job, gives_way=stamp if tag else None)
        etag = ""
        if tag:
            body = await fetch(self._tools, client, job, etag=tag)
            if body is not None:
                return self._stored(job, body, gives_way=stamp)
            etag = tag
        try:
            md5, size, mtime_ns = await pool.run(folder.hash_file, job.path)
        except OSError as error:
            raise storage_error(error, f"reading {job.path}") from error
        return Outcome(
            FileState.ON_DISK,
            message="was there already",
            size_bytes=size,
            mtime_ns=mtime_ns,
            md5=md5,
            etag=etag,
            note="adopted",
        )

    async def _fetch_to_compare(
        self, client: HttpClient, job: Job, *, gives_way: FileStamp | None = None
    ) -> Outcome:
        body = await self._whole(client, job)
        return self._stored(job, body, gives_way=gives_way)

    # Shared

    def _stored(
        self,
        job: Job,
        body: Body,
        *,
        replaces: LedgerLine | None = None,
        gives_way: FileStamp | None = None,
    ) -> Outcome:
        """A whole file in a partial; it may replace an older version, or what stands there."""
        message, note = "", ""
        if replaces is not None:
            message = "the server had a newer version"
        if self._is_suspicious(job, body.size_bytes):
            note = "suspicious"
            message = (
                f"suspiciously small for {job.item.file.scan_type}: {human_size(body.size_bytes)}"
            )
        return Outcome(
            FileState.ON_DISK,
            message=message,
            size_bytes=body.size_bytes,
            md5=body.md5,
            etag=body.etag,
            note=note,
            partial=body.partial,
            replace=replaces is not None or gives_way is not None,
            present=(gives_way.size_bytes, gives_way.mtime_ns) if gives_way else None,
            keep_old=self._settings.keep_old and replaces is not None,
            fetched_bytes=body.size_bytes if job.item.file.content is None else 0,
        )

    def _line(self, job: Job) -> LedgerLine | None:
        return self._tools.folder.ledger.lines.get(job.path)

    async def _stamp(self, job: Job) -> FileStamp | None:
        return await self._tools.pool.run(self._tools.folder.stamp, job.path)

    def _script_tag(self, path: str) -> str:
        """The tag in the original script's `.<name>.etag`; "" where it did not make the file."""
        folder, _, name = path.rpartition("/")
        try:
            fd = self._tools.folder.open_file(f"{folder}/.{name}.etag".lstrip("/"))
        except OSError:
            return ""
        with open(fd, "rb") as file:
            tag = file.read(_TAG_BYTES).strip()
        return tag.decode() if tag.isalnum() and tag.isascii() else ""

    def _is_sound(self, job: Job) -> bool:
        try:
            fd = self._tools.folder.open_file(job.path)
        except OSError:
            return False
        try:
            return deep_check_file(fd, job.item.file.kind, path=job.path).ok
        finally:
            os.close(fd)

    async def _discard(self, body: Body) -> None:
        if body.partial is not None:
            await self._tools.pool.run(body.partial.discard)


def _again(line: LedgerLine, state: FileState, mtime_ns: int, *, etag: str = "") -> Outcome:
    """The file is as the ledger knows it."""
    return Outcome(
        state,
        size_bytes=line.size_bytes,
        mtime_ns=mtime_ns,
        md5=line.md5,
        etag=etag or line.etag,
        replaced=line.replaced,
        note=line.note,
    )
