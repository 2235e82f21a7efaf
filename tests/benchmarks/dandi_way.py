"""dandi's own downloader over plain addresses: what `download` runs for each blob.

It verifies nothing, since a plain address tells no digest. argv: folder to write to, file of URLs,
how many at once, CA file or "".
"""

import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock

folder, urls, at_once, ca_file = sys.argv[1:5]
if ca_file:  # dandi looks at the system's store, which OpenSSL takes from here
    os.environ["SSL_CERT_FILE"] = ca_file

import requests  # noqa: E402
from dandi.consts import MAX_CHUNK_SIZE  # noqa: E402
from dandi.download import _download_file  # noqa: E402

session = requests.Session()
lock = Lock()


def fetch(number: int, url: str) -> None:
    def blocks(start_at: int = 0) -> Iterator[bytes]:
        answer = session.get(url, stream=True, timeout=30, verify=ca_file or True)
        answer.raise_for_status()
        yield from answer.iter_content(chunk_size=MAX_CHUNK_SIZE)

    for record in _download_file(blocks, Path(folder, f"{number:05}"), folder, lock):
        assert record.get("status") != "error", record


with ThreadPoolExecutor(int(at_once)) as pool:
    list(pool.map(fetch, *zip(*enumerate(Path(urls).read_text().split()), strict=True)))
