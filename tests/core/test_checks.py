"""Structure checks, against files made by independent libraries, whole and cut."""

import gzip
import io
import json
import os
import random
import tracemalloc
import zlib
from pathlib import Path

import h5py
import nibabel
import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preventad_tui.core.checks import CheckResult, deep_check_file, new_check
from preventad_tui.core.model import FileKind


def nifti(
    shape: tuple[int, ...] = (20, 21, 22), dtype: str = "int16", *, order: str = "<", second=False
) -> bytes:
    values = numpy.random.default_rng(7).integers(0, 900, shape).astype(dtype)
    cls = nibabel.Nifti2Image if second else nibabel.Nifti1Image
    image = cls(values, numpy.eye(4), dtype=dtype)
    header = image.header.as_byteswapped(order)
    out = cls(values.astype(numpy.dtype(dtype).newbyteorder(order)), None, header)
    return out.to_bytes()


def judge(
    data: bytes, kind: FileKind, *, full: bool, path: str = "", step: int = 65_536
) -> CheckResult:
    check = new_check(kind, full_gzip=full, path=path)
    for start in range(0, len(data), step):
        check.feed(memoryview(data)[start : start + step])
    return check.finish(len(data))


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("step", [1, 7, 1000, 1 << 20])
@pytest.mark.parametrize(
    "plain",
    [
        nifti(),
        nifti((3, 3, 3), "uint8"),
        nifti((9, 8, 7, 5), "float32", order=">"),
        nifti((9, 8, 7), second=True),
        nifti((9, 8, 7), second=True, order=">"),
    ],
    ids=["1", "tiny", "big-endian-4d", "2", "2-big-endian"],
)
def test_whole_images_are_accepted(plain: bytes, step: int, full: bool) -> None:
    if step == 1:
        plain = plain if len(plain) < 3000 else nifti((5, 5, 5))
    packed = gzip.compress(plain)
    assert judge(packed, FileKind.NIFTI, full=full, path="a.nii.gz", step=step).ok
    assert judge(plain, FileKind.NIFTI, full=full, path="a.nii", step=step).ok


def test_images_cut_anywhere_are_refused_by_the_full_check() -> None:
    packed = gzip.compress(nifti((6, 6, 6)))
    accepted = [
        end
        for end in range(len(packed))
        if judge(packed[:end], FileKind.NIFTI, full=True, path="a.nii.gz").ok
    ]
    assert accepted == []


def test_images_cut_anywhere_are_refused_by_the_quick_check() -> None:
    # A cut file's last four bytes are deflated noise: none of these happens to spell the size.
    packed = gzip.compress(nifti((6, 6, 6)))
    accepted = [
        end
        for end in range(len(packed))
        if judge(packed[:end], FileKind.NIFTI, full=False, path="a.nii.gz").ok
    ]
    assert accepted == []


def test_every_flipped_bit_of_the_stream_is_found_by_the_full_check() -> None:
    seed = random.randrange(2**32)
    print("seed", seed)
    rng = random.Random(seed)
    plain = nifti((8, 8, 8))
    packed = bytearray(gzip.compress(plain))
    for _ in range(400):
        at, bit = rng.randrange(10, len(packed)), 1 << rng.randrange(8)
        packed[at] ^= bit
        result = judge(bytes(packed), FileKind.NIFTI, full=True, path="a.nii.gz")
        # The few bits that pad the last deflate byte mean nothing.
        assert not result.ok or gzip.decompress(bytes(packed)) == plain, (at, bit)
        packed[at] ^= bit


def test_trailing_garbage_and_a_second_member() -> None:
    plain = nifti()
    packed = gzip.compress(plain)
    assert judge(packed + b"garbage!", FileKind.NIFTI, full=True).reason == "gzip"
    two = gzip.compress(plain[:5000]) + gzip.compress(plain[5000:])
    assert not judge(two, FileKind.NIFTI, full=False).ok
    assert judge(two, FileKind.NIFTI, full=True).ok


def test_lost_or_added_compression_is_refused() -> None:
    plain = nifti()
    for full in (False, True):
        unpacked = judge(plain, FileKind.NIFTI, full=full, path="x.nii.gz")
        assert unpacked.reason == "encoding"
        twice = gzip.compress(gzip.compress(plain))
        assert not judge(twice, FileKind.NIFTI, full=full, path="x.nii.gz").ok
        assert judge(gzip.compress(plain), FileKind.NIFTI, full=full, path="x.nii").reason == (
            "encoding"
        )


def test_a_bomb_is_refused_in_little_memory() -> None:
    header = nifti((4, 4, 4))[:352]
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    parts = [packer.compress(header)]
    parts += [packer.compress(bytes(1 << 20)) for _ in range(150)]
    bomb = b"".join([*parts, packer.flush()])
    tracemalloc.start()
    result = judge(bomb, FileKind.NIFTI, full=True, step=1 << 20)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert result.reason == "nifti-size"
    assert peak < 20_000_000


def minc2(tmp_path: Path, libver: str) -> bytes:
    path = tmp_path / "a.mnc"
    with h5py.File(path, "w", libver=libver) as file:
        file.create_dataset(
            "minc-2.0/image/0/image", data=numpy.arange(6000).reshape(20, 300), compression="gzip"
        )
    return path.read_bytes()


@pytest.mark.parametrize("libver", ["earliest", "v108", "latest"])
def test_minc_2(tmp_path: Path, libver: str) -> None:
    data = minc2(tmp_path, libver)
    for step in (997, 1 << 20):
        assert judge(data, FileKind.MINC, full=False, step=step).ok
    assert [end for end in range(len(data)) if judge(data[:end], FileKind.MINC, full=True).ok] == []


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("records", [None, 4])
def test_minc_1(version: int, records: int | None) -> None:
    data = netcdf(version, records)
    for step in (997, 1 << 20):
        assert judge(data, FileKind.MINC, full=False, step=step).ok
    ends = [*range(0, len(data), 331), *range(len(data) - 200, len(data))]
    accepted = [end for end in ends if judge(data[:end], FileKind.MINC, full=True).ok]
    # The last variable's padding (at most 3 bytes) holds no data.
    assert all(end >= len(data) - 3 for end in accepted)


def netcdf(version: int, records: int | None) -> bytes:
    """A small NetCDF classic file as the specification's grammar has it, with long attributes."""
    wide = 8 if version == 2 else 4

    def number(value: int, width: int = 4) -> bytes:
        return value.to_bytes(width, "big")

    def name(text: str) -> bytes:
        return number(len(text)) + text.encode() + bytes(-len(text) % 4)

    sizes = [("time", 0 if records else 5), ("y", 6), ("x", 7)]
    dims = number(10) + number(3) + b"".join(name(label) + number(size) for label, size in sizes)
    history = "h" * 90_001
    attributes = number(12) + number(1) + name("history") + number(2) + name(history)
    plain = (1 if records else 5) * 6 * 7 * 2
    padded = -(-plain // 4) * 4

    def build(begin: int) -> bytes:
        entry = name("image") + number(3) + number(0) + number(1) + number(2) + bytes(8)
        entry += number(3) + number(padded) + number(begin, wide)
        variables = number(11) + number(1) + entry
        return b"CDF" + bytes([version]) + number(records or 0) + dims + attributes + variables

    header = build(0)
    body = os.urandom(plain * (records or 1))
    return build(len(header)) + body + bytes(-len(body) % 4)


@pytest.mark.parametrize(
    ("kind", "data", "reason"),
    [
        (FileKind.JSON, b'{"EchoTime": 0.1}', ""),
        (FileKind.JSON, b"\xef\xbb\xbf{}", ""),
        (FileKind.JSON, b'{"error": 1, "x": 2}', ""),
        (FileKind.JSON, b'{"error": "File not found"}', "json-error"),
        (FileKind.JSON, b"12", "not-json"),
        (FileKind.JSON, b"[" * 200_000, "not-json"),
        (FileKind.JSON, b'{"a": ' + b"1" * 5000 + b"}", "not-json"),
        (FileKind.JSON, b'{"a": "\xff"}', "not-json"),
        (FileKind.TSV, b"a\tb\n1\t2\n", ""),
        (FileKind.TSV, b"a\tb\r\n1\t2", ""),
        (FileKind.TSV, b"a\tb\n1\n", "tsv"),
        (FileKind.TSV, b"\n1\n", "tsv"),
        (FileKind.TSV, b"a\tb\n1\t\0\n", "nul"),
        (FileKind.TSV, b'{"error":"no"}', "json-error"),
        (FileKind.BVAL, b"0 1000 2.5e3\n", ""),
        (FileKind.BVAL, b"0 1000\n0 1\n", "bval"),
        (FileKind.BVAL, b"0 x\n", "bval"),
        (FileKind.BVEC, b"0 1\n0 0\n1 0\n\n", ""),
        (FileKind.BVEC, b"0 1\n0 0\n1\n", "bvec"),
        (FileKind.BVEC, b"0 nan\n0 0\n1 0\n", "bvec"),
        (FileKind.EVENTS, b"onset\n", ""),
        (FileKind.EVENTS, b"a\0b", "nul"),
        (FileKind.TEXT, b" \n", "empty"),
    ],
)
def test_small_files(kind: FileKind, data: bytes, reason: str) -> None:
    assert judge(data, kind, full=False, step=3 if len(data) < 100 else 65_536).reason == reason


@pytest.mark.parametrize("kind", list(FileKind))
def test_what_is_no_file_at_all(kind: FileKind) -> None:
    assert judge(b"", kind, full=False).reason == "empty"
    page = b"\n <!DOCTYPE html><html><body>Sign in</body></html>"
    assert judge(page, kind, full=True).reason == "html"
    assert judge(b"<HTML>" + b"x" * 100_000, kind, full=False).reason == "html"
    error = json.dumps({"error": "The file was not found"}).encode()
    assert judge(error, kind, full=False, step=5).reason == "json-error"


def test_small_kinds_are_bounded() -> None:
    check = new_check(FileKind.JSON, full_gzip=False, max_bytes=1000)
    for _ in range(100):
        check.feed(b" " * 1000)
    assert check.finish(100_000).reason == "too-large"


@settings(max_examples=500, deadline=None)
@given(st.sampled_from(list(FileKind)), st.binary(max_size=600), st.booleans(), st.booleans())
def test_no_body_crashes_a_check(kind: FileKind, data: bytes, full: bool, magic: bool) -> None:
    if magic:
        starts = [b"\x89HDF\r\n\x1a\n\0", b"CDF\x01", gzip.compress(data), nifti((3, 3, 3))[:60]]
        data = starts[len(data) % 4] + data
    assert isinstance(judge(data, kind, full=full, step=50), CheckResult)


def test_deep_check_reads_by_descriptor(tmp_path: Path) -> None:
    path = tmp_path / "a.nii.gz"
    path.write_bytes(gzip.compress(nifti()))
    with path.open("rb") as file:
        assert deep_check_file(file.fileno(), FileKind.NIFTI, path=str(path)).ok
        assert file.tell() == 0
    path.write_bytes(path.read_bytes()[:-40])
    with path.open("rb") as file:
        assert deep_check_file(file.fileno(), FileKind.NIFTI).reason == "truncated"


def test_big_files_cost_nothing_in_the_quick_check() -> None:
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=1) as file:
        file.write(nifti((64, 64, 64)))
    block = memoryview(bytes(1 << 20))
    check = new_check(FileKind.NIFTI, full_gzip=False)
    check.feed(packed.getvalue())
    tracemalloc.start()
    for _ in range(500):
        check.feed(block)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10_000
