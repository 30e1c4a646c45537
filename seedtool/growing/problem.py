"""What a grower works on: a module, the loss of a recipe on it, and its gradients.

Several processes (``accelerate launch``) share every batch: each takes its rows of
it, and gradients, losses and tallies are those of the whole.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from seedtool.errors import GateError, MissingExtraError, UsageError
from seedtool.growing import answers, losses, metrics, randomness
from seedtool.growing.material import Batch, Material, Preparation
from seedtool.models.loading import first_line
from seedtool.recipes.schema import Recipe

FIXED = 256  # training examples of the batch that energies are measured on
CHECKED = 1000  # held-out examples that are looked at during training
MEASURED = 64  # examples measured at a time at most, but for larger batches
GROUPS = 50  # of examples measured, between which the metric's error is seen


class Problem:
    """``module`` under ``recipe``'s loss on ``train``; all randomness is by ``seed``.

    ``heads``: names of the parameters to train if the recipe trains the head alone.
    ``classes``: outputs of the module. UsageError where it can't take or answer the data.
    """

    def __init__(
        self,
        module: Any,
        recipe: Recipe,
        preparation: Preparation,
        train: Material,
        seed: int,
        *,
        heads: Sequence[str] = (),
        classes: int = 0,
    ) -> None:
        accelerator = _accelerator()
        self.module, self.recipe, self.seed = module, recipe, seed
        self._preparation, self._train = preparation, train
        self.accelerator = accelerator
        if recipe.training.batch < accelerator.num_processes:
            raise UsageError(f"{accelerator.num_processes} processes can't share a smaller batch")
        named = dict(module.named_parameters())
        head_alone = recipe.training.trains == "head"
        if head_alone and not heads:
            raise UsageError("the recipe trains the head alone, and the network has none")
        for name, parameter in named.items():
            parameter.requires_grad_(not head_alone or name in heads)
        self._frozen = _frozen_parts(module) if head_alone else []
        self._call = answers.Caller(module, recipe.task)
        module.to(accelerator.device)
        self._probe(classes)
        self._wrapped = accelerator.prepare_model(module)
        self.parameters = {n: p for n, p in module.named_parameters() if p.requires_grad}
        if not self.parameters:
            raise UsageError("the loss reaches no weight of the network")
        rows = np.random.default_rng(randomness.number(seed, randomness.FIXED))
        count = min(FIXED, len(train))
        self._fixed = preparation.batch(train, rows.permutation(len(train))[:count])

    def _probe(self, classes: int) -> None:
        """Two examples, so that what does not fit is told before anything is trained.

        Parameters that the loss does not reach are left out of the training: processes
        would wait for their gradients.
        """
        rows = np.arange(min(2, len(self._train)))
        batch = self._preparation.batch(self._train, rows).to(self.accelerator.device)
        self.module.eval()
        try:
            said = self._call(self.module, batch)
        except (RuntimeError, ValueError, TypeError, IndexError, KeyError, AttributeError) as e:
            raise UsageError(f"the network does not take the data: {first_line(e)}") from None
        answers.check_form(said, batch, self.recipe.task, classes)
        losses.sum_losses(said, batch, self.recipe.loss, self.recipe.task).backward()
        for parameter in self.module.parameters():
            parameter.requires_grad_(parameter.grad is not None)
            parameter.grad = None

    @property
    def main(self) -> bool:
        """True in the process that writes and talks."""
        return bool(self.accelerator.is_main_process)

    def batch(self, step: int, *, plain: bool = False) -> Batch:
        """The whole batch of a step: all examples once, then all again in another order.

        ``plain``: without augmentation.
        """
        size, count = self.recipe.training.batch, len(self._train)
        rows = np.empty(size, np.int64)
        for i in range(size):
            cycle, at = divmod(step * size + i, count)
            if i == 0 or at == 0:
                parts = (self.seed, randomness.ORDER, cycle)
                order = np.random.default_rng(randomness.number(*parts)).permutation(count)
            rows[i] = order[at]
        if plain:
            return self._preparation.batch(self._train, rows)
        draws = randomness.generator(self.seed, randomness.AUGMENTATION, step)
        return self._preparation.batch(self._train, rows, draws)

    def gradients(self, step: int) -> float:
        """Put the loss's gradients on the parameters, clipped; this process's part of the loss.

        GateError if they are not finite, in all processes at once.
        """
        import torch

        self.module.train()
        for part in self._frozen:
            part.eval()
        index = self.accelerator.process_index
        torch.manual_seed(randomness.number(self.seed, randomness.DROPOUT, step, index))
        for parameter in self.parameters.values():
            parameter.grad = None
        loss = self._mean(self.batch(step), self._wrapped)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's, on what might be faster
            self.accelerator.backward(loss)
        clip = self.recipe.training.clip or math.inf
        norm = float(self.accelerator.clip_grad_norm_(self.parameters.values(), clip))
        if not math.isfinite(norm):
            raise GateError(
                f"training diverged: at step {step + 1} the loss is not finite",
                hint="a smaller rate in the recipe",
            )
        return float(loss.detach())

    def energy(self, batch: Batch | None = None) -> float:
        """The mean loss of a whole batch (None: the fixed one), as the module is when used."""
        import torch

        self.module.eval()
        with torch.no_grad():
            mean = self._mean(batch or self._fixed, self.module)
        return float(self.accelerator.reduce(mean, "mean"))

    def _mean(self, batch: Batch, module: Any) -> Any:
        """This process's part of the batch's mean loss, times the processes: their mean is it."""
        task, processes = self.recipe.task, self.accelerator.num_processes
        count = losses.count_targets(batch, task)
        own = batch.share(self.accelerator.process_index, processes).to(self.accelerator.device)
        said = self._call(module, own)
        return losses.sum_losses(said, own, self.recipe.loss, task) * (processes / count)

    def measure(self, material: Material, most: int | None = None) -> float:
        """The recipe's metric on the first ``most`` examples, without augmentation."""
        return metrics.score(self.recipe.metric, self.tallies(material, most).sum(0))

    def tallies(self, material: Material, most: int | None = None) -> metrics.Tally:
        """[groups, ...]: what each of a few groups of these examples adds to the metric."""
        import torch

        self.module.eval()
        task, metric = self.recipe.task, self.recipe.metric
        processes, index = self.accelerator.num_processes, self.accelerator.process_index
        count = min(len(material), most or len(material))
        if count < processes:
            raise UsageError(f"{processes} processes can't share {count} examples to measure by")
        size = max(MEASURED, self.recipe.training.batch)
        own = np.arange(index, count, processes)
        groups = np.array_split(own, min(GROUPS, count // processes))
        rows: list[metrics.Tally] = []
        with torch.no_grad():
            for group in groups:
                parts = []
                for at in range(0, len(group), size):
                    batch = self._preparation.batch(material, group[at : at + size])
                    batch = batch.to(self.accelerator.device)
                    said = self._call(self.module, batch)
                    parts.append(metrics.tally(metric, said, batch, task))
                rows.append(np.sum(parts, axis=0))
        found: metrics.Tally = np.stack(rows)
        if processes > 1:
            summed = torch.from_numpy(found).to(self.accelerator.device)
            found = self.accelerator.reduce(summed, "sum").cpu().numpy()
        return found

    def mean_over_processes(self, value: float) -> float:
        """The mean of what each process has."""
        import torch

        if self.accelerator.num_processes == 1:
            return value
        given = torch.tensor(value, device=self.accelerator.device)
        return float(self.accelerator.reduce(given, "mean"))

    def rate(self, share: float) -> float:
        """The learning rate when ``share`` (0..1) of the steps are over."""
        training = self.recipe.training
        if share < training.warmup:
            return training.rate * (share + 1e-3) / (training.warmup + 1e-3)
        left = (1 - share) / (1 - training.warmup) if training.warmup < 1 else 0.0
        if training.schedule == "constant":
            return training.rate
        if training.schedule == "linear":
            return training.rate * left
        return training.rate * 0.5 * (1 - math.cos(math.pi * left))

    def state(self) -> dict[str, Any]:
        """Copies of all tensors of the module, on the CPU."""
        return {n: v.detach().cpu().clone() for n, v in self.module.state_dict().items()}

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what :meth:`state` gave."""
        self.module.load_state_dict(state)


def _frozen_parts(module: Any) -> list[Any]:
    """The parts that hold no trained parameter: they stay as they are when used."""
    return [
        part
        for part in module.modules()
        if not any(p.requires_grad for p in part.parameters()) and part is not module
    ]


def _accelerator() -> Any:
    try:
        import accelerate
    except ImportError:
        raise MissingExtraError("accelerate", "torch", "growing") from None
    return accelerate.Accelerator()
