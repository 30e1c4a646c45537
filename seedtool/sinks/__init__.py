"""Where models go, one file a kind; chosen by name or by the target's ending."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from seedtool import output
from seedtool.assemble import Assembly
from seedtool.errors import UsageError

KINDS = ("hf", "safetensors", "npz", "onnx")
PRECISIONS = ("fp32", "fp16", "int8")


def kind_of(target: Path | None, to: str | None) -> str:
    """The kind of sink for a path (None: a stream) and an optional wish."""
    if to is not None:
        if to not in KINDS:
            raise UsageError(f"unknown kind of output {to!a}", hint=f"one of {', '.join(KINDS)}")
        return to
    ending = target.suffix.lower().removeprefix(".") if target else ""
    if ending in KINDS and ending != "hf":
        return ending
    if target is None or output.is_stream(target):
        return "safetensors"
    if not ending or target.is_dir():
        return "hf"
    raise UsageError(
        f"can't tell from {target.name!a} what to make",
        hint="--to hf, safetensors, npz or onnx",
    )


def write_stream(assembly: Assembly, out: BinaryIO, kind: str, precision: str = "fp32") -> None:
    """Write the model forwards to a stream that need not seek."""
    if kind == "safetensors":
        from seedtool.sinks import safetensors

        safetensors.write(assembly, out)
    elif kind == "npz":
        from seedtool.sinks import npz

        npz.write(assembly, out)
    elif kind == "onnx":
        from seedtool.sinks import onnx

        onnx.write(assembly, out, precision)
    else:
        raise UsageError("a folder can't go to a stream", hint="--to safetensors, npz or onnx")


def check_path(target: Path, kind: str, *, force: bool = False) -> None:
    """Refuse early what :func:`write_path` would refuse: RefusedError, FileError."""
    if kind == "hf":
        from seedtool.sinks import hf

        output.check_free(target, force=force, folder=True, owned=hf.OWNED)
    else:
        output.check_free(target, force=force)


def write_path(
    assembly: Assembly, target: Path, kind: str, precision: str = "fp32", *, force: bool = False
) -> None:
    """Write the model to ``target``, which is old or new at every moment."""
    if kind == "hf":
        from seedtool.sinks import hf

        with output.replacing_folder(target, force=force, owned=hf.OWNED) as folder:
            hf.write(assembly, folder)
    elif kind == "onnx":
        from seedtool.sinks import onnx

        onnx.write_files(assembly, target, precision, force=force)
    else:
        with output.replacing(target, force=force) as out:
            write_stream(assembly, out, kind, precision)
