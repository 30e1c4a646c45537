"""Every vector, through seedtool and through the second decoder, is what the index says."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

import seedtool
from seedtool import errors
from seedtool.examples import section
from tests.vectors import (
    FOLDER,
    FORMAT,
    INDEX,
    READABLE,
    SOUND,
    bases_of,
    data_of,
    make_vectors,
    read,
    reference,
    sha,
)

FAMILIES = {
    "MalformedError": "malformed",
    "NotASeedError": "malformed",
    "TruncatedError": "truncated",
    "DigestError": "digest",
    "VersionError": "version",
    "UnknownCodecError": "codec",
    "LimitError": "limit",
    "UsageError": "base",
}
PREFIXES = (
    *("ok", "magic", "version", "truncated", "digest", "chunk", "msgpack", "header", "section"),
    *("limit", "graph", "asset", "end", "codec", "base", "delta"),
    *("examples", "recipe", "fidelity"),
)
MEMORY = 96  # MiB over an idle reader: a chunk, and the 2^20 values of a header

make_vectors.load()


def given(name: str) -> list[bytes]:
    return [Path(path).read_bytes() for path in bases_of(name)]


pytestmark = pytest.mark.filterwarnings("error")


@pytest.mark.parametrize("name", READABLE)
def test_seedtool_reads_it_as_the_index_says(name: str) -> None:
    expected = INDEX[name]
    if not expected["error"]:
        assert read(data_of(name), bases_of(name)) == (expected["content"], expected["tensors"])
        return
    with pytest.raises(errors.SeedError) as caught:
        read(data_of(name), bases_of(name))
    assert type(caught.value).__name__ == expected["error"]
    assert caught.value.message == expected["message"]
    assert caught.value.exit_code == reference.EXIT[FAMILIES[expected["error"]]]


@pytest.mark.parametrize("name", READABLE)
def test_the_second_decoder_agrees(name: str) -> None:
    expected = INDEX[name]
    if not expected["error"]:
        report = reference.read(data_of(name), *given(name))
        assert (report["content"], report["tensors"]) == (expected["content"], expected["tensors"])
        assert report["examples"] == expected.get("examples", {})
        return
    with pytest.raises(reference.RuleError) as caught:
        reference.read(data_of(name), *given(name))
    assert caught.value.family == FAMILIES[expected["error"]]


@pytest.mark.parametrize("name", INDEX)
def test_its_function_still_makes_it(name: str) -> None:
    data, entry = make_vectors.describe(name)
    assert entry == INDEX[name]
    assert data == data_of(name)


@pytest.mark.parametrize("name", [n for n in SOUND if "examples" in INDEX[n]])
def test_examples_are_those_of_the_index(name: str) -> None:
    for given_name, digest in INDEX[name]["examples"].items():
        found = section.read(seedtool.load(FOLDER / f"{name}.seed").examples(given_name))
        assert found.digest().hex() == digest


def test_every_file_is_in_the_index_and_every_family_has_its_vectors() -> None:
    assert {p.stem for p in FOLDER.glob("*.seed")} == set(INDEX) == set(make_vectors.VECTORS)
    assert {name.split("_")[0] for name in INDEX} == set(PREFIXES)
    assert {entry["error"] for entry in INDEX.values()} == {None, *FAMILIES}
    assert all(path.stat().st_size <= 20_000 for path in FOLDER.glob("*.seed"))


class Dripping(io.RawIOBase):
    """A stream that hands out a byte at a time and cannot seek, as a slow pipe does."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def read(self, size: int = -1) -> bytes:
        return self._data.read(min(size, 1))


@pytest.mark.parametrize("name", [n for n in SOUND if len(data_of(n)) < 2000])
def test_a_byte_at_a_time_is_the_same(name: str) -> None:
    seed = seedtool.load(Dripping(data_of(name)), base=bases_of(name) or None)
    assert seed.verify().hex() == INDEX[name]["content"]


@pytest.mark.parametrize("name", SOUND)
def test_one_tensor_is_the_same_when_the_rest_is_jumped_over(name: str) -> None:
    seed = seedtool.load(FOLDER / f"{name}.seed", base=bases_of(name) or None)
    for tensor, expected in INDEX[name]["tensors"].items():
        assert sha(seed.tensor(tensor)) == expected


@pytest.mark.parametrize(
    ("name", "code"),
    [
        *(("ok_quant_tail", 0), ("base_missing", 2), ("digest_file", 3)),
        *(("codec_unknown", 4), ("limit_rank", 7)),
    ],
)
def test_the_second_decoder_is_a_command(name: str, code: int) -> None:
    command = [sys.executable, FORMAT / "reference.py", FOLDER / f"{name}.seed"]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == code
    report = json.loads(done.stdout)
    if code:
        assert report["error"] == FAMILIES[INDEX[name]["error"]]
    else:
        assert report["tensors"] == INDEX[name]["tensors"]


def test_the_second_decoder_imports_nothing_of_seedtool() -> None:
    program = (
        f"import sys; sys.path.insert(0, {str(FORMAT)!r}); import reference; print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, check=True)
    modules = {name.split(".")[0] for name in done.stdout.decode().split()}
    assert "reference_codecs" in modules
    assert not modules & {"seedtool", "making", "torch", "onnx", "safetensors"}


PEAKS = """
import io, json, sys
from pathlib import Path
import seedtool

def status(field):
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(l for l in lines if l.startswith(field)).split()[1]) >> 10

def read(name):
    try:
        seedtool.load(io.BytesIO((folder / f"{name}.seed").read_bytes())).verify(limit=1 << 24)
    except seedtool.errors.SeedError:
        pass

folder = Path(sys.argv[1])
names = json.loads((folder / "index.json").read_text())
for name in ("ok_quant_lanes", "ok_lossless_values", "ok_chunk_zstd"):
    read(name)
base = status("VmRSS")
for name in names:
    read(name)
print(status("VmHWM") - base)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's /proc")
def test_no_vector_takes_more_than_a_constant_of_memory() -> None:
    command = [sys.executable, "-c", PEAKS, FOLDER]
    done = subprocess.run(command, capture_output=True, check=True)
    assert int(done.stdout) < MEMORY
