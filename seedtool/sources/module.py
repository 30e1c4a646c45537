"""A living torch.nn.Module, given from Python."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Mapping
from typing import Any

from seedtool.errors import NoGraphError, UsageError
from seedtool.graph import Graph
from seedtool.sources.base import Asset, Run
from seedtool.sources.state_dict import StateDictSource


class ModuleSource(StateDictSource):
    """The state of ``module`` as it is now; values are read when asked for.

    ``example``: inputs to call it with, by name of its forward's parameters or
    as a tuple; without them there is no graph.
    """

    def __init__(self, module: Any, example: Mapping[str, Any] | tuple[Any, ...] | None) -> None:
        super().__init__(module.state_dict())
        self._module = module
        self.example = _named(module, example)
        self.meta = {"format": "module", "architecture": type(module).__name__}
        config: Any = getattr(module, "config", None)
        if hasattr(config, "model_type") and hasattr(config, "to_json_string"):
            self.meta["family"] = str(config.model_type)
            self.assets = (
                Asset("config.json", "config", lambda: config.to_json_string().encode()),
            )

    def graph(self) -> Graph:
        from seedtool.models.export import export_module

        return export_module(self._module, self._inputs(), self.entries, self.read)

    def runner(self) -> Run:
        from seedtool.models.run import module_runner

        return module_runner(self._module, self._inputs())

    def module(self) -> Any:
        """A copy: what is written into it must not change what this source reads."""
        return copy.deepcopy(self._module).eval()

    def _inputs(self) -> dict[str, Any]:
        if self.example is None:
            raise NoGraphError("a module needs example inputs for its graph to be made")
        return self.example


def _named(
    module: Any, example: Mapping[str, Any] | tuple[Any, ...] | None
) -> dict[str, Any] | None:
    if example is None or isinstance(example, Mapping):
        return None if example is None else dict(example)
    try:
        bound = inspect.signature(module.forward).bind(*example)
    except TypeError as error:
        raise UsageError(f"the example inputs do not fit the module's forward: {error}") from None
    return dict(bound.arguments)
