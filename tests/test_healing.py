"""Healing keeps the bytes, keeps more of the answers, and goes on where it was stopped."""

from __future__ import annotations

import pytest
import torch

import seedtool
from seedtool.errors import UsageError
from seedtool.planning import healing
from seedtool.stages import silent
from tests.test_planning_data import Shapes, data, divergence, grown, trained  # noqa: F401

GIVEN = {"with_graph": False, "bits": 1.4}


@pytest.fixture(scope="module")
def plain(trained, data, tmp_path_factory) -> tuple[int, float]:  # noqa: F811
    """Bytes of the model coded so but not healed, and what its answers lose."""
    seed = seedtool.extract(trained, calibrate=data, **GIVEN)
    path = tmp_path_factory.mktemp("plain") / "x.seed"
    lost = divergence(trained, grown(seed, path))
    return path.stat().st_size, lost


def test_the_same_bytes_keep_more(trained, data, plain, tmp_path) -> None:  # noqa: F811
    size, lost = plain
    seed = seedtool.extract(trained, calibrate=data, heal=150, **GIVEN)
    healed = divergence(trained, grown(seed, tmp_path / "x.seed"))
    assert healed < lost
    assert (tmp_path / "x.seed").stat().st_size < 1.05 * size
    assert seed.ledger.quality
    assert seed.ledger.quality["before_healing"] <= seed.ledger.quality["quality"] + 0.02


def test_it_goes_on_to_the_same_end(trained, data, tmp_path, monkeypatch) -> None:  # noqa: F811
    whole = seedtool.extract(trained, calibrate=data, heal=40, **GIVEN)
    whole.save(tmp_path / "whole.seed")
    monkeypatch.setattr(healing, "SAVE_SECONDS", 0.0)
    state = tmp_path / "x.healing"

    class StoppedError(Exception):
        pass

    def until_half(name: str, length: float):
        done = 0.0

        def advance(more: float, _: str = "") -> None:
            nonlocal done
            done += more
            if done > 0.5:
                raise StoppedError

        return advance if name == "healing" else silent(name, length)

    with pytest.raises(StoppedError):
        seedtool.extract(
            trained, calibrate=data, heal=40, checkpoint=state, stage=until_half, **GIVEN
        )
    assert state.exists()
    with pytest.raises(UsageError, match="no state of healing this model so"):
        seedtool.extract(trained, calibrate=data, heal=40, checkpoint=state, seed=1, **GIVEN)
    again = seedtool.extract(trained, calibrate=data, heal=40, checkpoint=state, **GIVEN)
    again.save(tmp_path / "again.seed")
    assert (tmp_path / "again.seed").read_bytes() == (tmp_path / "whole.seed").read_bytes()


def test_the_model_given_is_left_as_it_was(trained, data) -> None:  # noqa: F811
    before = {name: value.clone() for name, value in trained.state_dict().items()}
    seedtool.extract(trained, calibrate=data, heal=3, **GIVEN)
    after = trained.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
