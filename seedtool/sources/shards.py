"""A model in several files of one folder, joined by the index that names each tensor's file."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from seedtool.errors import LimitError, MalformedError, SeedError
from seedtool.seed import Entry, check_name
from seedtool.sources import documents
from seedtool.sources.base import Array, Source, reading

SHARDS_MAX = 4096


class ShardedSource(Source):
    """The tensors of all shards that an index (``*.index.json``) names.

    ``open_shard`` opens one file. Shards lie beside the index: a name with a
    folder in it is refused.
    """

    def __init__(self, index: Path, open_shard: Callable[[Path], Source]) -> None:
        with reading(index):
            places = _weight_map(index)
        self._stack = ExitStack()
        self._shard_of: dict[str, Source] = {}
        entries: list[Entry] = []
        left_out: list[str] = []
        try:
            for file in dict.fromkeys(places.values()):
                if not (index.parent / file).exists():
                    raise SeedError(f"{index}: names the shard {file!a}, which is not there")
                shard = self._stack.enter_context(open_shard(index.parent / file))
                entries += _wanted(shard, file, places, len(entries), left_out)
                self._shard_of |= {e.name: shard for e in shard.entries}
                left_out += shard.left_out
            missing = sorted(set(places) - {e.name for e in entries})
            if missing:
                raise MalformedError(
                    f"{index}: {len(missing)} tensors are in no shard, {missing[0]!a} for one"
                )
        except BaseException:
            self.close()
            raise
        self.entries = tuple(entries)
        self.left_out = tuple(left_out)

    def read(self, entry: Entry) -> Array:
        return self._shard_of[entry.name].read(entry)

    def glimpse(self, entry: Entry) -> bytes:
        return self._shard_of[entry.name].glimpse(entry)

    def close(self) -> None:
        self._stack.close()


def _weight_map(index: Path) -> dict[str, str]:
    places = documents.read(index).get("weight_map")
    if not isinstance(places, dict):
        raise MalformedError("has no weight_map")
    for file in places.values():
        check_name(file, "the name of a shard")
        if file != Path(file).name or "\\" in file or ":" in file or file in {".", ".."}:
            raise MalformedError(f"names the shard {file!a}, which is no bare file name")
    if (count := len(set(places.values()))) > SHARDS_MAX:
        raise LimitError(f"names {count} shards, the limit is {SHARDS_MAX}")
    return places


def _wanted(
    shard: Source, file: str, places: dict[str, str], offset: int, left_out: list[str]
) -> list[Entry]:
    """The entries of a shard that the index places in it, ties moved to the joined table."""
    wanted = [i for i, e in enumerate(shard.entries) if places.get(e.name) == file]
    moved = {old: offset + new for new, old in enumerate(wanted)}
    first: dict[int, int] = {}
    out = []
    for index in wanted:
        entry = shard.entries[index]
        owner = index if entry.same is None else entry.same
        same = first.setdefault(owner, moved[index])
        out.append(
            Entry(entry.name, entry.dtype, entry.shape, None if same == moved[index] else same)
        )
    left_out += [
        f"{e.name}: not in the index" for i, e in enumerate(shard.entries) if i not in moved
    ]
    return out
