"""The other programs, each doing what a user would do with it for the same files."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from front import TOKEN, Front
from measure import Cost, run_child

HERE = Path(__file__).parent
PYPI = ("requests", "dandi", "openneuro-py")
NOTES = (
    "curl, aria2c, wget, the script, dandi and openneuro-py verify nothing here: a plain address "
    "tells no digest; ref is curl, then `sync -f`, then md5sum in two processes.",
    "dandi and openneuro-py find files only through their own archives: what is measured is the "
    "function below that search that fetches an address, on big files.",
    "The script is our own few lines that make its requests: one at a time, each on a new "
    "connection, the whole body in memory.",
    "On a long way it fetches a tenth of the files, counted ten times.",
)
WITHOUT_UV = (
    "Without `uv` there are no peers of PyPI: the script, dandi and openneuro-py are left out."
)


class Peers:
    """Runs them, each into a new folder below `scratch`.

    Folders are new for each run, since deleting thousands of files and making them again at once
    makes ext4 slow; they are removed at the end of a benchmark.
    """

    def __init__(self, scratch: Path, python: Path | None) -> None:
        self._scratch = scratch
        self.python = python
        self._count = 0

    def new_folder(self) -> Path:
        """A folder that no run has used."""
        self._count += 1
        folder = self._scratch / f"run{self._count:04}"
        folder.mkdir(parents=True)
        return folder

    def curl(
        self,
        urls: Sequence[str],
        at_once: int,
        ca_file: Path | None = None,
        extra: Sequence[str] = (),
        verified: bool = False,
    ) -> Cost:
        """`curl --parallel`; with `verified` then `sync` and `md5sum` by two processes (ref)."""
        folder = self.new_folder()
        listed = folder / "urls"
        listed.write_text(
            "".join(f'url = "{url}"\noutput = "{number:05}"\n' for number, url in enumerate(urls))
        )
        words = [
            "curl",
            "-sS",
            "--no-progress-meter",
            "--parallel",
            "--parallel-max",
            str(at_once),
            "-K",
            "urls",
            *extra,
        ]
        words += ["--cacert", str(ca_file)] if ca_file else []
        if verified:
            fetch = shlex.join(words)
            each = max(1, len(urls) // 2)
            check = f"ls | grep -v urls | xargs -P2 -n {each} md5sum >md5"
            words = ["sh", "-c", f"{fetch} && sync -f . && {check}"]
        cost, _ = run_child(words, cwd=folder)
        return cost

    def aria2c(self, urls: Sequence[str], at_once: int, ca_file: Path | None = None) -> Cost:
        """aria2c with one connection a file; it verifies nothing."""
        folder = self.new_folder()
        listed = folder / "urls"
        listed.write_text("".join(f"{url}\n out={n:05}\n" for n, url in enumerate(urls)))
        words = ["aria2c", "-q", "-x1", f"-j{at_once}", "-i", "urls", "--file-allocation=none"]
        words += [f"--ca-certificate={ca_file}"] if ca_file else []
        return run_child(words, cwd=folder)[0]

    def wget(self, urls: Sequence[str], ca_file: Path | None = None) -> Cost:
        """wget with one connection for all."""
        folder = self.new_folder()
        (folder / "urls").write_text("\n".join(urls))
        words = ["wget", "-q", "-i", "urls", *([f"--ca-certificate={ca_file}"] if ca_file else [])]
        return run_child(words, cwd=folder)[0]

    def original(self, urls: Sequence[str], ca_file: Path | None = None) -> Cost:
        """The original script's way, by our own few lines."""
        return self._python_peer("original_way.py", urls, str(ca_file or ""))

    def openneuro(self, urls: Sequence[str], at_once: int, ca_file: Path | None = None) -> Cost:
        """openneuro-py's downloader, pointed at plain addresses."""
        return self._python_peer("openneuro_way.py", urls, str(at_once), str(ca_file or ""))

    def dandi(self, urls: Sequence[str], at_once: int, ca_file: Path | None = None) -> Cost:
        """dandi's downloader, pointed at plain addresses."""
        return self._python_peer("dandi_way.py", urls, str(at_once), str(ca_file or ""))

    def _python_peer(self, script: str, urls: Sequence[str], *words: str) -> Cost:
        assert self.python is not None
        folder = self.new_folder()
        listed = self._scratch / f"{folder.name}.urls"
        listed.write_text("\n".join(urls))
        command = [self.python, HERE / script, folder, listed, *words]
        return run_child(command, cwd=folder)[0]

    def engine(
        self,
        front: Front,
        at_once: int,
        *,
        tls: bool = False,
        port: int = 0,
        out: Path | None = None,
        **wishes: object,
    ) -> Cost:
        """The real engine in a process of its own; its time is from its start to its end.

        `more` holds its other figures: `memory_before`, `fetched_files`, `slowest_s`.
        """
        wish = {
            "server": front.origin(tls=tls, port=port),
            "ca": str(front.ca_file) if tls else "",
            "jobs": at_once,
            "out": str(out or self.new_folder()),
            **wishes,
        }
        command = [
            sys.executable,
            HERE / "engine_child.py",
            json.dumps(wish),
        ]
        whole, output = run_child(command, env=self.environment())
        figures = json.loads(output)
        figures["whole_s"], figures["whole_cpu_s"] = whole.seconds, whole.cpu_s
        return Cost(figures["seconds"], figures["cpu_s"], whole.peak_bytes, figures)

    def command(self, front: Front, at_once: int, *, tls: bool = False) -> Cost:
        """`preventad-tui get`, from its start to its end."""
        words = [sys.executable, "-m", "preventad_tui", "get", "--all", "--quiet"]
        words += ["--server", front.origin(tls=tls), "-j", str(at_once)]
        words += ["-o", str(self.new_folder()), *(["--ca-file", front.ca_file] if tls else [])]
        return run_child(words, env=self.environment())[0]

    def environment(self) -> dict[str, str]:
        """The environment of our own program: a home and a login of its own."""
        home = self._scratch / "home"
        home.mkdir(exist_ok=True)
        kept = {
            name: os.environ[name] for name in ("PATH", "LANG", "PYTHONPATH") if name in os.environ
        }
        return {
            **kept,
            "HOME": str(home),
            "PREVENTAD_TOKEN": TOKEN,
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        }

    def clear(self) -> None:
        """Remove what the runs have written."""
        shutil.rmtree(self._scratch, ignore_errors=True)
        self._scratch.mkdir(parents=True)


def peers_python(folder: Path) -> Path | None:
    """A Python that has the peers of PyPI, in an environment of its own; None without `uv`."""
    python = folder / "bin" / "python"
    if python.exists():
        return python
    uv = shutil.which("uv")
    if uv is None:
        return None
    subprocess.run([uv, "venv", "-q", "--python", sys.executable, folder], check=True)
    subprocess.run([uv, "pip", "install", "-q", "--python", python, *PYPI], check=True)
    return python
