"""Feed a parser with what coverage-guided mutation makes of real input; report what escapes it.

    python tests/tools/fuzz.py catalogue|ledger|selection|headers|login|config --seconds 60

Needs atheris (`uv sync --group fuzz`). A refusal in the program's own words is right, and anything
else that is raised is a crash: its input is kept in the working folder, the exit code is not 0. So
it is for an unsafe path, or for state that reads differently the second time. The last lines tell
the number of inputs.
"""

import argparse
import asyncio
import json
import os
import random
import sys
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import atheris

with atheris.instrument_imports(include=["preventad_tui.core", "tomllib"]):
    from preventad_tui.core import direct, http, last_session, login, saved, wire
    from preventad_tui.core.catalogue import CatalogueIndex, build_catalogue
    from preventad_tui.core.catalogue_cache import load as load_catalogue
    from preventad_tui.core.catalogue_cache import save as save_catalogue
    from preventad_tui.core.config import load_settings
    from preventad_tui.core.errors import PreventADError, UsageError
    from preventad_tui.core.json_text import read_error_text, read_json
    from preventad_tui.core.layout import files_of_images
    from preventad_tui.core.ledger import LedgerLine, load_ledger
    from preventad_tui.core.ledger_line import encode, header
    from preventad_tui.core.limits import Limits
    from preventad_tui.core.listing_bids import read_bids_listing, shrink_bids
    from preventad_tui.core.listing_minc import read_candidates, read_images_listing, shrink_images
    from preventad_tui.core.listing_stock import as_bids
    from preventad_tui.core.model import DataType
    from preventad_tui.core.names import is_safe_component, safe_link
    from preventad_tui.core.regions import Region
    from preventad_tui.core.segments import new_segment_name
    from preventad_tui.core.selection import Selection
    from preventad_tui.core.server import parse_server
    from preventad_tui.core.states import FileState
    from preventad_tui.core.text import clean
    from preventad_tui.core.token import token_expiry

C, V = "1234567", "NAPEN00"
IMAGE = f"/candidates/{C}/{V}/images/preventad_{C}_{V}_dwi65_001.mnc"
STEM = f"{IMAGE}/bids/sub-{C}_ses-{V}_run-001_dwi"
BIDS_ROW = {"Candidate": C, "PSCID": "MTL1", "Visit": V, "LorisScanType": "dwi65"}
BIDS_ROW |= {"Subfolder": "dwi", "NiftiLink": f"{STEM}.nii.gz", "JsonLink": f"{STEM}.json"}
MINC_ROW = {"Candidate": C, "Visit": V, "ScanType": "dwi65", "QC_status": "Pass", "Link": IMAGE}
MINC_ROW |= {"InsertTime": "2024-05-01T10:00:00-04:00", "Selected": None, "Site": "Montréal"}


class Catalogue:
    """A server's listing, in each of its shapes, down to the paths of the files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        parts = {
            "Images": [BIDS_ROW],
            "DatasetDescription": {"Link": "/projects/loris/bids/README"},
        }
        documents = ({"Images": [BIDS_ROW]}, parts, {"Images": [MINC_ROW]})
        documents += ({"Candidates": [{"CandID": C, "Project": "loris", "Sex": None}]},)
        self.seeds = [bytes([at]) + json.dumps(one).encode() for at, one in enumerate(documents)]

    def __call__(self, data: bytes) -> None:
        kind, body = data[0] % 4 if data else 0, data[1:]
        data_type = DataType.BIDS
        try:
            if kind < 2:
                listing = read_bids_listing(read_json(body, "h", shrink_bids), "h")
            elif kind == 2:
                listing = read_images_listing(read_json(body, "h", shrink_images), "h")
                if len(body) % 2:
                    listing = as_bids(listing)
                else:
                    data_type = DataType.MINC
            else:
                read_candidates(read_json(body, "h"), "loris", "h")
                read_error_text(body)
                return
        except PreventADError:
            return
        catalogue = build_catalogue(listing, server="demo", project="loris", data_type=data_type)
        index = CatalogueIndex(catalogue)
        for file in files_of_images(catalogue, range(len(index.images))):
            parts = file.path.split("/")
            assert all(map(is_safe_component, parts)) or parts[-1].startswith(".bids"), file
            assert not file.link or safe_link(file.link) == file.link, file
        if catalogue.images:
            save_catalogue(catalogue, self._folder)
            again = load_catalogue("demo", "loris", data_type, self._folder)
            assert again is not None
            assert [one.key for one in again.images] == [one.key for one in catalogue.images]


class Ledger:
    """A segment of the ledger; with an odd first byte every line's checksum holds."""

    def __init__(self, folder: Path) -> None:
        self._segment = folder / new_segment_name()
        self._fd = os.open(folder, os.O_RDONLY)
        line = LedgerLine(
            *("sub-1/a.nii.gz", STEM, "demo", 10, 20, "d" * 32, '"tag"', FileState.ON_DISK),
            *("", 1, "2026-01-01T00:00:00Z", "", "0.1.0", "", "x.part"),
        )
        whole = header("0.1.0") + encode(line) + encode(line._replace(state=FileState.GONE))
        bare = b"\n".join(one[9:] for one in whole.splitlines()) + b"\n"
        self.seeds = [b"\0" + whole, b"\1" + bare]

    def __call__(self, data: bytes) -> None:
        body = data[1:]
        if data[:1] and data[0] % 2:
            texts = body.split(b"\n")
            body = b"".join(b"%08x %s\n" % (zlib.crc32(text), text) for text in texts)
        self._segment.write_bytes(body)
        try:
            ledger = load_ledger(self._fd, version="0.1.0")
        except PreventADError:
            return
        again = load_ledger(self._fd, version="0.1.0")
        ledger.close()
        again.close()
        assert dict(again.ends) == dict(ledger.ends)
        assert again.bad_lines == ledger.bad_lines
        assert all(line.is_good for line in ledger.lines.values())


class SavedFile:
    """A saved selection, and the last session; what can be read can be applied and saved again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        images = read_images_listing({"Images": [MINC_ROW]}, "h")
        made = build_catalogue(images, server="demo", project="loris", data_type=DataType.MINC)
        self._index = CatalogueIndex(made)
        selection = Selection(self._index)
        selection.tick(Region(C, None, "dwi65", None), True)
        one = saved.snapshot(self._index, selection, "mine", note="a note", outputdir="/tmp/x")
        last_session.save_last_session(
            last_session.LastSession(one, "demo", last_session.View(), "2026-01-01T00:00:00Z"),
            folder,
        )
        self.seeds = [
            b"\0" + json.dumps(saved.to_json(one)).encode(),
            b"\1" + (folder / last_session.FILE_NAME).read_bytes(),
        ]

    def __call__(self, data: bytes) -> None:
        name = last_session.FILE_NAME if data[:1] and data[0] % 2 else "mine.json"
        (self._folder / name).write_bytes(data[1:])
        try:
            if name == "mine.json":
                one = saved.load_selection(self._folder / name)
            else:
                last = last_session.load_last_session(self._folder)
                assert last is not None
                one = last.selection
        except PreventADError:
            return
        saved.compare(one, self._index)
        selection = Selection(self._index, one.rules)
        assert selection.count <= len(self._index.images)
        assert saved.from_json(json.loads(json.dumps(saved.to_json(one))), "it") == one


class Pipe(asyncio.Transport):
    """A connection whose other side says what it was told to say, in pieces, and hangs up."""

    def __init__(self, connection: wire.Connection, pieces: list[bytes]) -> None:
        super().__init__()
        self._connection = connection
        self._pieces = pieces
        self._is_closed = False

    def write(self, data: Any) -> None:
        asyncio.get_running_loop().call_soon(self._answer)

    def _answer(self) -> None:
        for piece in self._pieces:
            while piece and not self._is_closed:
                room = self._connection.get_buffer(-1)
                count = min(len(room), len(piece))
                room[:count] = piece[:count]
                piece = piece[count:]
                self._connection.buffer_updated(count)
        if not self._is_closed:
            self._connection.eof_received()
            self.abort()

    def abort(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            asyncio.get_running_loop().call_soon(self._connection.connection_lost, None)

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


class Headers:
    """An answer of a server, from its first byte: status, headers, body, for lists and files."""

    def __init__(self, _folder: Path) -> None:
        self._loop = asyncio.new_event_loop()
        self._pieces: list[bytes] = []
        plain = b'HTTP/1.1 200 OK\r\nContent-Length: 8\r\nETag: "x"\r\n\r\n{"a": 1}'
        chunked = b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{"a": 1}\r\n0\r\n\r\n'
        waits = b"HTTP/1.1 503 No\r\nRetry-After: Fri, 31 Dec 2027 23:59:59 GMT\r\n\r\n<b>no</b>"
        early = b"HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 304 Same\r\nContent-Encoding: gzip\r\n\r\n"
        self.seeds = [bytes([at]) + one for at, one in enumerate((plain, chunked, waits, early))]

        async def connect(_self: direct.Direct) -> wire.Connection:
            connection = wire.Connection()
            connection.connection_made(Pipe(connection, self._pieces))
            return connection

        direct.Direct.connect = connect  # type: ignore[method-assign]

    def __call__(self, data: bytes) -> None:
        first, answer = (data[0] if data else 0), data[1:]
        cut = len(answer) * (first >> 2) // 64
        self._pieces = [answer[:cut], answer[cut:]]
        self._loop.run_until_complete(self._ask(is_list=bool(first % 2)))

    async def _ask(self, *, is_list: bool) -> None:
        origin = parse_server("http://127.0.0.1:1").origin
        client = http.HttpClient(origin, "/api/v0.0.3", http.TokenBox(), limits=Limits())
        async with client:
            try:
                if is_list:
                    found = await client.get(
                        "/projects", max_bytes=10_000, timeout_s=5.0, authenticated=False
                    )
                    read_error_text(found.body)
                    read_json(found.body, "h")
                else:
                    async with client.stream("/projects/loris/bids/README") as stream:
                        assert stream.content_length is None or stream.content_length >= 0
                        assert stream.retry_after_s is None or 0 <= stream.retry_after_s <= 3600
                        async for piece in stream.chunks():
                            assert piece
            except PreventADError:
                pass


ODD: tuple[Any, ...] = (None, "", {}, [], True, -1, 2**70, 1e300, "..", "../x", "/candidates/1/V/x")
ODD += ("a" * 300, "\ud800", "\0", "é", "\u202e", [[]], {"": None}, "//host/x", "@host", "%2e%2e")


def mutate(data: bytes, max_size: int, seed: int) -> bytes:
    """Every other time a value inside the JSON is changed, so that it is JSON again."""
    rng = random.Random(seed)
    lines = data[1:].split(b"\n")
    at = rng.randrange(len(lines))
    try:
        value = json.loads(lines[at])
    except (ValueError, RecursionError):
        value = None
    if value is None or rng.random() < 0.5:
        return bytes(atheris.Mutate(data, max_size))
    holder, key = [value], 0
    while isinstance(holder[key], list | dict) and holder[key] and rng.random() < 0.9:
        holder = holder[key]
        key = rng.choice(list(holder)) if isinstance(holder, dict) else rng.randrange(len(holder))
    old = holder[key]
    if isinstance(holder, dict) and rng.random() < 0.1:
        del holder[key]
    elif isinstance(old, str) and rng.random() < 0.5:
        bytes_ = old.encode("utf-8", "surrogatepass") or b"x"
        holder[key] = atheris.Mutate(bytes_, len(bytes_) + 8).decode("latin-1")
    elif isinstance(holder, list) and rng.random() < 0.3:
        holder.insert(key, old)
    else:
        holder[key] = rng.choice(ODD)
    lines[at] = json.dumps(value, ensure_ascii=rng.random() < 0.5).encode("utf-8", "surrogatepass")
    return (data[:1] + b"\n".join(lines))[:max_size]


class Login:
    """The answer to a login: a token that is one, or a refusal in words that a terminal may see."""

    STATUSES = (200, 200, 200, 200, 400, 401, 403, 404, 500, 302)

    def __init__(self, _folder: Path) -> None:
        token = f"{'e' * 20}.{'e' * 40}.{'e' * 43}"
        bodies = (json.dumps({"token": token}), '{"error": "suspended"}', "<html>no</html>", "")
        self.seeds = [
            bytes([at]) + body.encode() for at, body in zip(b"\0\5\3\6", bodies, strict=True)
        ]

    def __call__(self, data: bytes) -> None:
        status = self.STATUSES[(data[0] if data else 0) % len(self.STATUSES)]
        try:
            token = login.read_login(http.Answer(status, {}, data[1:]), "h", 8192)
        except PreventADError as error:
            said = str(error)
            token = None
        if token is None:
            assert clean(said, 10_000) == said
            return
        assert status == 200
        assert token_expiry(token) is None or len(token_expiry(token) or ()) == 2
        assert token.reveal().isascii()
        assert token.reveal().isprintable()


class Config:
    """A config.toml, the user's and the site's: settings that can be used, or one sentence."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "config.toml"
        words = 'server = "https://h.example"\nlog_file = "~/x.log"\njobs = 2\ntype = "minc"\n'
        words += 'limit_rate = "5M"\ngive_up_after = "2h"\nrefresh = "500s"\npurge_days = 60\n'
        rest = 'mouse = true\nmax_jobs = 3\nnotice = """a\nb"""\n[keys]\n"app.quit" = "q,ctrl+q"\n'
        self.seeds = [words.encode(), rest.encode(), (words + rest).encode()]

    def __call__(self, data: bytes) -> None:
        self._path.write_bytes(data)
        said: tuple[str, ...] = ()
        try:
            settings, said = load_settings({}, {}, self._path, self._path)
            assert 1 <= settings.jobs <= settings.max_jobs
        except UsageError as error:
            said = (str(error),)
        else:
            try:
                parse_server(settings.server)
            except UsageError:
                pass
        assert all(clean(one, 10_000) == one for one in said)


TARGETS: dict[str, Callable[[Path], Any]] = {
    "catalogue": Catalogue,
    "ledger": Ledger,
    "selection": SavedFile,
    "headers": Headers,
    "login": Login,
    "config": Config,
}


def main() -> None:
    """Fuzz one target for a while; libFuzzer ends the process."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--corpus", type=Path, help="where interesting inputs are kept")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    (folder / "work").mkdir()
    target = TARGETS[options.target](folder / "work")
    corpus = options.corpus or folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for at, seed in enumerate(target.seeds):
        target(seed)
        (corpus / f"seed{at}").write_bytes(seed)
    limits = [f"-max_total_time={options.seconds}", "-max_len=4096", "-print_final_stats=1"]
    atheris.Setup(
        [sys.argv[0], *limits, "-artifact_prefix=./", str(corpus)], target, custom_mutator=mutate
    )
    atheris.Fuzz()


main()
