"""openneuro-py's own downloader over plain addresses: what `download` calls below its query.

It verifies sizes only, since a plain address tells no digest. argv: folder to write to, file of
URLs, how many at once, CA file or "".
"""

import asyncio
import os
import sys
from pathlib import Path

folder, urls, at_once, ca_file = sys.argv[1:5]
if ca_file:
    os.environ["REQUESTS_CA_BUNDLE"] = ca_file

from openneuro import _download  # noqa: E402
from openneuro._models import DatasetFile  # noqa: E402

files = [
    DatasetFile(filename=f"{number:05}", urls=[url], id=str(number))
    for number, url in enumerate(Path(urls).read_text().split())
]
failures = asyncio.run(
    _download._download_files(
        target_dir=Path(folder),
        files=files,
        verify_hash=True,
        verify_size=True,
        max_retries=0,
        retry_backoff=1.0,
        max_concurrent_downloads=int(at_once),
        query_str="",
        stats=_download._DownloadStats(),
        dataset_id="ds000000",
    )
)
assert not failures, failures[:1]
