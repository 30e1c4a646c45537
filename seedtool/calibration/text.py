"""Samples from a text file, one a line, by the model's own tokenizer."""

from __future__ import annotations

import hashlib
import inspect
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from seedtool.calibration.batches import ROWS, Batch, Samples, divide
from seedtool.errors import MalformedError, MissingExtraError, UsageError
from seedtool.models.ends import token_weights
from seedtool.models.loading import first_line, quiet
from seedtool.seed import MIB
from seedtool.sources.base import reading

ENCODER, CAUSAL = 128, 256  # tokens of a sample at most
TEXT_MAX = 64 * MIB  # of a longer file only the beginning is read
CHARACTERS = 4  # of a token about: where a long line is cut before it is tokenized
TOKENS = {ENCODER: 2048, CAUSAL: 512}  # in a batch, padding included: logits are wide
CHUNK = 1024  # lines tokenized at a time


def load_text(
    path: Path, module: Any, folder: Path | None, limit: tuple[int, int], seed: int
) -> Samples:
    """Lines of a UTF-8 file as ``input_ids`` and ``attention_mask``, padded on the right.

    A long line becomes several samples. ``folder`` holds the tokenizer.
    UsageError or MalformedError for what is no text or can't be tokenized.
    """
    takes = inspect.signature(module.forward).parameters
    if "input_ids" not in takes or folder is None:
        raise UsageError(
            f"{path}: text calibrates models with a tokenizer in their folder, this has none",
            hint="give arrays named as the model's inputs: a .npz",
        )
    ends = token_weights(module)
    if not ends:
        raise UsageError(
            f"{path}: text calibrates models with one embedding of tokens",
            hint="give arrays named as the model's inputs: a .npz",
        )
    data = _read(path)
    length = _length(module)
    times = Counter(_pieces(_decode(data, path), length * CHARACTERS))
    pieces = list(times)
    wanted = divide(len(pieces), limit, str(path))
    tokenizer = _tokenizer(folder)
    tokens = _count(tokenizer, times, len(ends[0]))
    order = np.random.default_rng(seed).permutation(len(pieces))[: sum(wanted)]
    encoded = _encode(tokenizer, [pieces[i] for i in order], length)
    # Two pieces may differ in what is cut off, or in what the tokenizer does not tell apart.
    different = list(dict.fromkeys(tuple(ids) for ids in encoded if len(ids)))
    wanted = divide(len(different), limit, str(path))
    batches = [
        _batches(part, module, tokenizer, TOKENS[CAUSAL if is_causal(module) else ENCODER])
        for part in (different[: wanted[0]], different[wanted[0] : sum(wanted)])
    ]
    for ids in different[wanted[0] : sum(wanted)]:  # nothing is fitted to what measures it
        np.subtract.at(tokens, list(ids), 1)
    np.maximum(tokens, 0, out=tokens)
    digest = hashlib.sha256(data).digest()
    return Samples(batches[0], batches[1], tokens, path.name, digest, seed)


def is_causal(module: Any) -> bool:
    """True for a transformers model that predicts each next token."""
    return type(module).__name__.endswith(("ForCausalLM", "LMHeadModel"))


def _read(path: Path) -> bytes:
    with reading(path), path.open("rb") as file:
        return file.read(TEXT_MAX)


def _decode(data: bytes, path: Path) -> str:
    # The file may have been cut inside a character: at most three bytes are lost.
    for end in range(4 if len(data) == TEXT_MAX else 1):
        try:
            text = data[: len(data) - end].decode("utf-8-sig")
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text
    raise MalformedError(
        f"{path}: is no UTF-8 text", hint="data is a text, .npy or .npz file, or a folder of images"
    )


def _pieces(text: str, size: int) -> Iterator[str]:
    """Lines without blanks around them; one longer than ``size`` cut at a blank where it can be."""
    for whole in text.splitlines():
        line = whole.strip()
        while len(line) > size:
            end = line.rfind(" ", size // 2, size)
            end = size if end < 0 else end
            yield line[:end].strip()
            line = line[end:].strip()
        if line:
            yield line


def _length(module: Any) -> int:
    positions = getattr(module.config, "max_position_embeddings", None) or CAUSAL
    return min(CAUSAL if is_causal(module) else ENCODER, int(positions))


def _tokenizer(folder: Path) -> Any:
    try:
        import transformers
    except ImportError:
        raise MissingExtraError("transformers", "torch", "tokenizing text") from None
    try:
        with quiet():
            tokenizer = transformers.AutoTokenizer.from_pretrained(
                str(folder), local_files_only=True, trust_remote_code=False
            )
    except Exception as error:  # transformers meets bad files with errors of every kind
        raise UsageError(f"{folder}: its tokenizer does not load: {first_line(error)}") from None
    # Without files of its own it is made of the config: special tokens alone.
    if len(tokenizer) <= len(tokenizer.all_special_tokens):
        raise UsageError(f"{folder}: holds no tokenizer", hint="give arrays: a .npz")
    return tokenizer


def _count(tokenizer: Any, times: Mapping[str, int], vocabulary: int) -> npt.NDArray[np.int64]:
    """How often each id occurs in all pieces."""
    tokens = np.zeros(vocabulary, np.int64)
    pieces = list(times)
    for at in range(0, len(pieces), CHUNK):
        chunk = pieces[at : at + CHUNK]
        encoded = _encode(tokenizer, chunk, None)
        ids = np.array([i for sample in encoded for i in sample], np.int64)
        if max(ids, default=0) >= vocabulary:
            raise MalformedError("the tokenizer has more tokens than the model")
        np.add.at(tokens, ids, np.repeat([times[p] for p in chunk], [len(e) for e in encoded]))
    return tokens


def _encode(tokenizer: Any, lines: Sequence[str], length: int | None) -> list[list[int]]:
    with quiet():
        found: list[list[int]] = tokenizer(
            list(lines),
            truncation=length is not None,
            max_length=length,
            return_attention_mask=False,
        )["input_ids"]
    return found


def _batches(
    samples: Sequence[Sequence[int]], module: Any, tokenizer: Any, tokens: int
) -> list[Batch]:
    """Samples of like length together, at most ``tokens`` ids in a batch."""
    ranked = sorted(samples, key=len)
    pad = next((i for i in (tokenizer.pad_token_id, tokenizer.eos_token_id) if i is not None), 0)
    batches: list[Batch] = []
    while ranked:
        rows = max(1, min(ROWS, tokens // len(ranked[-1])))
        batches.append(_padded(ranked[-rows:], pad, module))
        del ranked[-rows:]
    return batches[::-1]


def _padded(samples: Sequence[Sequence[int]], pad: int, module: Any) -> Batch:
    shape = (len(samples), max(map(len, samples)))
    ids = np.full(shape, pad, np.int64)
    mask = np.zeros(shape, np.int64)
    for row, sample in enumerate(samples):
        ids[row, : len(sample)] = sample
        mask[row, : len(sample)] = 1
    batch: dict[str, npt.NDArray[Any]] = {"input_ids": ids, "attention_mask": mask}
    takes = inspect.signature(module.forward).parameters
    if getattr(module.config, "is_encoder_decoder", False) and "decoder_input_ids" in takes:
        batch |= {"decoder_input_ids": ids, "decoder_attention_mask": mask}
    return {name: values for name, values in batch.items() if name in takes}
