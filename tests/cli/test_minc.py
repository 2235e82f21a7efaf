"""MINC from every generation of LORIS by the command: the same images, byte for byte."""

import json
from pathlib import Path
from typing import Any

import pytest

from preventad_tui.demo.server import DemoServer

SERVERS: dict[str, dict[str, Any]] = {
    "a": {},
    "b24": {"integer_ids": True},
    "b26": {"integer_ids": True, "fpm": True},
    "b28": {"fpm": True},
}


@pytest.mark.parametrize("generation", list(SERVERS))
def test_minc_from_every_generation(offline_program: Any, tmp_path: Path, generation: Any) -> None:
    out = tmp_path / "out"
    with DemoServer(
        generation=generation, candidates=2, body_scale=0.1, **SERVERS[generation]
    ) as server:
        command = ("get", "-t", "minc", "-m", "t1w,task-encoding-bold,fieldmap", "-o", str(out))
        done = offline_program(*command, "--server", server.url)
        assert done.returncode == 0, done.stderr
        images = sorted(path for path in out.rglob("*") if path.suffix in (".mnc", ".txt"))
        wanted = {
            f"{session.candidate}/{session.visit}/{image.minc_name}"
            for session in server.study.sessions
            for image in session.images
            if image.kind.scan_type.startswith(("t1w", "task-encoding", "fieldmap"))
        }
        assert {path.relative_to(out).as_posix() for path in images} == wanted
        for path in images:
            assert path.read_bytes() == server.body(path.relative_to(out).as_posix())
            assert json.loads(path.with_name(f"{path.name}.qc.json").read_text())["Meta"]
        for candidate in server.study.candidates:
            entry = json.loads((out / candidate.cand_id / "candidate.json").read_text())
            assert str(entry["CandID"]) == candidate.cand_id
        server.forget_requests()
        again = offline_program(*command, "--server", server.url)
        assert again.returncode == 0
        assert not [one for one in server.requests if "/images/" in one.path]
