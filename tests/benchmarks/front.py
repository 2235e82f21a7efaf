"""A LORIS of files: generated documents and bodies, served by nginx, so that the real engine runs.

nginx sends files as fast as anything does; its configuration maps the API's links onto them. It is
started from a folder of our own and never touches the system's service.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from preventad_tui.demo.bodies import Nifti, Volume

BASE = "/api/v0.0.3-dev"
TOKEN = "bench.bench.bench"
SIDECAR_BYTES = 2000
_PROJECT = "/projects/loris/bids"

_CONFIG = """
worker_processes 2;
daemon off;
{user}
pid {root}/nginx-{http}.pid;
error_log {root}/error.log;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000;
    default_type application/octet-stream;
    {temp}
    map $uri $slow {{ default 0; ~{slow}$ 100k; }}
    server {{
        listen 127.0.0.1:{http};
        listen 127.0.0.1:{tls} ssl;
        ssl_certificate {root}/server.pem;
        ssl_certificate_key {root}/server.pem;
        ssl_protocols TLSv1.3;
        location = {base}/projects {{
            if ($http_authorization = "") {{
                return 401 '{{"error":"User not authenticated"}}';
            }}
            default_type application/json;
            alias {root}/projects.json;
        }}
        location = {base}{project} {{ default_type application/json; alias {root}/bids.json; }}
        location {base}/candidates/ {{ alias {root}/candidates/; limit_rate $slow; }}
    }}
}}
"""


@dataclass(frozen=True)
class Study:
    """What the front offers: links of files below the API version, and their bytes in all."""

    root: Path
    links: tuple[str, ...]
    size_bytes: int


def make_study(
    root: Path,
    images: int,
    image_bytes: int,
    *,
    sidecars: bool = False,
    one_body: bool = False,
    bodies: int | None = None,
) -> Study:
    """Write a study of NIfTI images of about one size, with sidecars of 2 KB where asked.

    With `one_body` all images are one file under many names; of 0 bytes means a list without
    bodies. `bodies` is how many of the images have one, the first ones: all, if None.
    """
    root.mkdir(parents=True)
    rows, links = [], []
    size = 0
    for number in range(images):
        candidate, visit = f"{1_000_000 + number // 50}", f"PREFU{number // 10 % 5 * 12:02}"
        minc = f"preventad_{candidate}_{visit}_t1w_{number:05}.mnc"
        base = f"/candidates/{candidate}/{visit}/images/{minc}/bids"
        stem = f"sub-{candidate}_ses-{visit}_run-{number:05}_T1w"
        row = {
            "Candidate": candidate,
            "PSCID": f"MTL{number // 50:04}",
            "Visit": visit,
            "LorisScanType": "t1w",
            "Subfolder": "anat",
            "NiftiLink": f"{base}/{stem}.nii.gz",
        }
        folder = root / base.lstrip("/")
        has_body = image_bytes > 0 and (bodies is None or number < bodies)
        if has_body:
            folder.mkdir(parents=True)
        if has_body and one_body and number:
            os.link(root / links[0].lstrip("/"), folder / f"{stem}.nii.gz")
        elif has_body:
            size += _write(folder / f"{stem}.nii.gz", image_bytes, number)
        links.append(row["NiftiLink"])
        if sidecars:
            row["JsonLink"] = f"{base}/{stem}.json"
            if has_body:
                text = json.dumps({"Number": number, "Filler": "x" * SIDECAR_BYTES})
                size += (folder / f"{stem}.json").write_text(text)
            links.append(row["JsonLink"])
        rows.append(row)
    (root / "bids.json").write_text(json.dumps({"Images": rows}))
    (root / "projects.json").write_text(json.dumps({"Projects": {"loris": {}}}))
    return Study(root, tuple(links), size)


def _write(path: Path, size_bytes: int, seed: int) -> int:
    voxels = max(1, (size_bytes - 375) // 2)
    width = min(voxels, 1000)
    body = Nifti(Volume((width, max(1, voxels // width), 1, 1), (1.0, 1.0, 1.0), 1.0, seed))
    with path.open("wb") as file:
        return sum(map(file.write, body.chunks()))


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Front:
    """nginx over a study, over HTTP and TLS, while the `with` block lasts."""

    def __init__(self, study: Study, *, slow: str = "no-such-file") -> None:
        self.study = study
        self._slow = slow
        self.http, self.tls = free_port(), free_port()
        self.ca_file = study.root / "ca.pem"

    def __enter__(self) -> "Front":
        import trustme

        root = self.study.root
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(self.ca_file))
        server = authority.issue_cert("127.0.0.1", "localhost")
        server.private_key_and_cert_chain_pem.write_to_path(str(root / "server.pem"))
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        config = _CONFIG.format(
            root=root,
            http=self.http,
            tls=self.tls,
            base=BASE,
            project=_PROJECT,
            slow=self._slow,
            user="user root;" if os.geteuid() == 0 else "",
            temp=" ".join(f"{kind}_temp_path {root}/tmp-{kind};" for kind in kinds),
        )
        path = root / f"nginx-{self.http}.conf"
        path.write_text(config)
        program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
        if program is None:
            raise SystemExit("nginx is missing: apt-get install nginx-light")
        self._process = subprocess.Popen([program, "-p", root, "-c", path])
        deadline = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.http), 1).close()
                return self
            except OSError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(f"nginx does not start: see {root}/error.log") from None
                time.sleep(0.02)

    def __exit__(self, *exc_info: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait()

    def origin(self, *, tls: bool = False, port: int = 0) -> str:
        """The server's address, or that of a proxy before it on another port."""
        return (
            f"https://127.0.0.1:{port or self.tls}"
            if tls
            else f"http://127.0.0.1:{port or self.http}"
        )

    def urls(self, *, tls: bool = False, port: int = 0) -> list[str]:
        """The addresses of all files."""
        start = self.origin(tls=tls, port=port) + BASE
        return [start + link for link in self.study.links]
