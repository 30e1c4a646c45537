"""The module that a seed's tensors are the weights of, and which of its tensors are whose."""

from __future__ import annotations

import contextlib
import copy
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from seedtool.assemble import Assembly, Owner
from seedtool.codecs.base import Array
from seedtool.errors import MissingExtraError, UnsupportedError, UsageError
from seedtool.floats import from_float32, to_float32
from seedtool.growing import adoption, randomness
from seedtool.growing.places import by_tensor, made
from seedtool.models.loading import load_hf, quiet
from seedtool.models.parameters import Place
from seedtool.recipes.schema import Recipe
from seedtool.seed import DTYPES, Entry
from seedtool.sinks import hf
from seedtool.sources import torch_tensors

LONGEST = 512  # tokens, where the network states no limit


@dataclass(frozen=True)
class Body:
    """A float32 ``module`` in eval mode, and the folder of its config and tokenizer, if any.

    ``places``: by the name of a tensor of the seed where the module's state has it, for those
    that it has. ``adopted``: the module has a head that the seed's network has not, so that
    it is another network.
    """

    module: Any
    places: Mapping[str, Place]
    folder: Path | None
    adopted: bool = False

    def read(self, entry: Entry) -> Array:
        """The module's values for a tensor that it has, in the tensor's storage dtype."""
        tensor = self.places[entry.name].view(self.module.state_dict()).detach().cpu()
        if DTYPES[entry.dtype].is_float:
            return from_float32(tensor.float().contiguous().numpy(), entry.dtype)
        return torch_tensors.stored(tensor, entry.dtype)

    def write(self, tensors: Iterable[Owner], arrays: Mapping[str, Array]) -> None:
        """Put ``arrays`` (by owner, of the entries' form) where the module has them."""
        import torch

        state = self.module.state_dict()
        for entry, names in tensors:
            values = arrays[entry.name]
            plain = to_float32(values, entry.dtype) if DTYPES[entry.dtype].is_float else values
            for name in names:
                if name in self.places:
                    place = self.places[name].view(state)
                    place.copy_(torch.from_numpy(np.array(plain)).reshape(place.shape))

    def split(self, tensors: Iterable[Owner]) -> tuple[Owner, ...]:
        """The table with names apart that share values in the seed, but not in the module.

        Tensors that were equal are stored once; training makes them differ.
        """
        table: list[Owner] = []
        for entry, names in tensors:
            by_place: dict[Place | None, list[str]] = {}
            for name in names:
                by_place.setdefault(self.places.get(name), []).append(name)
            table += [(replace(entry, name=n[0]), tuple(n)) for n in by_place.values()]
        return tuple(table)

    def heads(self) -> list[str]:
        """Names of the parameters behind the body: in a plain module those of its last part."""
        names = [name for name, _ in self.module.named_parameters()]
        prefix = getattr(self.module, "base_model_prefix", None)
        if prefix is not None:
            inside = hasattr(self.module, prefix)
            return [n for n in names if inside and not n.startswith(f"{prefix}.")]
        last = names[-1].rpartition(".")[0] if names else ""
        return [n for n in names if last and n.rpartition(".")[0] == last]

    def begin_anew(self, seed: int) -> None:
        """Values as the architecture begins with: what its parts do when they are made.

        Parameters of parts that have no way to begin anew stay as they are.
        """
        import torch

        torch.manual_seed(randomness.number(seed, randomness.START))
        if self.folder is not None and hasattr(self.module, "config"):
            with quiet():
                fresh = type(self.module)(self.module.config)
            self.module.load_state_dict(fresh.state_dict(), strict=False)
            return
        for part in self.module.modules():
            if hasattr(part, "reset_parameters"):
                part.reset_parameters()


@contextlib.contextmanager
def opened(
    assembly: Assembly,
    arrays: Mapping[str, Array],
    recipe: Recipe,
    classes: int,
    seed: int,
    module: Any = None,
) -> Iterator[Body]:
    """The body of a seed with ``arrays`` (by owner) in it, while the context lasts.

    ``module``: the caller's own torch.nn.Module with parameters of the seed's names, which
    is copied; None: the transformers architecture of the seed's config.json. UsageError
    where that is for another task.
    """
    try:
        import torch

        if module is None:
            import transformers  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(error.name or "torch", "torch", "growing") from None
    with tempfile.TemporaryDirectory(prefix="seed-") as name:
        folder = Path(name)
        configured = any(asset.name == "config.json" for asset in assembly.assets)
        if configured:
            stream = (arrays[entry.name] for entry, _ in assembly.tensors)
            hf.write(replace(assembly, arrays=stream), folder)
        if module is not None:
            if not isinstance(module, torch.nn.Module):
                raise UsageError(f"a {type(module).__name__} is no torch.nn.Module")
            yield _given(module, assembly, arrays, folder if configured else None)
        elif not configured:
            raise UnsupportedError(
                "the seed carries no config.json that says how to compute with its tensors",
                hint="from Python: Seed.grow(module=...)",
            )
        else:
            yield _loaded(assembly, arrays, recipe, classes, seed, folder)


def tokenizer_of(body: Body) -> Any:
    """The tokenizer that rides along, None if there is none."""
    if body.folder is None:
        return None
    import transformers

    try:
        with quiet():
            found = transformers.AutoTokenizer.from_pretrained(
                str(body.folder), local_files_only=True, trust_remote_code=False
            )
    except Exception:  # transformers meets bad files with errors of every kind
        return None
    # Without files of its own it is made of the config: special tokens alone.
    return found if len(found) > len(found.all_special_tokens) else None


def longest_of(body: Body) -> int:
    """Tokens that the network takes at most."""
    config = getattr(body.module, "config", None)
    return int(getattr(config, "max_position_embeddings", None) or LONGEST)


def _given(
    module: Any, assembly: Assembly, arrays: Mapping[str, Array], folder: Path | None
) -> Body:
    own = copy.deepcopy(module).float().eval()
    shapes = {name: tuple(value.shape) for name, value in own.state_dict().items()}
    places = {
        name: Place(name)
        for entry, names in assembly.tensors
        for name in names
        if shapes.get(name) == entry.shape
    }
    missing = [n for n, _ in own.named_parameters() if n not in places]
    if missing:
        raise UsageError(
            f"the module has the parameter {missing[0]!a} of a shape that the seed has not",
            hint="seed inspect --tensors lists names and shapes",
        )
    body = Body(own, by_tensor(own, places), folder)
    body.write(assembly.tensors, arrays)
    return body


def _loaded(
    assembly: Assembly,
    arrays: Mapping[str, Array],
    recipe: Recipe,
    classes: int,
    seed: int,
    folder: Path,
) -> Body:
    import torch

    architecture = str(assembly.meta.get("architecture", ""))
    adopts = adoption.is_needed(architecture, recipe.task)
    adoption.check_size(folder, architecture, [entry for entry, _ in assembly.tensors])

    def load(files: Path) -> Any:
        torch.manual_seed(randomness.number(seed, randomness.START))
        if adopts:
            return adoption.with_head(files, recipe, classes)
        return load_hf(files, architecture)

    module, places = made(load, folder, assembly, arrays, adopts=adopts)
    return Body(module, places, folder, adopts)
