"""U3: what the interface remembers of a download of tens of thousands of files."""

import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from preventad_tui.core.events import FileEnded
from preventad_tui.core.states import FileState
from preventad_tui.ui.bridge import EngineBridge
from preventad_tui.ui.one_run import LOG_LINES

FILES = 12_000


def test_u3_the_log_is_capped_and_small(ui: Any) -> None:
    name = "sub-{0:07}/ses-PREBL00/anat/sub-{0:07}_ses-PREBL00_run-001_T1w.nii.gz"
    paths = [name.format(number) for number in range(FILES)]  # the plan has them anyway
    engine, bridge = ui.FakeEngine(), EngineBridge()
    run = bridge.start(ui.FakeThread(engine), ui.FakePlan())
    tracemalloc.start()
    try:
        for number, path in enumerate(paths):
            md5 = f"{number:032x}"
            engine.waiting.append(
                FileEnded(path, FileState.ON_DISK, "", "", 10**6 + number, md5, 0.1 + number)
            )
            if len(engine.waiting) == 500:
                bridge.poll()
        bridge.poll()
        grown_bytes, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(run.log) == LOG_LINES == 5000
    assert run.log_count == len(run.ends) == FILES
    assert grown_bytes < 20_000_000 * FILES / 50_000


WHOLE_STUDY = """
import os
from preventad_tui.core.events import FileEnded, Snapshot
from preventad_tui.core.states import FileState
from preventad_tui.ui.bridge import EngineBridge

class Engine:
    waiting = []
    def snapshot(self):
        return Snapshot()
    def drain_events(self, limit):
        events, Engine.waiting = self.waiting[:limit], self.waiting[limit:]
        return events

class Thread:
    engine, error = Engine(), None
    def start(self):
        pass

def resident_bytes():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

name = "sub-{0:07}/ses-PREBL00/anat/sub-{0:07}_ses-PREBL00_run-001_T1w.nii.gz"
paths = [name.format(number) for number in range(50_000)]  # the plan has them anyway
bridge = EngineBridge()
bridge.start(Thread(), None)
bridge.poll()
before = resident_bytes()
for number, path in enumerate(paths):
    size, md5, at = 10**6 + number, f"{number:032x}", 0.1 + number
    Engine.waiting.append(FileEnded(path, FileState.ON_DISK, "", "", size, md5, at / 7, 1, at))
    if number % 100 == 99:
        bridge.poll()
print(resident_bytes() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_u3_what_fifty_thousand_files_cost(record_property: Callable[[str, object], None]) -> None:
    """U3: the system's own account of a process that saw 50,000 files end: under 20 MB more."""
    done = subprocess.run(
        [sys.executable, "-c", WHOLE_STUDY], capture_output=True, text=True, check=True
    )
    grown_bytes = int(done.stdout)
    record_property("figures", f"50,000 files: {grown_bytes / 1e6:.1f} MB more")
    assert grown_bytes < 20_000_000
