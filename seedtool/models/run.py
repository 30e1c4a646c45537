"""Running a torch model on named arrays, as the ONNX graph made of it would be run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from seedtool.errors import NoGraphError
from seedtool.models import inputs
from seedtool.models.loading import first_line, load_hf, quiet
from seedtool.sources.base import Run


def module_runner(module: Any, example: Mapping[str, Any]) -> Run:
    """A function that runs ``module`` on arrays named as in ``example``."""
    return _runner(module, {})


def hf_runner(folder: Path, architecture: str) -> Run:
    """A function that runs the transformers model in ``folder``; NoGraphError if it can't be."""
    model = load_hf(folder, architecture)
    return _runner(model, inputs.for_hf(model).fixed)


def _runner(module: Any, fixed: dict[str, Any]) -> Run:
    import torch

    def run(arrays: Mapping[str, npt.NDArray[Any]]) -> list[npt.NDArray[Any]]:
        # np.array: torch warns of arrays that it may not write to.
        named = {name: torch.from_numpy(np.array(array)) for name, array in arrays.items()}
        training = module.training
        module.eval()
        try:
            with quiet(), torch.no_grad():
                found = inputs.outputs_of(module(**named, **fixed)).values()
            return [value.detach().cpu().numpy() for value in found]
        except Exception as error:
            raise NoGraphError(f"the model does not run: {first_line(error)}") from None
        finally:
            module.train(training)

    return run
