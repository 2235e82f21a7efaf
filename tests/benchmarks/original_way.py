"""How the original script downloads: the same requests, one at a time, each on a new connection.

argv: folder to write to, file of URLs, CA file or "".
"""

import sys
from pathlib import Path

import requests


def main() -> None:
    folder, urls, ca_file = sys.argv[1:4]
    for number, url in enumerate(Path(urls).read_text().split()):
        name = f"{number:05}"
        headers = {"Authorization": "Bearer bench.bench.bench", "If-None-Match": ""}
        response = requests.get(url=url, headers=headers, verify=ca_file or True)
        assert response.status_code == 200, response.status_code
        with open(f"{folder}/{name}", "w+b") as file:
            file.write(bytes(response.content))
        with open(f"{folder}/.{name}.etag", "w") as tag:
            tag.write(response.headers["ETag"])


main()
