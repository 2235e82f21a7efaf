"""A download in a process of its own, to be killed: arguments are URL, folder, jobs, modality."""

import importlib.util
import sys
from pathlib import Path
from types import SimpleNamespace


def main(url: str, folder: str, jobs: str, *modalities: str) -> None:
    path = Path(__file__).with_name("downloads.py")
    spec = importlib.util.spec_from_file_location("fakes_downloads", path)
    assert spec is not None
    assert spec.loader is not None
    downloads = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(downloads)
    server = SimpleNamespace(
        url=url, username="demo", password="demo", project="loris", forget_requests=lambda: None
    )
    site = downloads.Site(server, Path(folder))
    print("ready", flush=True)
    run = site.start(modalities, jobs=int(jobs))
    while run.thread.is_alive:
        run.thread.join(0.02)
        for path in run.ended():
            print(path, flush=True)
        run.events.clear()
    run.join()
    print(f"code {int(run.summary.exit_code)}", flush=True)


main(*sys.argv[1:])
